//! `audit` in pipelines: exit codes, baselines, other forms; and what somebody sees who may read little.

use sandbox::FaultKind;
use serde_json::{Value, json};

use crate::support::World;

const ACCOUNT: &str = "111122223333";
const CLUSTER: &str = "idp-nonprod-1";
const NAME: &str = "idp-ns-idp-dev";

fn with(keys: Vec<(String, String)>, mut world: World) -> World {
    for (name, value) in keys {
        world.set(&name, &value);
    }
    world.set("AWS_REGION", "eu-west-1");
    world
}

fn of_administrator() -> World {
    let world = World::new();
    let keys = world.control().administrator_keys(ACCOUNT);
    with(keys, world)
}

#[test]
fn findings_decide_over_the_exit_code_if_they_shall() {
    let world = of_administrator();
    let audit = |words: &str| world.run(&format!("audit idp-dev --cluster {CLUSTER} {words}"));
    audit("").exits(0);
    audit("--fail-on high").exits(0);
    audit("--fail-on medium").exits(1).says_not("error:");
    audit("--fail-on never").exits(2);
    audit("--all").exits(2);
    audit("--format csv -o json").exits(2).says("--format cannot be used with -o");
}

#[test]
fn only_new_findings_count_with_a_baseline() {
    let world = of_administrator();
    let audit = |words: &str| world.run(&format!("audit idp-dev --cluster {CLUSTER} {words}"));
    world.write("old.json", audit("-o json").success().stdout.clone());
    audit("--baseline old.json").exits(0).prints("Findings (new;").prints("): none");
    world.control().set_aws_auth_text(CLUSTER, "- username: x\n");
    audit("--baseline old.json").exits(1).prints("[aws-auth.faulty-item]").says_not("[entry.cluster-admin]");
    audit("--baseline old.json --fail-on medium").exits(0);
    audit("--baseline none.json").exits(2).says("none.json not found");
    world.write("other.json", "{}");
    audit("--baseline other.json").exits(2).says("is not a baseline");
    world.write("other.json", r#"{"cluster": "idp-prod-1", "region": "eu-west-1", "findings": []}"#);
    audit("--baseline other.json").exits(2).says("the cluster idp-prod-1 in eu-west-1").says("not idp-nonprod-1");
}

#[test]
fn advice_is_for_this_cluster_and_locks_nobody_out() {
    let world = of_administrator();
    world
        .run(&format!("audit --cluster {CLUSTER}"))
        .exits(2)
        .says(&format!("nsaccess audit --all --cluster {CLUSTER}"))
        .says_not("nsaccess list");
    let audit = world.run(&format!("audit --all --cluster {CLUSTER}")).success();
    assert!(!audit.stdout.contains("disassociate-access-policy"), "{}", audit.stdout);
    audit.prints("[entry.cluster-admin]").prints("this is you").prints("first make sure that someone else");
}

#[test]
fn other_forms_are_data_alone() {
    let world = of_administrator();
    let audit = |words: &str| world.run(&format!("audit --all --cluster {CLUSTER} {words}"));
    let csv = audit("--format csv").success().stdout.clone();
    assert!(csv.starts_with("cluster,namespace,principal,"), "{csv}");
    assert!(csv.lines().any(|line| line.contains(",idp-dev,") && line.contains(",port-forward-pod,yes,")), "{csv}");
    let csv = audit("--format findings-csv").success().stdout.clone();
    assert!(csv.contains(",entry.cluster-admin,medium,yes,"), "{csv}");
    let page = audit("--format markdown").success().stdout.clone();
    assert!(page.starts_with("# Access to idp-nonprod-1\n"), "{page}");
    audit("-o yaml").success().prints("findings:");
}

#[test]
fn a_developer_sees_what_their_rights_show_and_is_told_the_rest() {
    let world = World::new();
    let keys = world.control().permission_set_keys(ACCOUNT, NAME);
    let world = with(keys, world);
    let output = world.run(&format!("audit idp-dev --cluster {CLUSTER}"));
    output
        .exits(0)
        .prints("Access is unknown")
        .prints("Not read:")
        .prints("requires eks:ListAccessEntries")
        .prints("requires list rolebindings in idp-dev")
        .prints("requires get configmaps aws-auth in kube-system")
        .says("nsaccess can-i -n idp-dev");
    // Nothing was found, and that is not in order.
    world.run(&format!("audit idp-dev --cluster {CLUSTER} --fail-on high")).exits(6).says_not("error:");
}

#[test]
fn a_right_is_named_only_where_it_is_missing() {
    let world = of_administrator();
    let not_read = || {
        let audit = world.run(&format!("audit idp-dev --cluster {CLUSTER} -o json")).success().json();
        audit["not_read"].as_array().expect("a list").clone()
    };
    world.control().fail_next(
        "ListRoles",
        100,
        FaultKind::Error { status: 400, code: "ValidationError".into(), message: "no".into() },
    );
    let [roles] = <[Value; 1]>::try_from(not_read()).expect("one list");
    assert_eq!((&roles["what"], &roles["needs"]), (&json!("IAM roles"), &Value::Null));
    world.control().clear_faults();
    world.control().deny_action("AdministratorAccess", "iam:ListRoles");
    let [roles] = <[Value; 1]>::try_from(not_read()).expect("one list");
    assert_eq!(roles["needs"], "iam:ListRoles");
}

#[test]
fn what_is_not_there_or_cannot_be_reached_is_an_error() {
    let world = of_administrator();
    world.run(&format!("audit no-such --cluster {CLUSTER}")).exits(5).says("namespace \"no-such\" not found");
    world.run("audit idp-dev --cluster no-such").exits(5).one_error();
    world.run("audit idp-dev").exits(2).says("found: idp-nonprod-1");
    assert!(world.control().reachable("kube:idp-nonprod-1", false), "the cluster is there");
    world.run(&format!("audit idp-dev --cluster {CLUSTER}")).exits(6).one_error();
}
