//! The roles and bindings that every API server makes at its start.

use serde_json::{Value, json};

use super::{cluster_role, cluster_role_binding};

/// The rules of the roles that the user-facing ones consist of, as Kubernetes 1.36 has them.
const AGGREGATED: &str = include_str!("cluster_roles.json");

/// `rbac.authorization.k8s.io/aggregate-to-admin`, …
fn aggregate_to(role: &str) -> String {
    format!("rbac.authorization.k8s.io/aggregate-to-{role}")
}

/// A role of the server's own: it is updated at every start.
fn own(name: &str, rules: Value, aggregated_to: Option<&str>) -> Value {
    let mut role = cluster_role(name, rules);
    role["metadata"]["annotations"] = json!({"rbac.authorization.kubernetes.io/autoupdate": "true"});
    role["metadata"]["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    if let Some(other) = aggregated_to {
        role["metadata"]["labels"][aggregate_to(other)] = json!("true");
    }
    role
}

/// A user-facing role: the cluster fills in its rules.
fn user_facing(name: &str, aggregated_to: Option<&str>) -> Value {
    let mut role = own(name, Value::Null, aggregated_to);
    role["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {aggregate_to(name): "true"}}]});
    role
}

/// The grants to every authenticated user, and the roles `cluster-admin`, `admin`, `edit` and `view`.
pub(crate) fn bootstrap() -> Vec<Value> {
    let reviews = json!([
        {"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], "verbs": ["create"]},
        {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
    ]);
    let discovery = json!([{"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz",
        "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"]}]);
    let public =
        json!([{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]}]);
    let all =
        json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}]);
    let parts: Value = serde_json::from_str(AGGREGATED).unwrap_or_default();
    let part = |role: &str| {
        let name = format!("system:aggregate-to-{role}");
        own(&name, parts[&name].clone(), Some(role))
    };
    vec![
        own("system:basic-user", reviews, None),
        cluster_role_binding("system:basic-user", "system:basic-user", "system:authenticated"),
        own("system:discovery", discovery, None),
        cluster_role_binding("system:discovery", "system:discovery", "system:authenticated"),
        own("system:public-info-viewer", public, None),
        cluster_role_binding("system:public-info-viewer", "system:public-info-viewer", "system:authenticated"),
        part("admin"),
        part("edit"),
        part("view"),
        user_facing("admin", None),
        user_facing("edit", Some("admin")),
        user_facing("view", Some("edit")),
        own("cluster-admin", all, None),
        cluster_role_binding("cluster-admin", "cluster-admin", "system:masters"),
    ]
}
