//! AWS for the namespace: secrets, and the IAM role of a workload.

pub(crate) mod secrets;
pub(crate) mod workload;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::Finding;

pub(crate) const CHECKS: &[&Check] = &[&SECRETS, &WORKLOAD];

pub(crate) const FINDINGS: &[&Finding] = &[
    &secrets::READ_DENIED,
    &secrets::KEY_DENIED,
    &secrets::UNREACHABLE,
    &secrets::TIMEOUT,
    &workload::WORKLOAD_MISSING,
    &workload::NO_ROLE,
    &workload::ROLE_INVALID,
    &workload::ROLE_MISSING,
    &workload::TRUST_PROVIDER,
    &workload::TRUST_SUBJECT,
    &workload::TRUST_AUDIENCE,
    &workload::PROVIDER_MISSING,
    &workload::ROLE_REFUSED,
    &workload::POD_IDENTITY_TOO,
];

pub(crate) const SECRETS: Check = Check {
    id: "aws.secrets",
    group: Group::Aws,
    title: "secrets",
    what: "Whether the secrets under the namespace's prefix can be listed (ListSecrets) and read (GetSecretValue of one secret, whose value is discarded).",
    uses: Uses::Network,
    needs: &["grant.identity"],
};

pub(crate) const WORKLOAD: Check = Check {
    id: "aws.workload",
    group: Group::Aws,
    title: "workload role",
    what: "With --irsa: the workload's IAM role, from the annotation to the trust policy (iam:GetRole, or a token of its service account).",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};
