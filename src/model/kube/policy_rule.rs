//! A rule of a Role, as Kubernetes stores it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/>
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyRule {
    /// API groups; the core group is the empty name
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) api_groups: Vec<String>,
    /// Resources, with subresources as `pods/log`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resources: Vec<String>,
    /// Names of objects; empty: all
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource_names: Vec<String>,
    /// URL paths
    #[serde(default, rename = "nonResourceURLs", skip_serializing_if = "Vec::is_empty")]
    pub(crate) non_resource_urls: Vec<String>,
    /// Verbs
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) verbs: Vec<String>,
}

impl PolicyRule {
    /// A rule for resources of one API group.
    pub(crate) fn new(group: &str, resources: &[&str], verbs: &[&str]) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        PolicyRule {
            api_groups: vec![group.to_owned()],
            resources: owned(resources),
            verbs: owned(verbs),
            ..PolicyRule::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_written_and_read_as_kubernetes_does() {
        let rule = PolicyRule::new("", &["pods", "pods/log"], &["get"]);
        let written = json!({"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get"]});
        assert_eq!(serde_json::to_value(&rule).expect("JSON"), written);
        assert_eq!(serde_json::from_value::<PolicyRule>(written).expect("a rule"), rule);

        let urls = json!({"nonResourceURLs": ["/healthz"], "verbs": ["get"]});
        let rule: PolicyRule = serde_json::from_value(urls.clone()).expect("a rule");
        assert_eq!(rule.non_resource_urls, ["/healthz"]);
        assert_eq!(serde_json::to_value(&rule).expect("JSON"), urls);
    }
}
