//! `assume-irsa` where the role in the cluster allows more: workloads, service accounts, tokens.

use serde_json::json;

use crate::assume_irsa::{ACCOUNT, arn};
use crate::support::World;
use crate::support::forward::{CLUSTER, FLOOR, NAMESPACE, grant, world_with};

/// Workloads and service accounts may be seen; pods may not be listed.
pub(crate) const VIEW: &[(&str, &str, &str)] = &[
    ("", "pods", "get"),
    ("", "serviceaccounts", "get"),
    ("apps", "deployments", "get"),
    ("apps", "statefulsets", "get"),
    ("batch", "jobs", "get"),
    ("batch", "cronjobs", "get"),
];
/// The right for the way by a token.
pub(crate) const TOKEN: (&str, &str, &str) = ("", "serviceaccounts/token", "create");

/// The same and the right to create tokens.
pub(crate) fn with_tokens() -> World {
    world_with(&[VIEW, &[TOKEN]].concat())
}

#[track_caller]
fn is(world: &World, words: &str, role: &str) {
    let output = world.run(&format!("assume-irsa {words}")).success();
    assert!(output.stdout.contains(&arn(&format!("idp-demo-{role}"))), "{words}\n{}", output.stdout);
}

#[test]
fn workloads_lead_to_their_role_by_template_and_annotation() {
    let world = world_with(VIEW);
    is(&world, "deploy/billing", "billing");
    is(&world, "sts/ledger", "ledger");
    is(&world, "sa/billing", "billing");
    assert_eq!(world.control().calls("get pods") + world.control().calls("list pods"), 0);
    world
        .run("assume-irsa deploy/nope")
        .exits(5)
        .one_error()
        .says("deployment \"nope\" not found in namespace \"idp-dev\"");
    world.run("assume-irsa sa/nope").exits(5).one_error().says("service account \"nope\" not found");
    world.run("assume-irsa sa/default").exits(5).one_error().says("has no annotation eks.amazonaws.com/role-arn");
    world.run("assume-irsa cronjob/nope").exits(5).one_error();
}

#[test]
fn a_right_to_list_pods_is_enough_for_any_target() {
    let world = world_with(&[("", "pods", "get"), ("", "pods", "list")]);
    is(&world, "deploy/billing", "billing");
    is(&world, "sts/ledger", "ledger");
    is(&world, "sa/billing", "billing");
    world
        .run("assume-irsa deploy/nope")
        .exits(5)
        .one_error()
        .says("no pods of deployment \"nope\" found in namespace \"idp-dev\"");
    world.run("assume-irsa sa/nope").exits(4).one_error().says("no current pod uses it");
}

#[test]
fn of_several_roles_one_is_named_or_asked_for() {
    let world = world_with(VIEW);
    let refused = world.run("assume-irsa deploy/gateway").exits(2).one_error();
    refused
        .says("container \"audit\" has arn:aws:iam::111122223333:role/idp-demo-audit")
        .says("try: nsaccess assume-irsa deploy/gateway -c gateway -n idp-dev");
    is(&world, "deploy/gateway -c gateway", "gateway");
    is(&world, "deploy/gateway -c audit", "audit");
    world.run("assume-irsa deploy/gateway -c nope").exits(5).one_error().says("its containers: gateway, audit");
    let (child, mut person) = world.nsaccess("assume-irsa deploy/gateway").on_terminal();
    person.sees("have different IAM roles. Which one?");
    person.types("audit\r");
    let output = child.wait_with_output().expect("it ends");
    assert!(String::from_utf8_lossy(&output.stdout).contains(&arn("idp-demo-audit")), "{output:?}");
    person.sees_the_end();
}

#[test]
fn the_token_way_works_where_only_the_service_account_is_trusted() {
    let world = with_tokens();
    let auto = world.run("assume-irsa job/reports").success().says("using a token of service account reports");
    assert!(auto.stdout.contains(&arn("idp-demo-reports")), "{}", auto.stdout);
    assert!(auto.stdout.contains("sts:AssumeRoleWithWebIdentity\n"), "{}", auto.stdout);
    world.control().reset_calls();
    for words in ["job/reports", "job/reports --via token", "cronjob/reports-nightly", "sa/reports"] {
        is(&world, words, "reports");
    }
    let counts = world.control().counts();
    assert!(!counts.contains_key("AssumeRole") && !counts.contains_key("AssumeRoleWithWebIdentity"), "{counts:?}");
    assert!(counts.keys().all(|name| !name.contains("token")), "{counts:?}");
    world
        .run("assume-irsa job/reports --via sts")
        .exits(4)
        .one_error()
        .says("try: nsaccess assume-irsa job/reports --via token");
}

#[test]
fn the_token_way_needs_its_right_and_names_it() {
    let world = world_with(VIEW);
    let rule = r#"- {apiGroups: [""], resources: ["serviceaccounts/token"], verbs: [create]}"#;
    world.run("assume-irsa job/reports").exits(4).one_error().says("which your role lacks").says(rule);
    world
        .run("assume-irsa job/reports --via token")
        .exits(4)
        .one_error()
        .says(rule)
        .says("try: nsaccess can-i create serviceaccounts/token");
    assert_eq!(world.control().calls("AssumeRoleWithWebIdentity"), 0);
}

#[test]
fn a_role_and_a_service_account_that_are_named_need_the_token_right_alone() {
    let world = world_with(&[FLOOR, &[TOKEN]].concat());
    let role = format!("arn:aws:iam::{ACCOUNT}:role/idp-demo-reports");
    is(&world, &format!("sa/reports --role-arn {role} --via token"), "reports");
    world.run(&format!("assume-irsa --role-arn {role} --via token")).exits(2).one_error().says("sa/NAME --role-arn");
    world
        .run(&format!("assume-irsa sa/nope --role-arn {role} --via token"))
        .exits(5)
        .one_error()
        .says("service account \"nope\"");
    // The service account of a pod is read from the pod.
    is(&world, &format!("ledger-0 --role-arn arn:aws:iam::{ACCOUNT}:role/idp-demo-ledger --via token"), "ledger");
}

#[test]
fn a_pod_that_is_older_than_its_service_accounts_role_is_warned_about() {
    let world = world_with(VIEW);
    let role = format!("arn:aws:iam::{ACCOUNT}:role/idp-demo-ledger");
    let pod = sandbox::objects::running_as(sandbox::objects::pod(NAMESPACE, "old-0", "old", true), "late");
    assert!(world.control().apply(CLUSTER, pod));
    world.run("assume-irsa old-0").exits(5).one_error().says("service account \"late\" not found");
    let account = sandbox::objects::service_account_with_role(NAMESPACE, "late", &role);
    assert!(world.control().apply(CLUSTER, account));
    world.run("assume-irsa old-0").success().says("warning: pod old-0 runs without this role");
}

#[test]
fn eks_pod_identity_is_detected_and_explained() {
    let world = world_with(VIEW);
    let explained = |words: &str| {
        let refused = world.run(&format!("assume-irsa {words}")).exits(1).one_error();
        refused.says("uses EKS Pod Identity").says("pods.eks.amazonaws.com").says("--role-arn ARN");
    };
    explained("deploy/mailer");
    explained("sa/mailer");
    grant(&world, &[("", "pods", "get"), ("", "pods", "list")]);
    explained("deploy/mailer");
    assert_eq!(world.control().calls("AssumeRole"), 0);
    // Where EKS may not be asked either, there is just no role.
    grant(&world, VIEW);
    world.control().deny_action("idp-ns-idp-dev", "eks:ListPodIdentityAssociations");
    world.run("assume-irsa sa/mailer -v").exits(5).says("cannot check for EKS Pod Identity").says("has no IAM role");
}

#[test]
fn a_role_that_a_config_map_names_cannot_be_read() {
    let world = world_with(VIEW);
    let mut pod = sandbox::objects::pod(NAMESPACE, "hidden-0", "hidden", true);
    pod["spec"]["containers"][0]["env"] =
        json!([{"name": "AWS_ROLE_ARN", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]);
    assert!(world.control().apply(CLUSTER, pod));
    world.run("assume-irsa hidden-0").exits(1).one_error().says("comes from a ConfigMap or a Secret");
}
