//! The objects of Kubernetes of all entries, by namespace.

use serde_json::Value;

use super::{Entry, Request, expiry};
use crate::model::grants::access::RoleRef;
use crate::model::grants::{grant, objects};

/// A namespace and what is in it: the Namespace if it is to be made, Roles once each, bindings, jobs.
pub(super) struct InNamespace {
    pub(super) namespace: String,
    pub(super) objects: Vec<Value>,
}

pub(super) fn by_namespace(request: &Request) -> Vec<InNamespace> {
    let mut all: Vec<InNamespace> = Vec::new();
    for entries in request.entries.chunk_by(|left, right| left.namespace == right.namespace) {
        let namespace = entries[0].namespace.clone();
        let mut objects = Vec::new();
        // A glob is a scope, and no object.
        if entries.iter().any(|entry| entry.create_namespace) && !namespace.contains('*') {
            objects.push(objects::namespace(&namespace));
        }
        objects.extend(roles(entries));
        objects.extend(entries.iter().filter_map(binding));
        if request.expiry_job {
            objects.extend(entries.iter().flat_map(expiry::objects));
        }
        if !objects.is_empty() {
            all.push(InNamespace { namespace, objects });
        }
    }
    all
}

/// The Role that an entry shares with others, or has for itself.
pub(super) fn role(entry: &Entry) -> Option<Value> {
    objects::role_for(&entry.namespace, &entry.access, &entry.recipient.slug())
}

pub(super) fn binding(entry: &Entry) -> Option<Value> {
    let (slug, principal) = (entry.recipient.slug(), entry.recipient.to_string());
    objects::role_binding_for(&entry.namespace, &entry.access, &slug, &principal, entry.until)
}

pub(super) fn role_ref(entry: &Entry) -> Option<RoleRef> {
    grant::role_ref(&entry.access, &entry.recipient.slug())
}

/// The Roles of the entries of one namespace, each once, by name.
pub(super) fn roles(entries: &[Entry]) -> Vec<Value> {
    let mut roles: Vec<Value> = entries.iter().filter_map(role).collect();
    let name = |role: &Value| role["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    roles.sort_by_key(name);
    roles.dedup_by_key(|role| name(role));
    roles
}
