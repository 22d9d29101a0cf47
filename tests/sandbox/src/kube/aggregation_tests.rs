use serde_json::{Value, json};

use crate::kube::store::Store;
use crate::objects;

fn rules(store: &Store, role: &str) -> Vec<Value> {
    let role = store.get("ClusterRole", None, role).expect("a role");
    role["rules"].as_array().cloned().unwrap_or_default()
}

#[test]
fn the_user_facing_roles_are_made_of_others() {
    let mut store = Store::of_cluster(&crate::Cluster::new("c", "111122223333", "eu-west-1"));
    let counts = ["view", "edit", "admin"].map(|role| rules(&store, role).len());
    assert_eq!(counts, [12, 27, 29], "as Kubernetes 1.36 has them");
    let grants = |store: &Store, role: &str, resource: &str| {
        rules(store, role)
            .iter()
            .any(|rule| rule["resources"].as_array().is_some_and(|list| list.contains(&json!(resource))))
    };
    assert!(grants(&store, "admin", "rolebindings") && !grants(&store, "edit", "rolebindings"));
    assert!(grants(&store, "edit", "secrets") && !grants(&store, "view", "secrets"));
    let mut widgets =
        objects::cluster_role("widgets", json!([{"apiGroups": ["x"], "resources": ["widgets"], "verbs": ["get"]}]));
    widgets["metadata"]["labels"] = json!({"rbac.authorization.k8s.io/aggregate-to-view": "true"});
    store.apply(widgets);
    assert!(["view", "edit", "admin"].iter().all(|role| grants(&store, role, "widgets")));
    store.delete("ClusterRole", "", "widgets");
    assert!(!grants(&store, "admin", "widgets"));
}
