//! `audit`: who may do what in the sandbox's clusters, as an administrator and as a developer.

use sandbox::{AccessEntry, AssociatedPolicy};
use serde_json::{Value, json};

use crate::support::World;

const ACCOUNT: &str = "111122223333";
const CLUSTER: &str = "idp-nonprod-1";
const NAME: &str = "idp-ns-idp-dev";

/// A world whose commands are an administrator's.
fn of_administrator() -> World {
    let mut world = World::new();
    for (name, value) in world.control().administrator_keys(ACCOUNT) {
        world.set(&name, &value);
    }
    world.set("AWS_REGION", "eu-west-1");
    world.control().reset_calls();
    world
}

fn audit(world: &World, words: &str) -> Value {
    world.run(&format!("audit {words} --cluster {CLUSTER} -o json")).success().json()
}

/// The ids of the findings, without those that every audit of this cluster has.
fn ids(audit: &Value) -> Vec<String> {
    let findings = audit["findings"].as_array().expect("findings").iter();
    let ids = findings.filter_map(|finding| finding["id"].as_str());
    let usual =
        ["entry.cluster-admin", "entry.policy-not-evaluated", "grant.unlabelled", "rights.port-forward-create-only"];
    ids.filter(|id| !usual.contains(id)).map(str::to_owned).collect()
}

fn tasks_of<'a>(audit: &'a Value, namespace: &str, permission_set: &str) -> &'a Vec<Value> {
    let name = format!("AWSReservedSSO_{permission_set}_");
    let rows = audit["access"].as_array().expect("rows");
    let is_meant = |row: &&Value| {
        row["namespace"] == namespace && row["principal"].as_str().is_some_and(|arn| arn.contains(&name))
    };
    rows.iter().find(is_meant).expect("a row")["tasks"].as_array().expect("tasks")
}

#[test]
fn the_tasks_are_those_of_can_i_with_the_objects_that_give_them() {
    let world = of_administrator();
    let audit = audit(&world, "idp-dev");
    let developer = World::signed_in();
    let can_i = developer.run("can-i -o json").success().json();
    let tasks = tasks_of(&audit, "idp-dev", NAME);
    for task in can_i["tasks"].as_array().expect("tasks") {
        let found = tasks.iter().find(|found| found["id"] == task["id"]);
        match (found, task["verdict"] == "no") {
            (None, is_no) => assert!(is_no, "{task}"),
            (Some(found), _) => {
                assert_eq!((&found["verdict"], &found["details"]), (&task["verdict"], &task["details"]))
            }
        }
    }
    let pods = tasks.iter().find(|task| task["id"] == "pods").expect("the task");
    assert_eq!(pods["objects"], json!(["RoleBinding idp-dev/idp-ns-floor → Role idp-ns-floor"]));
    assert_eq!(ids(&audit), [""; 0], "{audit:#}");
    assert_eq!(audit["not_read"], json!([]));
}

#[test]
fn the_screen_names_who_what_and_by_which_objects() {
    let world = of_administrator();
    let output = world.run(&format!("audit idp-dev --cluster {CLUSTER}"));
    output
        .success()
        .prints("GRANTED BY")
        .prints("permission-set:idp-ns-idp-dev")
        .prints("RoleBinding idp-ns-floor → Role idp-ns-floor")
        .prints("AmazonEKSClusterAdminPolicy cannot be evaluated")
        .prints("[rights.port-forward-create-only]");
    world.run(&format!("audit --all --cluster {CLUSTER}")).success().prints("NAMESPACE").prints("idp-test");
}

#[test]
fn eighty_columns_have_every_object_whole() {
    let mut world = of_administrator();
    world.set("NO_COLOR", "1");
    let shown = |words: &str| {
        let (ended, person) = world.nsaccess(&format!("audit {words} --cluster {CLUSTER}")).on_columns(80);
        let screen = person.sees_the_end().replace('\r', "");
        assert!(ended.ends().success(), "{screen}");
        // What is waited for comes and goes before.
        let screen = screen.rsplit("\x1b[2K").next().unwrap_or_default();
        let end = screen.find("\nFindings:").expect("findings");
        let access = screen[..end].to_owned();
        assert!(access.lines().all(|line| line.chars().count() <= 80), "{access}");
        access
    };
    let one = shown("idp-dev");
    assert!(one.contains("  SPDY only (no get pods/portforward)  3\n"), "{one}");
    assert!(one.contains("\nGranted by:\n  1  access policy AmazonEKSClusterAdminPolicy\n"), "{one}");
    assert!(one.contains("\n  3  RoleBinding idp-ns-floor → Role idp-ns-floor\n"), "{one}");
    let all = shown("--all");
    assert!(all.contains("\nidp-dev  permission-set:idp-ns-idp-dev (access entry)\n    allowed: pods"), "{all}");
    assert!(all.contains("\n    granted by: RoleBinding idp-dev/idp-ns-floor → Role idp-ns-floor\n"), "{all}");
}

#[test]
fn everything_is_listed_once() {
    let world = of_administrator();
    audit(&world, "--all");
    for operation in ["ListAccessEntries", "ListRoles", "DescribeCluster"] {
        assert_eq!(world.control().calls(operation), 1, "{operation}: {:?}", world.control().counts());
    }
}

#[test]
fn what_is_wrong_is_found() {
    let world = of_administrator();
    let control = world.control();
    control.recreate_role(ACCOUNT, NAME);
    let entry = AccessEntry::new("arn:aws:iam::111122223333:role/gone", "gone:{{SessionName}}", &["gone"]);
    control.put_access_entry(CLUSTER, entry);
    control.set_aws_auth_text(CLUSTER, "- rolearn: arn:aws:iam::111122223333:role/a/b\n- username: x\n");
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "lost", "namespace": "idp-dev", "annotations": {"nsaccess/until": "2020-01-01T00:00:00Z"}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "none"},
        "subjects": [{"kind": "Group", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}],
    });
    assert!(control.apply(CLUSTER, binding));
    let found = ids(&audit(&world, "idp-dev"));
    for id in [
        "principal.tombstone",
        "aws-auth.path",
        "aws-auth.faulty-item",
        "binding.no-role",
        "binding.nobody",
        "grant.expired",
    ] {
        assert!(found.iter().any(|found| found == id), "{id} is not in {found:?}");
    }
    assert!(ids(&audit(&world, "--all")).contains(&"principal.gone".to_owned()));
    world.run(&format!("audit idp-dev --cluster {CLUSTER}")).success().prints("(access entry [principal.tombstone])");
    control.rename_role(ACCOUNT, NAME);
    assert!(ids(&audit(&world, "idp-dev")).contains(&"principal.old-suffix".to_owned()));
}

#[test]
fn a_broken_list_is_shown_where_it_breaks() {
    let world = of_administrator();
    world.control().set_aws_auth_text(CLUSTER, "- rolearn: a\n  username: {{SessionName}}\n");
    let output = world.run(&format!("audit idp-dev --cluster {CLUSTER} --fail-on high"));
    output.exits(1).prints("[aws-auth.broken]").prints("line 2").says_not("error:");
}

#[test]
fn a_namespace_of_a_policy_is_not_evaluated() {
    let world = of_administrator();
    let arn = world.control().role_path_arn(ACCOUNT, NAME);
    let policy = AssociatedPolicy {
        policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy".to_owned(),
        namespaces: Some(vec!["idp*".to_owned()]),
        associated_at: None,
    };
    let mut entry = AccessEntry::new(&arn, "dev:{{SessionName}}", &[]);
    entry.policies = vec![policy];
    world.control().put_access_entry(CLUSTER, entry);
    let of_dev = audit(&world, "idp-dev");
    let tasks = tasks_of(&of_dev, "idp-dev", NAME);
    assert!(tasks.len() == 13 && tasks.iter().all(|task| task["verdict"] == "not_evaluated"), "{tasks:#?}");
    assert!(ids(&audit(&world, "--all")).contains(&"entry.policy-glob".to_owned()));
}

#[test]
fn a_grant_is_seen_until_it_is_revoked() {
    let world = of_administrator();
    world.control().provision_permission_set(ACCOUNT, "team-x");
    let cluster = format!("--cluster {CLUSTER} --yes");
    world.run(&format!("grant idp-test --to permission-set:team-x --preset viewer --for 8h {cluster}")).success();
    let granted = audit(&world, "idp-test");
    let logs = tasks_of(&granted, "idp-test", "team-x").iter().find(|task| task["id"] == "logs").expect("the task");
    assert_eq!(logs["verdict"], "yes");
    assert!(logs["objects"][0].as_str().is_some_and(|by| by.ends_with("→ Role nsaccess-viewer")), "{logs}");
    let of_team = |audit: &Value| {
        let rows = audit["access"].as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["principal"].as_str().is_some_and(|arn| arn.contains("team-x")))
    };
    let row = of_team(&granted).expect("a row");
    assert!(row["until"].as_str().is_some_and(|until| until.ends_with('Z')), "{row}");
    assert_eq!(ids(&granted), [""; 0]);
    world.run(&format!("revoke idp-test --from permission-set:team-x {cluster}")).success();
    assert_eq!(of_team(&audit(&world, "idp-test")), None);
}
