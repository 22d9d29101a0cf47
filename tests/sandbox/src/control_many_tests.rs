use crate::Sandbox;

const CLUSTER: &str = "idp-nonprod-1";

#[test]
fn a_large_cluster_is_made_at_once_and_its_rights_are_found() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    assert!(control.put_many_namespaces(CLUSTER, "many-", 300, 10));
    assert!(control.put_many_access_entries(CLUSTER, "role-", 300));
    assert!(!control.put_many_namespaces("none", "many-", 1, 1) && !control.put_many_access_entries("none", "x", 1));
    let binding = control.object(CLUSTER, "RoleBinding", "many-0299", "team-09").expect("a binding");
    assert_eq!(binding["subjects"][0]["name"], "many-0299:team-09");
    let shared = control.shared();
    let state = shared.state();
    let store = &state.stores[CLUSTER];
    assert_eq!(store.after("RoleBinding", None, None).count(), 3003);
    assert_eq!(store.after("RoleBinding", Some("many-0100"), None).count(), 10);
    let after = store.after("RoleBinding", None, Some(("many-0299", "team-07")));
    let names: Vec<&str> = after.map(|((_, namespace, _), _)| namespace.as_str()).collect();
    assert_eq!(names, ["many-0299", "many-0299", "shop-dev"]);
    let entries = &state.world.clusters.iter().find(|it| it.name == CLUSTER).expect("a cluster").access_entries;
    assert!(entries.iter().filter(|entry| entry.groups.contains(&"everybody".to_owned())).count() == 300);
}
