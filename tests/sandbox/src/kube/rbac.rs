//! RBAC, evaluated from the objects themselves.

use serde_json::Value;

use super::access_policies;
use super::attributes::Attributes;
use super::store::Store;
use crate::cluster::AssociatedPolicy;

/// An authenticated user.
#[derive(Debug, Clone, Default)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
    pub(crate) extra: Vec<(String, String)>,
    /// The access policies of the user's access entry.
    pub(crate) policies: Vec<AssociatedPolicy>,
}

/// Whether a rule covers a request.
pub(crate) fn rule_allows(rule: &Value, attributes: &Attributes) -> bool {
    if !matches_any(&rule["verbs"], &attributes.verb) {
        return false;
    }
    if attributes.is_non_resource() {
        let covers = |pattern: &str| match pattern.strip_suffix('*') {
            Some(head) => attributes.path.starts_with(head),
            None => attributes.path == pattern,
        };
        return texts(&rule["nonResourceURLs"]).any(covers);
    }
    let full = attributes.resource_with_subresource();
    let covers_resource = |pattern: &str| {
        let any_with_subresource =
            pattern.strip_prefix("*/").is_some_and(|sub| !sub.is_empty() && sub == attributes.subresource);
        pattern == "*" || pattern == full || any_with_subresource
    };
    let names = &rule["resourceNames"];
    matches_any(&rule["apiGroups"], &attributes.group)
        && texts(&rule["resources"]).any(covers_resource)
        && (texts(names).next().is_none() || texts(names).any(|name| name == attributes.name))
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn matches_any(list: &Value, wanted: &str) -> bool {
    texts(list).any(|pattern| pattern == "*" || pattern == wanted)
}

/// Whether a user is allowed, and by which binding or access policy.
pub(crate) fn authorize(store: &Store, user: &User, attributes: &Attributes) -> Option<String> {
    let by_policy = || access_policies::authorize(user, attributes).filter(|_| store.knows_roles());
    by_binding(store, user, attributes).or_else(by_policy)
}

fn by_binding(store: &Store, user: &User, attributes: &Attributes) -> Option<String> {
    let mut reason = None;
    visit(store, user, &attributes.namespace, |rule, why| {
        let allowed = rule_allows(rule, attributes);
        if allowed {
            reason = Some(why.to_owned());
        }
        !allowed
    });
    reason
}

/// All rules of a user in a namespace.
pub(crate) fn rules(store: &Store, user: &User, namespace: &str) -> Vec<Value> {
    let mut rules = Vec::new();
    visit(store, user, namespace, |rule, _| {
        rules.push(rule.clone());
        true
    });
    rules
}

/// Visits all rules of a user, the cluster's first, until the visitor stops. A server that has not read its roles yet
/// has none.
fn visit(store: &Store, user: &User, namespace: &str, mut visitor: impl FnMut(&Value, &str) -> bool) {
    if !store.knows_roles() {
        return;
    }
    let cluster_wide = store.of("ClusterRoleBinding", None);
    let local = if namespace.is_empty() { Vec::new() } else { store.of("RoleBinding", Some(namespace)) };
    for binding in cluster_wide.iter().chain(&local) {
        let home = binding["metadata"]["namespace"].as_str();
        let Some(subject) = subject_of(binding, user) else { continue };
        let (kind, role) = (&binding["roleRef"]["kind"], binding["roleRef"]["name"].as_str().unwrap_or_default());
        let found = match kind.as_str() {
            Some("ClusterRole") => store.get("ClusterRole", None, role),
            Some("Role") => home.and_then(|home| store.get("Role", Some(home), role)),
            _ => None,
        };
        let name = binding["metadata"]["name"].as_str().unwrap_or_default();
        let place = home.map(|home| format!("/{home}")).unwrap_or_default();
        let binding_kind = binding["kind"].as_str().unwrap_or_default();
        let why = format!(
            "RBAC: allowed by {binding_kind} \"{name}{place}\" of {} \"{role}\" to {subject}",
            kind.as_str().unwrap_or_default()
        );
        for rule in found.iter().flat_map(|role| role["rules"].as_array()).flatten() {
            if !visitor(rule, &why) {
                return;
            }
        }
    }
}

fn subject_of(binding: &Value, user: &User) -> Option<String> {
    binding["subjects"].as_array().into_iter().flatten().find_map(|subject| {
        let name = subject["name"].as_str()?;
        match subject["kind"].as_str()? {
            "User" if name == user.name => Some(format!("User \"{name}\"")),
            "Group" if user.groups.iter().any(|group| group == name) => Some(format!("Group \"{name}\"")),
            "ServiceAccount" => {
                let namespace = subject["namespace"].as_str().unwrap_or_default();
                (user.name == format!("system:serviceaccount:{namespace}:{name}"))
                    .then(|| format!("ServiceAccount \"{name}/{namespace}\""))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
#[path = "rbac_tests.rs"]
mod tests;
