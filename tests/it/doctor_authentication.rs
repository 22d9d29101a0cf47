//! `doctor` about who the cluster thinks one is, and why it does not know one.

use sandbox::{AccessEntry, FaultKind, RoleMapping, SelfReview};
use serde_json::json;

use crate::support::World;
use crate::support::doctor::examine;
use crate::support::forward::CLUSTER;

const ONLY: &str = "--only authentication,authorization";
const ACCOUNT: &str = "111122223333";
const SET: &str = "idp-ns-idp-dev";
const USER: &str = "sso:{{SessionName}}";

/// Lets the person read what a platform team may.
fn allow(world: &World, actions: &[&str]) {
    actions.iter().for_each(|action| world.control().allow_action("*", action));
}

fn entry(world: &World, groups: &[&str]) -> AccessEntry {
    AccessEntry::new(&world.control().role_path_arn(ACCOUNT, SET), USER, groups)
}

#[test]
fn a_role_that_is_not_mapped_is_named_in_the_form_that_the_cluster_takes() {
    let world = World::signed_in();
    world.control().set_access_entries(CLUSTER, Vec::new());
    let arn = world.control().role_path_arn(ACCOUNT, SET);
    for mode in ["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"] {
        world.control().edit_cluster(CLUSTER, |cluster| cluster.authentication_mode = mode.to_owned());
        let examined = examine(&world, ONLY);
        let row = examined.finds_only("authentication.not-mapped", "fail");
        let ask = row["try"][0].as_str().expect("something to ask for");
        assert_eq!(ask.contains(&arn), mode != "CONFIG_MAP", "{ask}");
    }
    // Whoever is asked does it.
    world.control().edit_cluster(CLUSTER, |cluster| cluster.authentication_mode = "API".to_owned());
    world.control().put_access_entry(CLUSTER, entry(&world, &[SET]));
    examine(&world, ONLY).is_well();
}

#[test]
fn without_an_entry_that_may_be_read_it_is_said_for_certain() {
    let world = World::signed_in();
    world.control().set_access_entries(CLUSTER, Vec::new());
    allow(&world, &["eks:DescribeAccessEntry"]);
    examine(&world, ONLY).finds_only("authentication.no-entry", "fail");
}

#[test]
fn an_entry_of_a_former_role_is_recognised_by_its_suffix() {
    let world = World::signed_in();
    let mut former = entry(&world, &[SET]);
    former.principal_arn.replace_range(former.principal_arn.len() - 16.., "0123456789abcdef");
    world.control().set_access_entries(CLUSTER, vec![former]);
    allow(&world, &["eks:DescribeAccessEntry", "eks:ListAccessEntries"]);
    examine(&world, ONLY).finds_only("authentication.old-suffix", "fail");
    world.control().put_access_entry(CLUSTER, entry(&world, &[SET]));
    examine(&world, ONLY).is_well();
}

#[test]
fn an_entry_of_a_role_that_was_made_again_is_a_tombstone() {
    let world = World::signed_in();
    let before = (world.control().now() - 3600) * 1000;
    let old = AccessEntry { created_at: Some(before), ..entry(&world, &[SET]) };
    world.control().put_access_entry(CLUSTER, old);
    world.control().recreate_role(ACCOUNT, SET);
    allow(&world, &["eks:DescribeAccessEntry"]);
    examine(&world, ONLY).finds_only("authentication.entry-not-taken", "fail");
    allow(&world, &["iam:GetRole"]);
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("authentication.tombstone", "fail");
    assert!(row["try"][0].as_str().is_some_and(|text| text.contains("aws eks delete-access-entry")), "{row:#}");
    world.control().set_access_entries(CLUSTER, vec![entry(&world, &[SET])]);
    examine(&world, ONLY).is_well();
}

#[test]
fn a_server_in_trouble_is_not_a_role_that_is_not_mapped() {
    let world = World::signed_in();
    let fail = |kind| world.control().fail_next("create selfsubjectreviews", 8, kind);
    fail(FaultKind::Error { status: 500, code: "InternalError".to_owned(), message: "etcd is away".to_owned() });
    examine(&world, ONLY).finds_only("authentication.server-error", "unknown");
    world.control().clear_faults();
    fail(FaultKind::CutBefore);
    examine(&world, ONLY).finds_only("authentication.unreachable", "fail");
    world.control().clear_faults();
    fail(FaultKind::Hang);
    examine(&world, ONLY).finds_only("authentication.timeout", "unknown");
}

#[test]
fn a_cluster_that_does_not_say_who_one_is_is_used_all_the_same() {
    let world = World::signed_in();
    world.control().set_self_review(CLUSTER, SelfReview::Absent);
    examine(&world, ONLY).is_well();
    world.control().set_self_review(CLUSTER, SelfReview::Forbidden);
    let examined = examine(&world, ONLY);
    examined.finds_only("authentication.forbidden", "warn");
    assert_eq!(examined.result("authorization.tasks"), "ok");
}

#[test]
fn an_entry_without_groups_and_with_an_access_policy_is_well() {
    let world = World::signed_in();
    let entry = entry(&world, &[]).with_policy("AmazonEKSEditPolicy", Some(&["idp-dev"]));
    world.control().set_access_entries(CLUSTER, vec![entry]);
    examine(&world, ONLY).is_well();
}

#[test]
fn an_entry_without_groups_gives_no_rights() {
    let world = World::signed_in();
    world.control().set_access_entries(CLUSTER, vec![entry(&world, &[])]);
    let role_arn = format!("arn:aws:iam::{ACCOUNT}:role/{}", sandbox::role_name(ACCOUNT, SET));
    let mapping = RoleMapping { role_arn, username: USER.to_owned(), groups: vec![SET.to_owned()] };
    world.control().set_aws_auth(CLUSTER, vec![mapping]);
    // What hides the groups cannot be read, and so is not said.
    examine(&world, ONLY).finds_only("authentication.no-groups", "fail");
    allow(&world, &["eks:DescribeAccessEntry"]);
    let rules = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]);
    world.control().apply(CLUSTER, sandbox::objects::role("kube-system", "aws-auth", rules));
    let everybody = ("Role", "aws-auth");
    let binding = sandbox::objects::role_binding("kube-system", "aws-auth", everybody, "system:authenticated");
    world.control().apply(CLUSTER, binding);
    examine(&world, ONLY).finds_only("authentication.entry-hides-aws-auth", "fail");
    world.control().set_access_entries(CLUSTER, vec![entry(&world, &[SET])]);
    examine(&world, ONLY).is_well();
}
