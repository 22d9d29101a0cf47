//! Nobody grants what they do not hold: the checks of writes to roles and bindings.
//!
//! After `pkg/registry/rbac` and `k8s.io/component-helpers/auth/rbac/validation`. Only RBAC's own rules count as held;
//! what a webhook authorizer gives, as EKS's access policies do, counts only if it allows `escalate` or `bind`.

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::rbac::{self, User};
use super::status;
use super::store::Store;
use crate::message::Reply;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Allows a write of a role or binding to its author, or refuses it in the server's words.
pub(super) fn check(store: &Store, user: &User, attributes: &Attributes, object: &Value) -> Result<(), Reply> {
    let kind = object["kind"].as_str().unwrap_or_default();
    let is_role = ["Role", "ClusterRole"].contains(&kind);
    let is_binding = ["RoleBinding", "ClusterRoleBinding"].contains(&kind);
    let all_powerful = user.groups.iter().any(|group| group == "system:masters");
    if !(is_role || is_binding) || all_powerful {
        return Ok(());
    }
    let may = |verb: &str, resource: &str, name: &str| {
        let wanted = Attributes {
            verb: verb.to_owned(),
            group: GROUP.to_owned(),
            version: "*".to_owned(),
            resource: resource.to_owned(),
            namespace: attributes.namespace.clone(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        rbac::authorize(store, user, &wanted).is_some()
    };
    // The name on the URL, which a creation has none of.
    let name_on_url = if attributes.verb == "create" { "" } else { attributes.name.as_str() };
    if may("escalate", &attributes.resource, name_on_url) {
        return Ok(());
    }
    let rules = if is_role {
        object["rules"].clone()
    } else {
        let (reference, name) = (&object["roleRef"], object["roleRef"]["name"].as_str().unwrap_or_default());
        let (resource, home) = match reference["kind"].as_str() {
            Some("ClusterRole") => ("clusterroles", None),
            Some("Role") => ("roles", Some(attributes.namespace.as_str())),
            _ => return Ok(()),
        };
        if may("bind", resource, name) {
            return Ok(());
        }
        let found = store.get(reference["kind"].as_str().unwrap_or_default(), home, name);
        // The server names the role that is missing as if it were a binding.
        let missing = Attributes { name: name.to_owned(), ..attributes.clone() };
        found.ok_or_else(|| status::not_found(&missing))?["rules"].clone()
    };
    let held: Vec<Value> = rbac::rules(store, user, &attributes.namespace).iter().flat_map(apart).collect();
    let mut missing: Vec<Value> =
        items(&rules).iter().flat_map(apart).filter(|wanted| !held.iter().any(|rule| covers(rule, wanted))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    missing = compact(missing);
    let mut lines: Vec<String> = missing.iter().map(shown).collect();
    lines.sort_unstable();
    lines.dedup();
    let groups: Vec<String> = user.groups.iter().map(|group| format!("{group:?}")).collect();
    let why = format!(
        "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        groups.join(" "),
        lines.join("\n")
    );
    Err(status::forbidden_because(attributes, &why, &Value::Null))
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn first(list: &Value) -> &str {
    items(list).first().and_then(Value::as_str).unwrap_or_default()
}

/// A rule as rules with one verb for one resource, name or path each.
fn apart(rule: &Value) -> Vec<Value> {
    let mut parts = Vec::new();
    for verb in items(&rule["verbs"]) {
        for group in items(&rule["apiGroups"]) {
            for resource in items(&rule["resources"]) {
                let part = json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]});
                if items(&rule["resourceNames"]).is_empty() {
                    parts.push(part.clone());
                }
                for name in items(&rule["resourceNames"]) {
                    let mut part = part.clone();
                    part["resourceNames"] = json!([name]);
                    parts.push(part);
                }
            }
        }
        parts.extend(
            items(&rule["nonResourceURLs"]).iter().map(|path| json!({"verbs": [verb], "nonResourceURLs": [path]})),
        );
    }
    parts
}

/// Whether one of the parts covers another.
fn covers(held: &Value, wanted: &Value) -> bool {
    let one = |key: &str| {
        let (held, wanted) = (first(&held[key]), first(&wanted[key]));
        held == "*" || held == wanted
    };
    if !one("verbs") {
        return false;
    }
    if wanted["nonResourceURLs"].is_array() {
        let (own, path) = (first(&held["nonResourceURLs"]), first(&wanted["nonResourceURLs"]));
        let beginning = own.strip_suffix('*');
        return held["nonResourceURLs"].is_array()
            && (own == path || beginning.is_some_and(|beginning| path.starts_with(beginning)));
    }
    let (own, resource) = (first(&held["resources"]), first(&wanted["resources"]));
    let subresource = resource.split_once('/').is_some_and(|(_, sub)| own == format!("*/{sub}"));
    let named = !held["resourceNames"].is_array() || (wanted["resourceNames"].is_array() && one("resourceNames"));
    held["resources"].is_array() && one("apiGroups") && (own == "*" || own == resource || subresource) && named
}

/// Puts the verbs of one resource together again.
fn compact(parts: Vec<Value>) -> Vec<Value> {
    let mut rules: Vec<Value> = Vec::new();
    for part in parts {
        let same = |rule: &&mut Value| {
            ["apiGroups", "resources", "resourceNames"].iter().all(|key| rule[*key] == part[*key])
                && !part["nonResourceURLs"].is_array()
                && !rule["nonResourceURLs"].is_array()
        };
        match rules.iter_mut().find(same) {
            Some(rule) => {
                if let Some(verbs) = rule["verbs"].as_array_mut()
                    && !verbs.contains(&part["verbs"][0])
                {
                    verbs.push(part["verbs"][0].clone());
                }
            }
            None => rules.push(part),
        }
    }
    rules
}

/// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`
fn shown(rule: &Value) -> String {
    let field = |(name, key): (&str, &str)| {
        let values: Vec<String> = items(&rule[key]).iter().map(Value::to_string).collect();
        (!values.is_empty()).then(|| format!("{name}:[{}]", values.join(" ")))
    };
    let fields = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("ResourceNames", "resourceNames"),
        ("Verbs", "verbs"),
    ];
    format!("{{{}}}", fields.into_iter().filter_map(field).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
#[path = "escalation_tests.rs"]
mod tests;
