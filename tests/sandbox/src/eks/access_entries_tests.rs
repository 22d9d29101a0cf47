use super::*;
use crate::World;
use crate::credentials::role_path_arn;
use crate::eks::testing::{ACCOUNT, REGION, caller, get, read};
use crate::text::percent_encode;

const CLUSTER: &str = "idp-nonprod-1";

fn developer() -> String {
    role_path_arn(ACCOUNT, REGION, "idp-ns-idp-dev")
}

fn entry_path(principal: &str) -> String {
    format!("/clusters/{CLUSTER}/access-entries/{}", percent_encode(principal))
}

/// A world in which the caller may read access entries.
fn state() -> State {
    let mut state = State::new(World::default());
    state.allow_action("*", "eks:*Access*");
    state
}

type Operation = fn(&State, &Caller, &Request) -> Result<Reply, Reply>;

fn asked(state: &State, operation: Operation, path: &str, query: &str) -> Result<Value, (u16, String, String)> {
    read(operation(state, &caller("idp-ns-idp-dev"), &get(path, query)))
}

#[test]
fn entries_are_listed_in_pages_and_by_policy() {
    let mut state = state();
    let path = format!("/clusters/{CLUSTER}/access-entries");
    let all = asked(&state, list, &path, "").expect("a list")["accessEntries"].clone();
    assert_eq!(all.as_array().map(Vec::len), Some(4));
    let first = asked(&state, list, &path, "maxResults=3").expect("a page");
    let token = percent_encode(first["nextToken"].as_str().expect("more"));
    let second = asked(&state, list, &path, &format!("nextToken={token}")).expect("a page");
    assert_eq!((&first["accessEntries"][2], &second["accessEntries"]), (&all[2], &json!([all[3]])));
    let entries = &mut state.world.clusters[0].access_entries;
    entries.push(AccessEntry::new("arn:aws:iam::1:role/x", "x", &[]).with_policy("AmazonEKSViewPolicy", None));
    let query = "associatedPolicyArn=arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    assert_eq!(asked(&state, list, &path, query).expect("a list")["accessEntries"], json!(["arn:aws:iam::1:role/x"]));
}

#[test]
fn an_entry_is_described() {
    let shown = &asked(&state(), describe, &entry_path(&developer()), "").expect("an entry")["accessEntry"];
    assert_eq!((&shown["clusterName"], &shown["type"]), (&json!(CLUSTER), &json!("STANDARD")));
    assert_eq!(shown["principalArn"], json!(developer()));
    assert_eq!(
        (&shown["username"], &shown["kubernetesGroups"]),
        (&json!("sso:{{SessionName}}"), &json!(["idp-ns-idp-dev"]))
    );
    assert!(shown["createdAt"].as_f64() > Some(1_700_000_000.0) && shown["createdAt"] == shown["modifiedAt"]);
    let arn = shown["accessEntryArn"].as_str().expect("an ARN");
    let name = crate::role_name(ACCOUNT, "idp-ns-idp-dev");
    assert!(arn.starts_with(&format!("arn:aws:eks:{REGION}:{ACCOUNT}:access-entry/{CLUSTER}/role/{ACCOUNT}/{name}/")));
}

#[test]
fn policies_have_a_scope() {
    let mut state = state();
    let entry = &mut state.world.clusters[0].access_entries[0];
    *entry = entry
        .clone()
        .with_policy("AmazonEKSEditPolicy", Some(&["idp-*"]))
        .with_policy("AmazonEKSClusterAdminPolicy", None);
    let path = entry_path(&developer()) + "/access-policies";
    let shown = asked(&state, policies, &path, "").expect("policies");
    let scopes: Vec<&Value> =
        shown["associatedAccessPolicies"].as_array().expect("a list").iter().map(|it| &it["accessScope"]).collect();
    let (namespace, cluster) =
        (json!({"type": "namespace", "namespaces": ["idp-*"]}), json!({"type": "cluster", "namespaces": []}));
    assert_eq!(scopes, [&namespace, &cluster]);
    assert_eq!(shown["principalArn"], json!(developer()));
}

#[test]
fn what_is_not_there_is_refused() {
    let mut state = state();
    let (status, code, message) = asked(&state, describe, &entry_path("arn:aws:iam::1:role/x"), "").expect_err("none");
    assert_eq!((status, code.as_str()), (404, "ResourceNotFoundException"));
    assert!(message.starts_with("The specified principalArn could not be found."));
    let none = asked(&state, list, "/clusters/none/access-entries", "").expect_err("no cluster");
    assert_eq!((none.0, none.2.as_str()), (404, "No cluster found for name: none."));
    state.world.clusters[0].authentication_mode = "CONFIG_MAP".to_owned();
    for (operation, path) in [
        (list as Operation, format!("/clusters/{CLUSTER}/access-entries")),
        (describe, entry_path(&developer())),
        (policies, entry_path(&developer()) + "/access-policies"),
    ] {
        let (status, code, message) = asked(&state, operation, &path, "").expect_err("no entries in this mode");
        assert_eq!((status, code.as_str()), (400, "InvalidRequestException"));
        assert!(message.contains("must be set to one of [API, API_AND_CONFIG_MAP]"));
    }
}

#[test]
fn a_namespaces_permission_set_may_read_none_of_it() {
    let state = State::new(World::default());
    for (operation, path, action) in [
        (list as Operation, format!("/clusters/{CLUSTER}/access-entries"), "ListAccessEntries"),
        (describe, entry_path(&developer()), "DescribeAccessEntry"),
        (policies, entry_path(&developer()) + "/access-policies", "ListAssociatedAccessPolicies"),
    ] {
        let (status, code, message) = asked(&state, operation, &path, "").expect_err("no right");
        assert_eq!((status, code.as_str()), (403, "AccessDeniedException"));
        assert!(message.contains(&format!("is not authorized to perform: eks:{action} on resource: arn:aws:eks:")));
    }
}
