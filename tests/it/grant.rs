//! `grant`, and the developer who got it: by each preset and way, the login shows exactly what was granted, and after
//! `revoke` nothing of it.

use sandbox::{AccessEntry, Control, FaultKind};
use serde_json::{Value, json};

use crate::support::administrator::{ACCOUNT, CLUSTER, NAMESPACE, PERMISSION_SET, Platform};
use crate::support::world::interrupt;
use crate::support::{World, until};

/// What `can-i` says of these tasks, in this order.
const TASKS: [&str; 8] =
    ["port-forward-pod", "port-forward-service", "pods", "logs", "exec", "secrets", "config-maps", "deployments"];

fn set_mode(control: &Control, mode: &str) {
    assert!(control.edit_cluster(CLUSTER, |cluster| cluster.authentication_mode = mode.to_owned()));
}

/// The verdicts that a developer sees.
fn verdicts(platform: &Platform) -> Vec<String> {
    let tasks = platform.world.run(&format!("can-i -n {NAMESPACE} -o json")).success().json();
    let verdict = |id: &str| {
        let found = tasks["tasks"].as_array().expect("tasks").iter().find(|task| task["id"] == id);
        found.and_then(|task| task["verdict"].as_str()).unwrap_or("none").to_owned()
    };
    TASKS.iter().map(|id| format!("{id}: {}", verdict(id))).collect()
}

/// Grants, has the developer look, takes it back, has the developer look again.
#[track_caller]
fn round_trip(platform: &Platform, words: &str, expected: [&str; 8]) {
    let before = cluster_state(platform);
    platform.grant(words).success().says("nsaccess login pay");
    platform.world.login(&format!("{NAMESPACE} --cluster {CLUSTER}")).run().success();
    let wanted: Vec<String> = TASKS.iter().zip(expected).map(|(task, verdict)| format!("{task}: {verdict}")).collect();
    assert_eq!(verdicts(platform), wanted, "{words}");
    platform.grant(words).success().prints("nothing to do");
    platform.revoke("").success().says("Revoked.");
    assert_eq!(cluster_state(platform), before, "{words}");
    platform.world.run(&format!("can-i get pods -n {NAMESPACE}")).exits(4).says("does not recognize the role");
}

/// What grants can change.
fn cluster_state(platform: &Platform) -> Vec<Value> {
    let control = platform.control();
    let mut entries = Vec::new();
    control.edit_cluster(CLUSTER, |cluster| entries.clone_from(&cluster.access_entries));
    let entries = entries.iter().map(|entry| json!([entry.principal_arn, entry.groups, entry.policies.len()]));
    entries.chain(control.aws_auth_data(CLUSTER)).collect()
}

#[test]
fn each_preset_by_an_access_entry() {
    for (words, expected) in [
        ("--preset floor", ["yes", "yes", "partial", "no", "no", "no", "no", "no"]),
        ("--preset viewer", ["yes", "yes", "yes", "yes", "no", "no", "yes", "yes"]),
        ("--preset developer", ["yes", "yes", "yes", "yes", "yes", "no", "yes", "yes"]),
        ("--preset developer --with-secrets", ["yes", "yes", "yes", "yes", "yes", "yes", "yes", "yes"]),
        ("--preset admin", ["yes", "yes", "yes", "yes", "yes", "yes", "yes", "yes"]),
        ("--policy AmazonEKSViewPolicy", ["no", "no", "yes", "yes", "no", "no", "yes", "yes"]),
    ] {
        let platform = Platform::new();
        round_trip(&platform, words, expected);
    }
}

#[test]
fn each_preset_by_aws_auth() {
    for (words, expected) in [
        ("--preset floor", ["yes", "yes", "partial", "no", "no", "no", "no", "no"]),
        ("--preset developer", ["yes", "yes", "yes", "yes", "yes", "no", "yes", "yes"]),
        ("--preset admin", ["yes", "yes", "yes", "yes", "yes", "yes", "yes", "yes"]),
    ] {
        let platform = Platform::new();
        let control = platform.control();
        // The administrator must be let in by aws-auth as well.
        set_mode(&control, "CONFIG_MAP");
        let admin = control.role_path_arn(ACCOUNT, "AdministratorAccess");
        let admin = admin.rsplit('/').next().expect("a name");
        let text = format!(
            "# who may what\n- rolearn: arn:aws:iam::{ACCOUNT}:role/{admin}\n  username: admin\n  groups: [system:masters] # all\n"
        );
        assert!(control.set_aws_auth_text(CLUSTER, &text));
        round_trip(&platform, words, expected);
        assert_eq!(platform.aws_auth("mapRoles"), Some(text));
    }
}

#[test]
fn a_plan_is_shown_and_nothing_is_done_without_consent() {
    let platform = Platform::new();
    let before = cluster_state(&platform);
    let words = format!("grant {NAMESPACE} --to permission-set:{PERMISSION_SET} --preset viewer");
    platform.run(&words).exits(2).prints("+ Role pay/nsaccess-viewer").says("--yes");
    let dry = platform.run(&format!("{words} --dry-run")).success();
    assert!(dry.stdout.contains("+ access entry") && dry.stderr.contains("accepted"), "{}", dry.transcript());
    assert_eq!(cluster_state(&platform), before);
    assert_eq!(platform.control().object(CLUSTER, "Role", NAMESPACE, "nsaccess-viewer"), None);
    assert_eq!(platform.control().calls("CreateAccessEntry"), 0);
}

#[test]
fn the_result_is_a_document() {
    let platform = Platform::new();
    let json = platform.grant("--preset viewer --for 8h -o json").success().json();
    assert_eq!(json["result"], "done", "{json}");
    assert_eq!(json["grants"][0]["principal"], platform.role.as_str());
    let actions: Vec<&str> =
        json["changes"].as_array().expect("changes").iter().filter_map(|change| change["action"].as_str()).collect();
    assert_eq!(actions, ["create", "create", "create"]);
    let again = platform.grant("--preset viewer -o json").success().json();
    assert_eq!(again["result"], "done", "the end is taken away: {again}");
    let again = platform.grant("--preset viewer -o json").success().json();
    assert_eq!((&again["result"], &again["changes"]), (&json!("unchanged"), &json!([])));
}

#[test]
fn a_namespace_is_created_if_that_is_said_and_not_when_it_ends() {
    let platform = Platform::without_namespace();
    platform.grant("").exits(5).says("namespace \"pay\" not found").says("--create-namespace");
    platform.grant("--create-namespace").success().says("created      Namespace pay");
    assert!(platform.control().set_namespace_terminating(CLUSTER, NAMESPACE, true));
    platform.grant("--preset viewer").exits(1).says("is being deleted");
}

#[test]
fn what_aws_auth_gives_is_carried_over_or_kept() {
    let platform = Platform::new();
    let bare = platform.role.rsplit('/').next().expect("a name");
    let item = |groups: &str| {
        format!(
            "- rolearn: arn:aws:iam::{ACCOUNT}:role/{bare}\n  username: pay:{{{{SessionName}}}}\n  groups: {groups}\n"
        )
    };
    assert!(platform.control().set_aws_auth_text(CLUSTER, &item("[system:masters]")));
    platform.grant("").exits(1).says("system:masters").says("--via aws-auth");
    assert!(platform.control().set_aws_auth_text(CLUSTER, &item("[payers]")));
    platform.grant("").success().says("takes over payers").prints("+ group: payers");
    platform.revoke("").success().says("maps").prints("- access entry");
    assert_eq!(platform.aws_auth("mapRoles"), Some(item("[payers]")));
}

#[test]
fn a_dead_entry_is_made_anew() {
    let platform = Platform::new();
    platform.grant("").success();
    // The entry is from before the role that is made now.
    assert!(platform.control().edit_cluster(CLUSTER, |cluster| {
        let entries = cluster.access_entries.iter_mut().filter(|entry| entry.principal_arn == platform.role);
        entries.for_each(|entry| entry.created_at = Some(1_759_652_100_456));
    }));
    platform.control().recreate_role(ACCOUNT, PERMISSION_SET);
    platform.grant("").exits(1).says("deleted role").says("--recreate");
    platform.grant("--recreate").success().says("replaced     access entry");
    platform.world.login(&format!("{NAMESPACE} --cluster {CLUSTER}")).run().success();
    platform.world.run("can-i get pods -n pay").exits(0);
}

#[test]
fn what_was_done_is_told_when_it_is_broken_off() {
    let platform = Platform::new();
    platform.control().fail_next("CreateAccessEntry", 1, FaultKind::Hold);
    let to = format!("grant {NAMESPACE} --to permission-set:{PERMISSION_SET} --yes");
    let running = platform.command(&to).in_own_group().spawn();
    until("the call to EKS", || (platform.control().held_answers() > 0).then_some(()));
    interrupt(&running);
    running
        .finish()
        .exits(130)
        .says("created      Role")
        .says("unknown      access entry")
        .says("2 of 3 changes were made");
    // It was done all the same: only its answer was not awaited.
    platform.grant("").success().prints("nothing to do");
}

#[test]
fn who_applies_aws_auth_from_a_file_is_named() {
    let platform = Platform::new();
    assert!(platform.control().set_aws_auth_text(CLUSTER, "[]\n"));
    let mut object = platform.control().object(CLUSTER, "ConfigMap", "kube-system", "aws-auth").expect("the ConfigMap");
    object["metadata"]["managedFields"] = json!([{"manager": "argocd-controller", "operation": "Update", "apiVersion": "v1",
        "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:mapRoles": {}}}}]);
    platform.control().apply(CLUSTER, object);
    platform.grant("--via aws-auth").success().says("argocd-controller");
    platform.revoke("").success();
    assert_eq!(platform.aws_auth("mapRoles").as_deref(), Some("[]\n"));
}

#[test]
fn a_person_sees_the_plan_in_colours_and_again_if_it_has_changed() {
    let platform = Platform::new();
    let words = format!("grant {NAMESPACE} --to permission-set:{PERMISSION_SET} --preset viewer");
    let (_running, mut person) = platform.command(&words).on_screen();
    person.sees("Make these changes?");
    // Somebody else makes the entry meanwhile.
    assert!(platform.control().put_access_entry(CLUSTER, AccessEntry::new(&platform.role, "theirs:x", &["theirs"])));
    person.types("y\r");
    person.sees("the cluster has changed in the meantime");
    person.sees("group: theirs");
    person.types("y\r");
    let screen = person.sees_the_end();
    assert!(screen.contains("Granted."), "{screen}");
    assert!(screen.contains("\u{1b}[32m") && !screen.contains("\\u{1b}"), "{screen}");
    let mut groups = Vec::new();
    platform.control().edit_cluster(CLUSTER, |cluster| {
        let entry =
            cluster.access_entries.iter().find(|entry| entry.principal_arn == platform.role).expect("the entry");
        groups.clone_from(&entry.groups);
    });
    assert_eq!(groups.len(), 2, "{groups:?}");
}

#[test]
fn production_is_marked_in_the_plan() {
    let platform = Platform::new();
    let dry = platform.grant("--preset viewer --dry-run").success();
    assert!(!dry.stdout.contains("PRODUCTION"), "{}", dry.stdout);
    platform.world.run(&format!("config set namespace.{NAMESPACE}.production true")).success();
    platform.grant("--preset viewer --dry-run").success().prints("PRODUCTION: pay\n");
    let plan = platform.grant("--preset viewer --dry-run -o json").success().json();
    assert_eq!(plan["grants"][0]["production"], true, "{plan:#}");
    assert_eq!((&plan["result"], &plan["grants"][0]["until"]), (&json!("dry_run"), &json!(null)), "{plan:#}");
}

#[test]
fn who_says_no_preset_takes_none_away() {
    let platform = Platform::new();
    platform.grant("--preset viewer").success();
    platform.grant("").exits(2).says("Role nsaccess-viewer, which").says("--preset floor");
    platform.grant("--preset floor").success().says("replaced     RoleBinding");
    platform.grant("").success().prints("nothing to do");
}

#[test]
fn a_file_of_grants_is_for_its_account_and_is_not_written_over() {
    let platform = Platform::new();
    let file =
        "account: \"444455556666\"\ngrants:\n- {namespace: pay, to: 'permission-set:idp-ns-pay', preset: viewer}\n";
    platform.world.write("grants.yaml", file);
    platform.command("grant --from grants.yaml --yes").dir("").run().exits(2).says("for the account 444455556666");
    let render = "grant render --from grants.yaml --format manifests --out .";
    platform.world.nsaccess(render).dir("").run().exits(2).says("would be overwritten");
    assert_eq!(platform.world.read("grants.yaml"), file);
}

#[test]
fn a_no_changes_nothing() {
    let platform = Platform::new();
    let before = cluster_state(&platform);
    let words = format!("grant {NAMESPACE} --to permission-set:{PERMISSION_SET}");
    let (_running, mut person) = platform.command(&words).on_terminal();
    person.sees("Make these changes?");
    person.types("n\r");
    assert!(person.sees_the_end().contains("nothing was changed"));
    assert_eq!(cluster_state(&platform), before);
}

#[test]
fn throttling_is_waited_out_and_a_failure_half_way_is_told_and_completed() {
    let platform = Platform::new();
    platform.control().throttle_next("CreateAccessEntry", 3);
    platform.control().throttle_next("DescribeAccessEntry", 2);
    platform.grant("").success();
    platform.revoke("").success();
    platform.control().deny_action("AdministratorAccess", "eks:CreateAccessEntry");
    platform.grant("").exits(4).says("2 of 3 changes were made").says("✗ failed       access entry");
    platform.control().allow_action("AdministratorAccess", "eks:CreateAccessEntry");
    let rest = platform.grant("").success();
    assert!(rest.stdout.contains("1 to create\n"), "{}", rest.transcript());
}

#[test]
fn what_aws_knows_late_is_waited_for() {
    let platform = Platform::new();
    platform.control().settings(|settings| settings.entry_delay_milliseconds = 1500);
    platform.grant("--policy AmazonEKSViewPolicy").success().says("Granted.");
    assert!(platform.control().calls("AssociateAccessPolicy") > 1);
}

#[test]
fn an_end_is_kept_and_taken_back_when_it_is_over() {
    let platform = Platform::new();
    platform.grant("--preset viewer --for 8h").success();
    platform.run("grant pay --to permission-set:idp-ns-idp-dev --policy AmazonEKSViewPolicy --for 1h --yes").success();
    platform.run("revoke --expired --yes").success().prints("no expired grants");
    let binding = platform.control();
    let until = |at: &str| {
        let mut found = None;
        binding.edit_cluster(CLUSTER, |cluster| {
            for entry in &mut cluster.access_entries {
                for value in entry.tags.values_mut().filter(|value| value.contains(" until ")) {
                    let label = value.split(" until ").next().expect("a label").to_owned();
                    *value = format!("{label} until {at}");
                    found = Some(());
                }
            }
        });
        found
    };
    assert_eq!(until("2026-01-01T00:00:00Z"), Some(()));
    platform.run("revoke --expired --dry-run").success().prints("policy: AmazonEKSViewPolicy");
    let done = platform.run("revoke --expired --yes").success();
    assert!(done.stdout.contains("idp-ns-idp-dev") && done.stdout.contains("- policy"), "{}", done.transcript());
}

#[test]
fn a_file_of_grants_is_one_plan() {
    let platform = Platform::new();
    let file = "via: access-entry\ngrants:\n- namespaces: [pay, idp-dev]\n  to: permission-set:idp-ns-pay\n  preset: viewer\n\
        - namespace: shop-dev\n  to: [permission-set:idp-ns-pay, permission-set:ReadOnly]\n  policy: AmazonEKSViewPolicy\n";
    platform.world.write("grants.yaml", file);
    let done = platform.command("grant --from grants.yaml --yes").dir("").run().success();
    assert!(done.stdout.contains("4 grants in idp-nonprod-1"), "{}", done.transcript());
    platform.command("grant --from grants.yaml --yes").dir("").run().success().prints("nothing to do");
    assert!(platform.control().object(CLUSTER, "Role", "idp-dev", "nsaccess-viewer").is_some());
    platform.world.write("wrong.yaml", "grants:\n- namespace: pay\n  too: x\n");
    platform.command("grant --from wrong.yaml --yes").dir("").run().exits(2).says("line 3").one_error();
}

#[test]
fn presets_have_names() {
    let world = World::new();
    let names = world.run("grant --presets -o name").success();
    let listed = world.run("grant --presets -o json").success().json();
    let listed: Vec<&str> =
        listed.as_array().expect("a list").iter().filter_map(|row| row["preset"].as_str()).collect();
    assert!(listed.len() > 2, "{listed:?}");
    assert_eq!(names.stdout.lines().collect::<Vec<_>>(), listed);
    world.run("grant --presets viewer -o name").exits(2).one_error().says("-o name is for verbs that list things");
}
