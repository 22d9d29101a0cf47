//! Roles and their bindings, as the Kubernetes API has them.
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::model::kube::policy_rule::PolicyRule;

/// A Role, or a ClusterRole, which has no namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) rules: Vec<PolicyRule>,
    /// The server fills in `rules` from other ClusterRoles.
    pub(crate) is_aggregated: bool,
}

/// A RoleBinding, or a ClusterRoleBinding, which has no namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) role: RoleRef,
    pub(crate) subjects: Vec<Subject>,
}

/// The role that a binding gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct RoleRef {
    /// `Role` or `ClusterRole`.
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// Whom a binding gives it to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Of a ServiceAccount.
    #[serde(default)]
    pub(crate) namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleObject {
    metadata: Metadata,
    rules: Option<Vec<PolicyRule>>,
    aggregation_rule: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingObject {
    metadata: Metadata,
    role_ref: RoleRef,
    subjects: Option<Vec<Subject>>,
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RoleObject { metadata, rules, aggregation_rule } = RoleObject::deserialize(deserializer)?;
        Ok(Role {
            namespace: metadata.namespace,
            name: metadata.name,
            labels: metadata.labels.unwrap_or_default(),
            rules: rules.unwrap_or_default(),
            is_aggregated: aggregation_rule.is_some(),
        })
    }
}

impl<'de> Deserialize<'de> for Binding {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let BindingObject { metadata, role_ref, subjects } = BindingObject::deserialize(deserializer)?;
        Ok(Binding {
            namespace: metadata.namespace,
            name: metadata.name,
            labels: metadata.labels.unwrap_or_default(),
            annotations: metadata.annotations.unwrap_or_default(),
            role: role_ref,
            subjects: subjects.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
impl Subject {
    pub(crate) fn group(name: &str) -> Subject {
        Subject { kind: "Group".to_owned(), name: name.to_owned(), namespace: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_the_api_are_read() {
        let role: Role = serde_json::from_str(
            r#"{"metadata": {"name": "view", "labels": null}, "rules": null, "aggregationRule": {}}"#,
        )
        .expect("a role");
        assert!(role.is_aggregated && role.rules.is_empty() && role.namespace.is_none());
        let binding: Binding = serde_json::from_str(
            r#"{"metadata": {"name": "b", "namespace": "dev"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role", "name": "r"}, "subjects": [{"kind": "Group", "name": "g", "apiGroup": "x"}]}"#,
        )
        .expect("a binding");
        assert_eq!(binding.subjects, [Subject::group("g")]);
        assert_eq!(binding.role, RoleRef { kind: "Role".into(), name: "r".into() });
        let without: Binding =
            serde_json::from_str(r#"{"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"}}"#)
                .expect("a binding without subjects");
        assert!(without.subjects.is_empty());
    }
}
