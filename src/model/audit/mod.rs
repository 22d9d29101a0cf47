//! `audit`: who can do what in the namespaces of a cluster, and how; and what is wrong with it. All of it is decided from a
//! [`picture::Picture`] of the cluster, in which every list was read once.

pub(crate) mod access;
pub(crate) mod baseline;
pub(crate) mod document;
pub(crate) mod finding;
mod findings;
pub(crate) mod identity;
pub(crate) mod index;
pub(crate) mod picture;
mod rights;
pub(crate) mod spreadsheet;
mod subjects;
mod template;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::audit::access::Row;
use crate::model::audit::finding::Found;
use crate::model::audit::identity::Identity;
use crate::model::audit::index::Index;
use crate::model::audit::picture::Picture;

pub(crate) use findings::FINDINGS;

/// What an audit found.
pub(crate) struct Audit<'a> {
    pub(crate) index: Index<'a>,
    pub(crate) identities: Vec<Identity<'a>>,
    /// By namespace and principal.
    pub(crate) rows: Vec<Row>,
    /// The worst first.
    pub(crate) found: Vec<Found>,
    /// The findings of principals that are gone or made anew, by their ARNs.
    gone: BTreeMap<String, &'static str>,
}

impl Audit<'_> {
    /// The finding because of which nobody is this principal today.
    pub(crate) fn gone(&self, arn: &str) -> Option<&'static str> {
        self.gone.get(arn).copied()
    }
}

/// Judges a picture.
pub(crate) fn audit(picture: &Picture) -> Audit<'_> {
    let index = Index::of(picture);
    let identities = identity::identities(picture, &index);
    let rows = access::rows(picture, &index, &identities);
    let mut audit = Audit { index, identities, rows, found: Vec::new(), gone: BTreeMap::new() };
    audit.found = findings::find(picture, &audit);
    let of_principals = audit.found.iter().filter(|found| found.finding.id.starts_with("principal."));
    audit.gone = of_principals.map(|found| (found.about.clone(), found.finding.id)).collect();
    audit
}
