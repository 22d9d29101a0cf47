//! Authentication: who the cluster thinks one is.

pub(crate) mod groups;
pub(crate) mod mapping;
pub(crate) mod unmapped;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::Problem;

pub(crate) const CHECKS: &[&Check] = &[&IDENTITY, &GROUPS];

pub(crate) const FINDINGS: &[&Finding] = &[
    &unmapped::NOT_MAPPED,
    &unmapped::NO_ENTRY,
    &unmapped::OLD_SUFFIX,
    &unmapped::TOMBSTONE,
    &unmapped::ENTRY_NOT_TAKEN,
    &mapping::FORBIDDEN,
    &mapping::SERVER_ERROR,
    &mapping::UNREACHABLE,
    &mapping::TIMEOUT,
    &groups::NO_GROUPS,
    &groups::ENTRY_HIDES_AWS_AUTH,
];

pub(crate) const IDENTITY: Check = Check {
    id: "authentication.identity",
    group: Group::Authentication,
    title: "user",
    what: "Whether the cluster recognizes the role (SelfSubjectReview), and if not, why (DescribeAccessEntry, ListAccessEntries, iam:GetRole, as far as the role allows).",
    uses: Uses::Network,
    needs: &["cluster.tls", "grant.identity", "cluster.described"],
};

pub(crate) const GROUPS: Check = Check {
    id: "authentication.groups",
    group: Group::Authentication,
    title: "groups",
    what: "Whether the user has groups, or permissions without groups.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};

/// The role, and the cluster that it should be known in.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) cluster: &'a str,
    pub(crate) region: &'a str,
    /// Host of the endpoint.
    pub(crate) host: &'a str,
    /// The permission set.
    pub(crate) role: &'a str,
}

impl Problem {
    /// Adds a request to the platform team, and the command that waits until it is granted.
    fn ask(self, asked: &Asked<'_>, request: &str) -> Problem {
        self.ask_platform_team(request).try_next(format!("nsaccess doctor {} --wait", asked.namespace))
    }
}
