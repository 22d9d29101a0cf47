//! Aggregated ClusterRoles: their rules are those of the roles that their selectors find.

use serde_json::Value;

use super::selectors::Selection;

/// The aggregated roles whose rules are not those that they should be, as they should be.
pub(super) fn outdated(roles: &[&Value]) -> Vec<Value> {
    let mut rounds: Vec<Value> = roles.iter().map(|role| (*role).clone()).collect();
    // A role may consist of roles that consist of others: three levels are Kubernetes' own.
    for _ in 0..roles.len() {
        let next: Vec<Value> = rounds.iter().map(|role| filled(role, &rounds)).collect();
        if next == rounds {
            break;
        }
        rounds = next;
    }
    rounds.into_iter().zip(roles).filter(|(new, old)| new != **old).map(|(new, _)| new).collect()
}

fn filled(role: &Value, roles: &[Value]) -> Value {
    let Some(selectors) = role["aggregationRule"]["clusterRoleSelectors"].as_array() else { return role.clone() };
    let selected = |other: &&Value| {
        other["metadata"]["name"] != role["metadata"]["name"]
            && selectors.iter().any(|selector| matches(selector, other))
    };
    let mut rules: Vec<Value> = Vec::new();
    for rule in roles.iter().filter(selected).flat_map(|other| other["rules"].as_array()).flatten() {
        if !rules.contains(rule) {
            rules.push(rule.clone());
        }
    }
    let mut role = role.clone();
    role["rules"] = rules.into();
    role
}

fn matches(selector: &Value, role: &Value) -> bool {
    let labels = selector["matchLabels"].as_object();
    let terms: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    Selection::parse(&terms.join(","), "").is_ok_and(|selection| !terms.is_empty() && selection.matches(role))
}

#[cfg(test)]
#[path = "aggregation_tests.rs"]
mod tests;
