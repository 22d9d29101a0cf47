//! What a cluster has to know of each principal: one access entry, or one item of aws-auth, for all its namespaces.

use std::collections::BTreeMap;

use super::{Entry, Recipient, Request};
use crate::model::grants::grant::group;
use crate::model::grants::tags::{self, Granted, Tags};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) recipient: Recipient,
    pub(super) slug: String,
    pub(super) groups: Vec<String>,
    /// Each access policy with the namespaces of its scope.
    pub(super) policies: BTreeMap<String, Vec<String>>,
    /// Of the access entry: whose it is, and what nothing else says.
    pub(super) tags: Tags,
}

/// By slug.
pub(super) fn mappings(request: &Request) -> Vec<Mapping> {
    let mut found: BTreeMap<String, Mapping> = BTreeMap::new();
    for entry in &request.entries {
        let slug = entry.recipient.slug();
        let mapping = found.entry(slug.clone()).or_insert_with(|| Mapping {
            recipient: entry.recipient.clone(),
            slug,
            groups: Vec::new(),
            policies: BTreeMap::new(),
            tags: tags::of_new_entry(),
        });
        // An ARN is known where another entry only had a name for it.
        if mapping.recipient.principal().is_none() {
            mapping.recipient = entry.recipient.clone();
        }
        mapping.add(entry);
    }
    found.into_values().collect()
}

impl Mapping {
    fn add(&mut self, entry: &Entry) {
        let label = entry.access.label();
        if entry.access.is_rbac() {
            self.groups.push(group(&entry.namespace, &self.slug));
        } else {
            self.policies.entry(label.to_owned()).or_default().push(entry.namespace.clone());
        }
        // Of a preset without an end the binding says all.
        if entry.until.is_some() || !entry.access.is_rbac() {
            tags::add(&mut self.tags, &entry.namespace, Granted { label: label.to_owned(), until: entry.until });
        }
    }
}
