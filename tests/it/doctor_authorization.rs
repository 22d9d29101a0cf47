//! `doctor` about what one may do in the namespace.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::doctor::examine;
use crate::support::forward::{CLUSTER, NAMESPACE};

const ONLY: &str = "--only authentication,authorization";

/// The rules of the namespace's role from now on.
fn rules(world: &World, rules: Value) {
    assert!(world.control().apply(CLUSTER, sandbox::objects::role(NAMESPACE, "idp-ns-floor", rules)));
}

fn version(world: &World, version: &str) {
    assert!(world.control().edit_cluster(CLUSTER, |cluster| cluster.version = version.to_owned()));
}

fn pods_and_services() -> Value {
    json!({"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get"]})
}

#[test]
fn without_a_binding_nothing_is_allowed() {
    let world = World::signed_in();
    assert!(world.control().delete(CLUSTER, "RoleBinding", NAMESPACE, "idp-ns-floor"));
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("authorization.no-rights", "fail");
    assert!(row["try"][0].as_str().is_some_and(|ask| ask.contains("idp-ns-idp-dev")), "{row:#}");
    assert_eq!(examined.result("authorization.port-forward"), "skipped");
}

#[test]
fn a_rule_that_is_missing_is_shown_as_yaml() {
    let world = World::signed_in();
    let forward = json!({"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create"]});
    rules(&world, json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, forward]));
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("authorization.rights-missing", "fail");
    let rule = r#"this rule of a Role would allow it: - {apiGroups: [""], resources: ["services"], verbs: [get]}"#;
    assert_eq!(row["because"][0], rule);
    assert_eq!(row["try"][0], "ask your platform team for: get services in namespace idp-dev");
    rules(&world, json!([pods_and_services(), forward]));
    examine(&world, ONLY).is_well();
}

#[test]
fn what_port_forward_needs_depends_on_the_servers_version() {
    let world = World::signed_in();
    rules(&world, json!([pods_and_services()]));
    examine(&world, ONLY).finds_only("authorization.no-port-forward", "fail");
    let get_only = json!({"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["get"]});
    rules(&world, json!([pods_and_services(), get_only]));
    version(&world, "1.34");
    examine(&world, ONLY).finds_only("authorization.port-forward-ends", "warn");
    version(&world, "1.35");
    examine(&world, ONLY).finds_only("authorization.port-forward-needs-create", "fail");
}

#[test]
fn a_namespace_is_missing_only_for_those_who_may_look() {
    let world = World::signed_in();
    let look = json!([{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]}]);
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "look"}, "rules": look});
    world.control().apply(CLUSTER, role);
    world.control().apply(CLUSTER, sandbox::objects::cluster_role_binding("look", "look", "system:authenticated"));
    examine(&world, ONLY).is_well();
    let mut ending = sandbox::objects::namespace(NAMESPACE);
    ending["status"]["phase"] = json!("Terminating");
    world.control().apply(CLUSTER, ending);
    examine(&world, ONLY).finds_only("authorization.namespace-ending", "warn");
    assert!(world.control().delete_namespace(CLUSTER, NAMESPACE));
    examine(&world, "--only authorization").finds_only("authorization.namespace-missing", "fail");
}
