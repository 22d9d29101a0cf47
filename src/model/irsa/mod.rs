//! Assuming the role of a workload: the request, the roles in a pod's spec, the session's name, and what a refusal means. IRSA: <https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html>

mod iam_role;
mod profile;
mod refusal;
mod request;
mod session_name;
mod spec_roles;

pub(crate) use iam_role::IamRole;
pub(crate) use profile::{RolesOf, credential_process, is_own_command, profile_name};
pub(crate) use refusal::{RefusedRole, TokenOutcome};
pub(crate) use request::{AssumeMethod, IrsaRequest, LONGEST_SECONDS, Via};
pub(crate) use session_name::session_name;
pub(crate) use spec_roles::{Choice, SpecRoles};

/// The annotation of a service account that names its role.
pub(crate) const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";
/// The annotation of a service account that names another audience of its tokens.
pub(crate) const AUDIENCE_ANNOTATION: &str = "eks.amazonaws.com/audience";
/// Whom tokens for STS are meant for, unless the annotation says otherwise.
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";
