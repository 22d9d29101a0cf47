//! Assuming the role of a workload: the request, the roles in a pod's spec, the session's name, and what refusals mean.
//! <https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html>

mod iam_role;
mod profile;
mod refusal;
mod request;
mod session_name;
mod spec_roles;
mod trust;

pub(crate) use iam_role::IamRole;
pub(crate) use profile::{RolesOf, credential_process, is_own_command, profile_name};
pub(crate) use refusal::{RefusedRole, TokenOutcome};
pub(crate) use request::{AssumeMethod, IrsaRequest, LONGEST_SECONDS, Via};
pub(crate) use session_name::session_name;
pub(crate) use spec_roles::{RoleChoice, SpecRoles};
pub(crate) use trust::{TrustFault, WebIdentity, check as check_trust};

/// The annotation of a service account that names its role.
pub(crate) const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";
/// The annotation of a service account that sets the audience of its tokens.
pub(crate) const AUDIENCE_ANNOTATION: &str = "eks.amazonaws.com/audience";
/// The default audience of tokens for STS.
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";
