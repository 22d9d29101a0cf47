//! `doctor` about AWS for the namespace: secrets, and the IAM role of a workload.

use sandbox::{FaultKind, PodIdentity, Role, iam, objects};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::doctor::examine;
use crate::support::forward::{CLUSTER, NAMESPACE};

const ACCOUNT: &str = "111122223333";
const ONLY: &str = "--only aws.secrets";

#[test]
fn a_secret_that_may_not_be_read_is_a_warning_and_a_role_without_secrets_is_none() {
    let world = World::signed_in();
    examine(&world, ONLY).is_well();
    world.control().deny_action("*", "secretsmanager:GetSecretValue");
    examine(&world, ONLY).finds_only("aws.secrets-read-denied", "warn");
    world.control().deny_action("*", "secretsmanager:ListSecrets");
    let examined = examine(&world, ONLY);
    examined.is_well();
    assert_eq!(examined.result("aws.secrets"), "skipped");
}

#[test]
fn a_key_that_may_not_be_used_is_not_a_secret_that_may_not_be_read() {
    let world = World::signed_in();
    let message = "Access to KMS is not allowed".to_owned();
    let denied = FaultKind::Error { status: 400, code: "AccessDeniedException".to_owned(), message };
    world.control().fail_next("GetSecretValue", 1, denied);
    examine(&world, ONLY).finds_only("aws.secrets-key-denied", "warn");
}

#[test]
fn a_secrets_manager_that_does_not_answer_says_nothing_of_rights() {
    let world = World::signed_in();
    world.control().reachable("secretsmanager", false);
    examine(&world, ONLY).finds_only("aws.secrets-unreachable", "warn");
    world.control().clear_faults();
    world.control().fail_next("ListSecrets", 1, FaultKind::Hang);
    examine(&world, ONLY).finds_only("aws.secrets-timeout", "unknown");
}

/// A person who may read workloads and roles.
fn reader() -> World {
    let world = World::signed_in();
    let rules = json!([{"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create"]}]);
    assert!(world.control().apply(CLUSTER, objects::role(NAMESPACE, "idp-ns-floor", rules)));
    world.control().allow_action("*", "iam:GetRole");
    world
}

fn irsa(target: &str) -> String {
    format!("--only aws.workload --irsa {target}")
}

fn account(world: &World, name: &str, role_arn: &str) {
    assert!(world.control().apply(CLUSTER, objects::service_account_with_role(NAMESPACE, name, role_arn)));
}

/// The issuer of the cluster.
fn issuer(world: &World) -> String {
    let mut issuer = String::new();
    world.control().edit_cluster(CLUSTER, |cluster| issuer = cluster.oidc_issuer());
    issuer
}

fn trust(world: &World, trust: Value) {
    let role = Role::new(ACCOUNT, "billing-x").trusting(trust);
    account(world, "billing-x", &role.arn());
    world.control().put_role(role);
}

#[test]
fn a_workload_whose_role_trusts_it_is_well() {
    let world = reader();
    trust(&world, iam::trust_service_account(ACCOUNT, &issuer(&world), NAMESPACE, "billing-x"));
    examine(&world, &irsa("sa/billing-x")).is_well();
}

#[test]
fn each_fault_of_a_trust_policy_has_its_own_name() {
    let world = reader();
    let issuer = issuer(&world);
    let right = iam::trust_service_account(ACCOUNT, &issuer, NAMESPACE, "billing-x");
    let text = right.to_string();
    let changed = |from: &str, to: &str| -> Value { serde_json::from_str(&text.replace(from, to)).expect("JSON") };
    let id = issuer.rsplit('/').next().expect("an id").to_owned();
    for (policy, finding) in [
        (changed(&id, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), "aws.trust-provider"),
        (changed("idp-dev:billing-x", "idp-dev:billing"), "aws.trust-subject"),
        (changed("\"sts.amazonaws.com\"", "\"sts\""), "aws.trust-audience"),
    ] {
        trust(&world, policy);
        examine(&world, &irsa("sa/billing-x")).finds_only(finding, "fail");
    }
    trust(&world, right);
    world.control().edit_cluster(CLUSTER, |cluster| {
        cluster.pod_identities.push(PodIdentity::new(NAMESPACE, "billing-x", "arn:aws:iam::111122223333:role/other"));
    });
    world.control().allow_action("*", "eks:ListPodIdentityAssociations");
    examine(&world, &irsa("sa/billing-x")).finds_only("aws.pod-identity-too", "warn");
}

#[test]
fn a_role_that_is_not_there_or_no_role_is_named_as_that() {
    let world = reader();
    account(&world, "nowhere", &format!("arn:aws:iam::{ACCOUNT}:role/nowhere"));
    examine(&world, &irsa("sa/nowhere")).finds_only("aws.role-missing", "fail");
    account(&world, "nowhere", "REPLACE_ME");
    examine(&world, &irsa("sa/nowhere")).finds_only("aws.role-invalid", "fail");
    world.control().apply(CLUSTER, objects::service_account(NAMESPACE, "nowhere"));
    examine(&world, &irsa("sa/nowhere")).finds_only("aws.no-role", "fail");
    examine(&world, &irsa("deploy/nothing")).finds_only("aws.workload-missing", "fail");
    world.control().allow_action("*", "eks:ListPodIdentityAssociations");
    examine(&world, &irsa("sa/mailer")).is_well();
}

#[test]
fn where_the_role_may_not_be_read_a_token_shows_what_it_trusts() {
    let world = World::signed_in();
    let rules = json!([{"apiGroups": [""], "resources": ["pods", "services", "serviceaccounts"], "verbs": ["get"]}]);
    assert!(world.control().apply(CLUSTER, objects::role(NAMESPACE, "idp-ns-floor", rules)));
    trust(&world, iam::trust_service_account(ACCOUNT, &issuer(&world), NAMESPACE, "other"));
    assert_eq!(examine(&world, &irsa("sa/billing-x")).result("aws.workload"), "skipped");
    let rules = json!([{"apiGroups": [""], "resources": ["pods", "services", "serviceaccounts"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}]);
    assert!(world.control().apply(CLUSTER, objects::role(NAMESPACE, "idp-ns-floor", rules)));
    examine(&world, &irsa("sa/billing-x")).finds_only("aws.role-refused", "fail");
    trust(&world, iam::trust_service_account(ACCOUNT, &issuer(&world), NAMESPACE, "billing-x"));
    examine(&world, &irsa("sa/billing-x")).is_well();
    world.control().edit_cluster(CLUSTER, |cluster| cluster.oidc_audiences = None);
    examine(&world, &irsa("sa/billing-x")).finds_only("aws.provider-missing", "fail");
}
