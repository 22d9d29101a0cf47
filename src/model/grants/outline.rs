//! Objects in lines, for plans: what of them a grant decides.

use crate::model::grants::objects;
use crate::model::grants::state::AwsAuth;
use crate::model::kube::access_entry::{AccessEntry, PolicyScope};
use crate::model::kube::policy_rule::PolicyRule;
use crate::model::kube::rbac::{Binding, Role};

pub(crate) fn role(role: &Role) -> Vec<String> {
    let mut lines = vec!["rules:".to_owned()];
    lines.extend(role.rules.iter().map(rule));
    lines
}

/// A rule in one line that is YAML.
fn rule(rule: &PolicyRule) -> String {
    let list = |words: &[String]| {
        let words = words.iter().map(|word| if word.is_empty() { "\"\"" } else { word });
        words.collect::<Vec<_>>().join(", ")
    };
    let mut parts = Vec::new();
    for (key, words) in [
        ("apiGroups", &rule.api_groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.resource_names),
        ("nonResourceURLs", &rule.non_resource_urls),
        ("verbs", &rule.verbs),
    ] {
        if !words.is_empty() {
            parts.push(format!("{key}: [{}]", list(words)));
        }
    }
    format!("- {{{}}}", parts.join(", "))
}

pub(crate) fn binding(binding: &Binding) -> Vec<String> {
    let mut lines = vec![format!("role: {} {}", binding.role.kind, binding.role.name)];
    lines.extend(binding.subjects.iter().map(|subject| format!("subject: {} {}", subject.kind, subject.name)));
    for key in [objects::PRINCIPAL, objects::UNTIL] {
        lines.extend(binding.annotations.get(key).map(|value| format!("{key}: {value}")));
    }
    lines
}

pub(crate) fn entry(entry: &AccessEntry) -> Vec<String> {
    let mut lines = Vec::new();
    if !entry.username.is_empty() {
        lines.push(format!("username: {}", entry.username));
    }
    lines.extend(entry.groups.iter().map(|group| format!("group: {group}")));
    for policy in entry.policies.iter().flatten() {
        let scope = match &policy.scope {
            PolicyScope::Cluster => "the whole cluster".to_owned(),
            PolicyScope::Namespaces(names) => names.join(", "),
        };
        lines.push(format!("policy: {} in {scope}", policy.policy_name()));
    }
    lines.extend(entry.tags.iter().map(|(key, value)| format!("tag: {key}={value}")));
    lines
}

pub(crate) fn aws_auth(config_map: &AwsAuth) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, text) in [("mapRoles", &config_map.map_roles), ("mapUsers", &config_map.map_users)] {
        if let Some(text) = text {
            lines.push(format!("{key}: |"));
            lines.extend(text.lines().map(|line| format!("  {line}")));
        }
    }
    lines
}
