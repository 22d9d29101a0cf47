//! `assume-irsa` with the role that a namespace really has (get pods by name, no token), and its cache.

use sandbox::{Role, iam, objects};
use serde_json::json;

use crate::support::World;
use crate::support::forward::{CLUSTER, NAMESPACE};

/// The account of the namespace.
pub(crate) const ACCOUNT: &str = "111122223333";

/// Who STS says we are as one of the demo roles.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ada@example.com")
}

/// Adds a pod `NAME-0` with a role of its name, which trusts the permission set.
pub(crate) fn add_pod(world: &World, name: &str) {
    let role = Role::new(ACCOUNT, name).trusting(iam::trust_permission_set(ACCOUNT, "idp-ns-idp-dev"));
    let account = objects::service_account_with_role(NAMESPACE, name, &role.arn());
    assert!(world.control().apply(CLUSTER, account));
    let pod = objects::pod(NAMESPACE, &format!("{name}-0"), name, true);
    assert!(world.control().apply(CLUSTER, objects::running_as(pod, name)));
    world.control().put_role(role);
}

/// Changes the times of every stored session.
pub(crate) fn end_sessions_at(world: &World, obtained: &str, ends: &str) {
    let folder = world.path(".cache/nsaccess/v1/roles");
    for entry in std::fs::read_dir(folder).expect("sessions") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a session");
        let mut file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        file["obtained_at"] = obtained.into();
        file["expires_at"] = ends.into();
        std::fs::write(&path, file.to_string()).expect("written");
    }
}

#[test]
fn a_pods_own_spec_leads_to_its_role_with_get_pods_alone() {
    let world = World::signed_in();
    add_pod(&world, "billing-x");
    for words in ["billing-x-0", "pod/billing-x-0"] {
        let output = world.run(&format!("assume-irsa {words}")).success();
        assert!(output.stdout.contains(&arn("billing-x")), "{}", output.stdout);
        assert!(output.stdout.contains("service account  billing-x\n"), "{}", output.stdout);
        assert!(output.stdout.contains("method           sts:AssumeRole\n"), "{}", output.stdout);
        output
            .says("Use it:  nsaccess assume-irsa pod/billing-x-0 -n idp-dev -- aws sts")
            .says("--export")
            .says("--profile");
    }
    let counts = world.control().counts();
    let kube: Vec<&String> = counts.keys().filter(|name| name.contains(' ')).collect();
    assert_eq!(kube, ["get pods"], "nothing else is asked of the cluster");
}

#[test]
fn the_first_pod_of_a_stateful_set_can_be_guessed() {
    let world = World::signed_in();
    let output = world.run("assume-irsa sts/ledger -v").success().says("reading the role from pod ledger-0");
    assert!(output.stdout.contains(&arn("idp-demo-ledger")), "{}", output.stdout);
}

#[test]
fn a_named_role_needs_no_cluster() {
    let world = World::signed_in();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/idp-demo-billing");
    for words in [format!("--role-arn {role}"), role.clone(), format!("sa/other --role-arn {role} --via sts")] {
        let output = world.run(&format!("assume-irsa {words}")).success();
        assert!(output.stdout.contains(&arn("idp-demo-billing")), "{}", output.stdout);
    }
    assert!(world.control().counts().keys().all(|name| !name.contains(' ')), "{:?}", world.control().counts());
}

#[test]
fn what_the_floor_role_cannot_find_is_refused_with_the_rule_and_the_way_out() {
    let world = World::signed_in();
    let by_pod = "try: nsaccess assume-irsa POD -n idp-dev";
    world.run("assume-irsa deploy/billing").exits(4).one_error().says("resources: [\"deployments\"]").says(by_pod);
    world.run("assume-irsa job/reports").exits(4).one_error().says("apiGroups: [\"batch\"]").says(by_pod);
    let way_out = "try: nsaccess assume-irsa sa/billing --role-arn ARN";
    world.run("assume-irsa sa/billing").exits(4).one_error().says("resources: [\"serviceaccounts\"]").says(way_out);
    world.run("assume-irsa nope").exits(5).one_error().says("pod \"nope\" not found in namespace \"idp-dev\"");
    world.run("assume-irsa web-0").exits(5).one_error().says("pod/web-0 has no IAM role").says("--role-arn ARN");
}

#[test]
fn a_session_is_asked_for_once_and_kept_private() {
    let world = World::signed_in();
    let first = world.run("assume-irsa ledger-0 -o json").success().json();
    let again = world.run("assume-irsa ledger-0 -o json -v").success().says("session is valid until");
    assert_eq!(again.json(), first);
    world.run("assume-irsa sts/ledger -o json").success();
    assert_eq!(world.control().calls("AssumeRole"), 1, "{:?}", world.control().counts());
    let files = std::fs::read_dir(world.path(".cache/nsaccess/v1/roles")).expect("the folder");
    let names: Vec<String> =
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(world.mode(&format!(".cache/nsaccess/v1/roles/{}", names[0])), 0o600);
    // Another length is another session.
    world.run("assume-irsa ledger-0 -o json --duration 15m").success();
    assert_eq!(world.control().calls("AssumeRole"), 2);
}

#[test]
fn a_session_near_its_end_is_replaced() {
    let world = World::signed_in();
    let first = world.run("assume-irsa ledger-0 -o json").success().json();
    let now = world.control().now();
    let at = |seconds: i64| jiff::Timestamp::from_second(now + seconds).expect("a time").to_string();
    end_sessions_at(&world, &at(-3240), &at(360));
    world.run("assume-irsa ledger-0 -o json").success();
    assert_eq!(world.control().calls("AssumeRole"), 1, "six minutes are enough");
    end_sessions_at(&world, &at(-3301), &at(299));
    let next = world.run("assume-irsa ledger-0 -o json -v").success().says("about to expire");
    assert_ne!(next.json()["AccessKeyId"], first["AccessKeyId"]);
    assert_eq!(world.control().calls("AssumeRole"), 2, "less than five are not");
}

#[test]
fn what_aws_no_longer_takes_is_renewed_once() {
    let world = World::signed_in();
    world.run("assume-irsa ledger-0").success();
    // Both the stored session and the namespace's own credentials are refused before their time.
    world.control().forget_role_credentials();
    world.control().reset_calls();
    let output = world.run("assume-irsa ledger-0 -v").success().says("asking for a new session");
    assert!(output.stdout.contains(&arn("idp-demo-ledger")), "{}", output.stdout);
    assert_eq!(world.control().calls("GetRoleCredentials"), 1, "{:?}", world.control().counts());
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn many_at_once_ask_once() {
    let world = World::signed_in();
    let running: Vec<_> = (0..8).map(|_| world.nsaccess("assume-irsa ledger-0 -o json").spawn()).collect();
    let answers: Vec<_> = running.into_iter().map(|one| one.finish().success().json()).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn a_logout_takes_the_sessions_along() {
    let world = World::signed_in();
    world.run("assume-irsa ledger-0").success();
    world.run("logout").success();
    let left = std::fs::read_dir(world.path(".cache/nsaccess/v1/roles")).expect("the folder").count();
    assert_eq!(left, 0);
    world.run("assume-irsa ledger-0").exits(3).one_error().says("try: nsaccess login idp-dev");
}

#[test]
fn a_role_of_the_pod_may_do_what_the_caller_may_not() {
    let world = World::signed_in();
    let read = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
    add_pod(&world, "reader");
    assert!(world.control().edit_role(ACCOUNT, "reader", |role| *role = role.clone().allowing(read.clone())));
    let output = world.run("assume-irsa reader-0 --duration 15m").success();
    assert!(output.stdout.contains(&arn("reader")), "{}", output.stdout);
    world.control().set_permission_set_policy("idp-ns-idp-dev", Some(iam::policy(json!([]))));
    world.run("assume-irsa reader-0 --duration 16m").exits(4).one_error().says("likely cause 2");
}
