//! `doctor` as a whole: its forms, its exit codes, and what it leaves out.

use crate::support::doctor::{examine, is_repaired_by_its_try};
use crate::support::world::interrupt;
use crate::support::{Files, World, transcripts, until};

#[test]
fn a_check_that_is_none_is_refused() {
    World::new().run("doctor idp-dev --only machine.flux").exits(2).says("nsaccess doctor --list").one_error();
}

#[test]
fn other_verbs_name_doctor_where_it_knows_more() {
    let world = World::signed_in();
    let control = world.control();
    assert!(control.set_access_entries("idp-nonprod-1", Vec::new()), "the cluster is there");
    world.run("whoami -n idp-dev").exits(4).says("try: nsaccess doctor idp-dev").one_error();
    world.run("pods").exits(4).says("try: nsaccess doctor\n");
    assert!(control.reachable("kube:idp-nonprod-1", false), "the cluster is there");
    world.run("can-i -n idp-dev").exits(6).says("try: nsaccess doctor idp-dev");
    // Where one command is the answer, doctor would only repeat it.
    control.end_session();
    world.run("list --refresh").exits(3).says_not("nsaccess doctor");
}

#[test]
fn without_a_namespace_what_is_asked_of_one_is_skipped() {
    let world = World::new();
    let report = world.run("doctor -o json --offline").success().json();
    let rows = report["checks"].as_array().expect("checks");
    let context = rows.iter().find(|row| row["id"] == "kubectl.context").expect("the row");
    assert_eq!(
        (context["result"].as_str(), context["message"].as_str()),
        (Some("skipped"), Some("no namespace specified"))
    );
    assert_eq!(report["namespace"], serde_json::Value::Null);
    world.run("doctor Not_One").exits(2).one_error();
}

#[test]
fn a_clean_set_up_is_told_in_one_line_a_check() {
    let world = World::signed_in();
    examine(&world, "").is_well();
    let said = world.run("doctor idp-dev").success();
    assert!(
        said.stdout.ends_with("skipped)\n") && said.stdout.contains("idp-dev: no problems found ("),
        "{}",
        said.stdout
    );
    assert!(!said.stdout.contains("try:") && !said.stdout.contains("because:"), "{}", said.stdout);
    assert_eq!(said.stderr, "");
    assert!(world.run("doctor idp-dev -v").success().stdout.contains("  · "));
    // What it looks at it leaves as it was.
    let files = || [".aws", ".kube", ".config"].map(|folder| Files::below(&world.path(folder)));
    let before = files();
    let _ = world.run("doctor idp-dev").success();
    assert!(files() == before, "a file has changed");
}

#[test]
fn a_session_that_is_over_is_the_one_failure() {
    let world = World::signed_in();
    world.control().end_session();
    let examined = examine(&world, "--only grant.assignment,cluster.described");
    let row = examined.finds_only("grant.session-over", "fail");
    assert_eq!(row["try"][0], "nsaccess login idp-dev");
    assert_eq!(examined.row("cluster.described")["because_of"], "grant.session-over");
    let said = world.run("doctor idp-dev --skip kubectl.plugin").exits(1);
    assert!(
        said.stdout.contains("✗ session token      the portal no longer accepts the session  [session.refused]"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.ends_with("try: nsaccess login idp-dev\n"), "{}", said.stdout);
    is_repaired_by_its_try(&world, "--only session,grant", "session.refused", "fail");
}

#[test]
fn fix_signs_in_and_reports_what_is_then() {
    let world = World::signed_in();
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    let said = world.run("doctor idp-dev --fix --only session,grant -o json").success();
    let report = said.json();
    assert_eq!(report["result"], "ok");
    assert_eq!(report["repaired"][0]["id"], "session.missing");
    assert_eq!(report["repaired"][0]["command"], "nsaccess login idp-dev --no-switch");
    assert!(said.stderr.contains("fixing session.missing: nsaccess login idp-dev --no-switch"), "{}", said.stderr);
}

#[test]
fn fix_claims_nothing_that_it_did_not_do() {
    let world = World::signed_in();
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    assert!(world.control().reachable("oidc", false), "it is there");
    let report = world.run("doctor idp-dev --fix --only session -o json").exits(1).json();
    assert_eq!(report["result"], "fail");
    assert!(report["repaired"][0]["error"].as_str().is_some_and(|error| !error.is_empty()), "{report:#}");
}

#[test]
fn warnings_count_with_strict_only() {
    let mut world = World::signed_in();
    world.set("AWS_PROFILE", "other");
    examine(&world, "--only environment").finds_only("environment.missing-profile", "warn");
    let _ = world.run("doctor idp-dev --only environment").exits(0);
    let _ = world.run("doctor idp-dev --only environment --strict").exits(1);
}

#[test]
fn nothing_is_called_offline() {
    let world = World::signed_in();
    let report = world.run("doctor idp-dev --offline -o json").success().json();
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    let rows = report["checks"].as_array().expect("checks");
    let described = rows.iter().find(|row| row["id"] == "cluster.described").expect("the row");
    assert_eq!(
        (described["result"].as_str(), described["message"].as_str()),
        (Some("skipped"), Some("not run with --offline"))
    );
}

#[test]
fn one_document_comes_after_ctrl_c_too() {
    let world = World::signed_in();
    world.control().fail_next("DescribeCluster", 1, sandbox::FaultKind::Hold);
    let running = world.nsaccess("doctor idp-dev -o yaml").in_own_group().spawn();
    until("the question to EKS", || (world.control().held_answers() > 0).then_some(()));
    interrupt(&running);
    let said = running.finish().exits(130);
    let report: serde_json::Value = serde_saphyr::from_str(&said.stdout).expect("one document");
    let rows = report["checks"].as_array().expect("checks");
    let result = |id: &str| rows.iter().find(|row| row["id"] == id).expect("the row")["result"].clone();
    assert_eq!((result("cluster.described"), result("grant.identity")), ("unknown".into(), "ok".into()));
    assert_eq!(report["namespace"], "idp-dev");
}

#[test]
fn what_does_not_answer_is_unknown_with_its_host() {
    let world = World::signed_in();
    world.control().fail_next("GetRoleCredentials", 9, sandbox::FaultKind::Hang);
    let examined = examine(&world, "--only grant");
    let row = examined.finds_only("grant.timeout", "unknown");
    assert!(row["message"].as_str().is_some_and(|text| text.ends_with("did not respond within 5 seconds")), "{row:#}");
}

#[test]
fn wait_goes_on_until_the_grant_is_there() {
    let world = World::signed_in();
    let control = world.control();
    let account = "111122223333";
    control.remove_account(account);
    let (mut running, before) = (world.nsaccess("doctor idp-dev --wait --only grant -o json").spawn(), 2);
    until("two looks", || (control.calls("GetRoleCredentials") >= before).then_some(()));
    control.put_account(sandbox::World::default().accounts.into_iter().find(|own| own.id == account).expect("it"));
    assert!(!running.has_ended(), "it waits");
    assert_eq!(running.finish().success().json()["result"], "ok");
}

#[test]
fn wait_does_not_wait_for_what_cannot_come() {
    let world = World::signed_in();
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    let report = world.run("doctor idp-dev --wait --only session.token -o json").exits(1).json();
    assert_eq!(report["checks"][0]["id"], "session.missing");
}

#[test]
fn a_shared_report_names_no_person_and_no_key() {
    let world = World::signed_in();
    let said = world.run("doctor idp-dev --report report.md").success();
    assert!(said.stderr.contains("report.md"), "{}", said.stderr);
    let report = world.read("report.md");
    assert_eq!(world.mode("report.md"), 0o600);
    for private in ["ada", "example.com", &world.home().display().to_string(), "ASIA"] {
        assert!(!report.contains(private), "{private} is in\n{report}");
    }
    assert!(report.contains("assumed-role/AWSReservedSSO_idp-ns-idp-dev_") && report.contains("‹…›"), "{report}");
    assert!(
        report.contains("- **ok** `grant.assignment`") && report.contains("idp-ns-idp-dev in account 111122223333"),
        "{report}"
    );
    for secret in world.secrets() {
        assert!(!report.contains(&secret), "{report}");
    }
}

/// What cannot be produced here, and why. Unit tests judge made facts.
const NOT_PRODUCED: &[(&str, &str)] = &[
    ("cluster.name-timeout", "the system's resolver would have to be silent"),
    ("cluster.other-authority", "a certificate without an issuer's name"),
];

#[test]
fn every_finding_is_produced_by_a_test() {
    let catalogue = World::new().run("doctor --list -o json").success().json();
    let ids: Vec<&str> =
        catalogue["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["id"].as_str()).collect();
    assert!(ids.len() >= 50, "only {} findings", ids.len());
    let is_told = |id: &&str| transcripts::file(id).exists();
    let missing: Vec<&str> = ids.iter().copied().filter(|id| !is_told(id)).collect();
    let excused: Vec<&str> = NOT_PRODUCED.iter().map(|(id, _)| *id).collect();
    assert_eq!(missing, excused, "a test produces each finding, and its words stand in tests/it/data/findings");
    let folder = transcripts::file("x");
    let files = std::fs::read_dir(folder.parent().expect("a folder")).expect("the folder");
    let stale = files.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let stale: Vec<String> = stale.filter(|name| !ids.contains(&name.trim_end_matches(".txt"))).collect();
    assert!(stale.is_empty(), "no such finding: {stale:?}");
}

#[test]
fn fix_leaves_the_current_context_as_it_is() {
    let world = World::signed_in();
    let config = world.read(".kube/config").replace("current-context: idp-ns-idp-dev", "current-context: other");
    world.write(".kube/config", config);
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    let _ = world.run("doctor idp-dev --fix --only session").success();
    assert!(world.read(".kube/config").contains("current-context: other"), "{}", world.read(".kube/config"));
    world.run("doctor idp-dev --fix --offline").exits(2).one_error();
}

#[test]
fn skip_hides_a_check_and_makes_it_for_those_that_need_it() {
    let world = World::signed_in();
    let report = world.run("doctor idp-dev --skip machine,session -o json").success().json();
    let rows = report["checks"].as_array().expect("checks");
    assert!(rows.iter().all(|row| !row["check"].as_str().expect("an id").starts_with("session.")), "{report:#}");
    let described = rows.iter().find(|row| row["id"] == "cluster.described").expect("the row");
    assert_eq!(described["result"], "ok");
}

#[test]
fn the_lists_have_names() {
    let world = World::new();
    for (verb, id) in [("doctor", "machine.clock"), ("audit", "aws-auth.broken")] {
        let names = world.run(&format!("{verb} --list -o name")).success();
        assert!(names.stdout.lines().any(|line| line == id), "{}", names.stdout);
    }
}

#[test]
fn a_report_overwrites_reports_only() {
    let world = World::signed_in();
    world.write("important.txt", "precious\n");
    world.run("doctor idp-dev --only session --report important.txt").exits(2).one_error();
    assert_eq!(world.read("important.txt"), "precious\n");
    world.run("doctor idp-dev --only session --report none/x.md").exits(2).one_error();
    for _ in 0..2 {
        let _ = world.run("doctor idp-dev --only session --report report.md").success();
    }
}

#[test]
fn what_is_skipped_for_one_reason_is_told_once() {
    let world = World::signed_in();
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    let said = world.run("doctor idp-dev --only session,grant").exits(1);
    assert!(said.stdout.contains("- 3 checks           skipped: depends on session.missing\n"), "{}", said.stdout);
    let all = world.run("doctor idp-dev --only session,grant -v").exits(1);
    assert!(all.stdout.contains("- role               skipped: depends on session.missing\n"), "{}", all.stdout);
    let quiet = world.run("doctor idp-dev --only session,grant -q").exits(1);
    assert!(!quiet.stdout.contains("✓") && !quiet.stdout.contains("skipped: "), "{}", quiet.stdout);
}
