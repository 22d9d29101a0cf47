//! The findings: each with its table entry, and a function that looks for it.

mod aws_auth;
mod bindings;
mod entries;
mod grants;
mod principals;
mod rights;

use crate::model::audit::Audit;
use crate::model::audit::finding::{Finding, Found};
use crate::model::audit::picture::Picture;

/// All kinds of findings, in the order of docs/audit.md.
pub(crate) const FINDINGS: [&Finding; 34] = [
    &aws_auth::BROKEN,
    &aws_auth::CUT_OFF,
    &aws_auth::MISSPELLED,
    &aws_auth::DEAD,
    &aws_auth::PATH,
    &aws_auth::DUPLICATE,
    &aws_auth::FAULTY,
    &aws_auth::ACCOUNTS,
    &aws_auth::IN_MASTERS,
    &entries::HIDES_GROUPS,
    &entries::CLUSTER_ADMIN,
    &entries::NOT_EVALUATED,
    &entries::GLOB,
    &entries::NO_NAMESPACE,
    &entries::NO_RIGHTS,
    &principals::GONE,
    &principals::TOMBSTONE,
    &principals::OLD_SUFFIX,
    &bindings::NO_ROLE,
    &bindings::NO_NAMESPACE,
    &bindings::NOBODY,
    &bindings::EVERYBODY,
    &rights::WILDCARD,
    &rights::ESCALATION,
    &rights::TOKENS,
    &rights::AWS_AUTH,
    &rights::SECRETS,
    &rights::EXEC,
    &rights::CREATE_ONLY,
    &rights::GET_ONLY,
    &rights::GET_ONLY_BROKEN,
    &grants::EXPIRED,
    &grants::UNREADABLE_END,
    &grants::UNLABELLED,
];

/// Everything that is to be said of a picture, the worst first.
pub(super) fn find(picture: &Picture, audit: &Audit<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    aws_auth::find(picture, &mut found);
    entries::find(picture, audit, &mut found);
    principals::find(picture, audit, &mut found);
    bindings::find(picture, audit, &mut found);
    rights::find(picture, audit, &mut found);
    grants::find(picture, audit, &mut found);
    found.sort_by(|one, other| {
        let order = |found: &Found| (std::cmp::Reverse(found.severity), found.finding.id);
        order(one)
            .cmp(&order(other))
            .then_with(|| one.namespace.cmp(&other.namespace))
            .then_with(|| one.about.cmp(&other.about))
    });
    found
}
