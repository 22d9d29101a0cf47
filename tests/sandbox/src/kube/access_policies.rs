//! The rights that EKS access policies give: a webhook authorizer, after RBAC.
//!
//! No API says what a policy contains; these rules follow the user guide's table, for the resources that are served
//! here. No list of rules shows them, and whoever acts as somebody else does not have them.

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::rbac::{User, rule_allows};
use crate::iam::policy::matches;

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];

/// Whether an access policy of the user allows a request, and which.
pub(super) fn authorize(user: &User, attributes: &Attributes) -> Option<String> {
    let covers = |namespaces: &Option<Vec<String>>| match namespaces {
        None => true,
        Some(patterns) => {
            let here = |pattern: &String| matches(pattern, &attributes.namespace);
            !attributes.namespace.is_empty() && patterns.iter().any(here)
        }
    };
    let allowing = user.policies.iter().filter(|policy| covers(&policy.namespaces)).find(|policy| {
        let name = policy.policy_arn.rsplit('/').next().unwrap_or_default();
        rules(name).iter().any(|rule| rule_allows(rule, attributes))
    })?;
    Some(format!("EKS Access Policy: allowed by {}", allowing.policy_arn))
}

fn rules(policy: &str) -> Vec<Value> {
    let core = |verbs: &[&str], resources: &[&str]| json!({"apiGroups": [""], "resources": resources, "verbs": verbs});
    let grouped = |verbs: &[&str]| {
        json!({"apiGroups": ["apps", "batch", "discovery.k8s.io"], "verbs": verbs, "resources": ["daemonsets",
            "deployments", "replicasets", "statefulsets", "cronjobs", "jobs", "endpointslices"]})
    };
    let view = [
        core(
            &READ,
            &[
                "configmaps",
                "endpoints",
                "events",
                "namespaces",
                "pods",
                "pods/log",
                "pods/status",
                "serviceaccounts",
                "services",
            ],
        ),
        grouped(&READ),
    ];
    let edit = [
        core(&READ, &["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
        core(
            &WRITE,
            &[
                "configmaps",
                "events",
                "pods",
                "pods/attach",
                "pods/exec",
                "pods/portforward",
                "pods/proxy",
                "secrets",
                "serviceaccounts",
                "services",
                "services/proxy",
            ],
        ),
        core(&["impersonate"], &["serviceaccounts"]),
        grouped(&WRITE),
    ];
    let every_verb = [READ.as_slice(), WRITE.as_slice()].concat();
    let roles = json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"],
        "verbs": every_verb});
    let all = |verbs: &[&str]| json!({"apiGroups": ["*"], "resources": ["*"], "verbs": verbs});
    match policy {
        "AmazonEKSClusterAdminPolicy" => vec![all(&["*"]), json!({"nonResourceURLs": ["*"], "verbs": ["*"]})],
        "AmazonEKSAdminPolicy" => view.into_iter().chain(edit).chain([roles]).collect(),
        "AmazonEKSEditPolicy" => view.into_iter().chain(edit).collect(),
        "AmazonEKSViewPolicy" => view.to_vec(),
        "AmazonEKSAdminViewPolicy" => vec![all(&READ)],
        "AmazonEKSSecretReaderPolicy" => vec![core(&READ, &["secrets"])],
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "access_policies_tests.rs"]
mod tests;
