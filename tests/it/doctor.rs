//! `doctor` as a whole: its forms, its exit codes, and what it leaves out.

use crate::support::World;

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
        (Some("skipped"), Some("no namespace is named"))
    );
    assert_eq!(report["namespace"], serde_json::Value::Null);
    world.run("doctor Not_One").exits(2).one_error();
}
