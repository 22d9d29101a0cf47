//! Authentication: who the cluster thinks one is.

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};

pub(crate) const CHECKS: &[&Check] = &[&IDENTITY, &GROUPS];

pub(crate) const FINDINGS: &[&Finding] = &[];

pub(crate) const IDENTITY: Check = Check {
    id: "authentication.identity",
    group: Group::Authentication,
    title: "mapping",
    what: "Whether the cluster knows the role (SelfSubjectReview); if not, why, as far as the role may read it.",
    uses: Uses::Network,
    needs: &["cluster.tls", "grant.identity", "cluster.described"],
};

pub(crate) const GROUPS: Check = Check {
    id: "authentication.groups",
    group: Group::Authentication,
    title: "groups",
    what: "Whether the identity has groups of its own.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};
