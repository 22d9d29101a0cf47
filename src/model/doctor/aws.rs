//! AWS for the namespace: secrets, and the IAM role of a workload.

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};

pub(crate) const CHECKS: &[&Check] = &[&SECRETS, &WORKLOAD];

pub(crate) const FINDINGS: &[&Finding] = &[];

pub(crate) const SECRETS: Check = Check {
    id: "aws.secrets",
    group: Group::Aws,
    title: "secrets",
    what: "Whether secrets below the namespace's prefix can be listed and read.",
    uses: Uses::Network,
    needs: &["grant.identity"],
};

pub(crate) const WORKLOAD: Check = Check {
    id: "aws.workload",
    group: Group::Aws,
    title: "workload role",
    what: "With --irsa: the workload's IAM role from the annotation to the trust policy.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};
