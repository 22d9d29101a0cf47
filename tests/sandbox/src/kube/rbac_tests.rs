use serde_json::json;

use super::*;
use crate::objects;

fn wants(verb: &str, resource: &str, namespace: &str, name: &str) -> Attributes {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    Attributes {
        verb: verb.into(),
        resource: resource.into(),
        subresource: subresource.into(),
        namespace: namespace.into(),
        name: name.into(),
        ..Attributes::default()
    }
}

fn ada(groups: &[&str]) -> User {
    User { name: "sso:ada".into(), groups: groups.iter().map(|&group| group.to_owned()).collect(), ..User::default() }
}

#[test]
fn the_floor_is_what_it_says() {
    let mut cluster = crate::Cluster::new("c", "111122223333", "eu-west-1");
    cluster.add_namespace("idp-dev").grant_floor("idp-dev", "idp-ns-idp-dev");
    let store = Store::new(&cluster.objects);
    let user = ada(&["idp-ns-idp-dev", "system:authenticated"]);
    let may = |verb: &str, resource: &str, namespace: &str| {
        authorize(&store, &user, &wants(verb, resource, namespace, "")).is_some()
    };
    assert!(
        may("get", "pods", "idp-dev")
            && may("get", "services", "idp-dev")
            && may("create", "pods/portforward", "idp-dev")
    );
    for (verb, resource, namespace) in [
        ("list", "pods", "idp-dev"),
        ("get", "pods/portforward", "idp-dev"),
        ("get", "pods/log", "idp-dev"),
        ("create", "pods", "idp-dev"),
        ("get", "pods", "idp-test"),
        ("get", "pods", ""),
        ("get", "secrets", "idp-dev"),
    ] {
        assert!(!may(verb, resource, namespace), "{verb} {resource} {namespace}");
    }
    let reason = authorize(&store, &user, &wants("get", "pods", "idp-dev", "web-0")).expect("allowed");
    assert_eq!(
        reason,
        "RBAC: allowed by RoleBinding \"idp-ns-floor/idp-dev\" of Role \"idp-ns-floor\" to Group \"idp-ns-idp-dev\""
    );
    assert!(authorize(&store, &ada(&["other"]), &wants("get", "pods", "idp-dev", "")).is_none());
}

#[test]
fn rules_match_as_kubernetes_matches_them() {
    let rule = |resources: Value, names: Value| json!({"apiGroups": [""], "resources": resources, "verbs": ["get"], "resourceNames": names});
    for (resources, wanted, allowed) in [
        (json!(["*"]), "pods", true),
        (json!(["*"]), "pods/log", true),
        (json!(["pods"]), "pods/log", false),
        (json!(["pods/*"]), "pods/log", false),
        (json!(["*/log"]), "pods/log", true),
        (json!(["*/log"]), "pods", false),
        (json!(["pods/log"]), "pods", false),
    ] {
        let verdict = rule_allows(&rule(resources.clone(), json!([])), &wants("get", wanted, "n", ""));
        assert_eq!(verdict, allowed, "{resources} {wanted}");
    }
    let named = rule(json!(["pods"]), json!(["web-0"]));
    assert!(rule_allows(&named, &wants("get", "pods", "n", "web-0")));
    assert!(!rule_allows(&named, &wants("get", "pods", "n", "web-1")));
    assert!(!rule_allows(&named, &wants("get", "pods", "n", "")), "a rule with names covers no list without a name");
    let grouped = Attributes { group: "apps".into(), ..wants("get", "pods", "n", "") };
    assert!(!rule_allows(&rule(json!(["*"]), json!([])), &grouped));
}

#[test]
fn paths_match_by_their_beginning() {
    let rule = json!({"verbs": ["get"], "nonResourceURLs": ["/api/*", "/version"]});
    let path = |path: &str| Attributes { verb: "get".into(), path: path.into(), ..Attributes::default() };
    assert!(rule_allows(&rule, &path("/api/v1")) && rule_allows(&rule, &path("/version")));
    assert!(!rule_allows(&rule, &path("/version/")) && !rule_allows(&rule, &path("/metrics")));
}

#[test]
fn a_cluster_role_bound_in_a_namespace_stays_there() {
    let store = Store::new(&[
        objects::cluster_role("viewer", json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])),
        objects::role_binding("here", "b", ("ClusterRole", "viewer"), "team"),
    ]);
    assert!(authorize(&store, &ada(&["team"]), &wants("list", "pods", "here", "")).is_some());
    assert!(authorize(&store, &ada(&["team"]), &wants("list", "pods", "there", "")).is_none());
    assert!(authorize(&store, &ada(&["team"]), &wants("list", "pods", "", "")).is_none());
    assert_eq!(rules(&store, &ada(&["team"]), "here").len(), 1);
    assert_eq!(rules(&store, &ada(&["team"]), "there").len(), 0);
}
