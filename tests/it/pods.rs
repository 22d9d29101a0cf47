//! `pods` with the least role: by name, and with the rule for everything else.

use crate::support::forward::{CLUSTER, NAMESPACE, world_with};
use crate::support::logs::ALL;
use crate::support::{Follow, World};

#[test]
fn pods_are_seen_by_name_and_a_list_is_refused_with_its_rule() {
    let world = World::signed_in();
    let json = world.run("pods web-1 pod/web-0 -o json").success().json();
    assert_eq!((&json[0]["name"], &json[1]["status"]), (&"web-0".into(), &"Running".into()));
    world.run("pods").exits(4).one_error().says("verbs: [list]").says("nsaccess pods NAME");
    world.run("pods web-0 nope").exits(5).says("pod \"nope\" not found in namespace \"idp-dev\"");
    world.run("pods ../x").exits(2).one_error();
}

#[test]
fn a_namespace_in_the_place_of_a_pod_is_moved_behind_its_flag() {
    let world = World::signed_in();
    world.run("list").success();
    world
        .run("pods idp-test")
        .exits(5)
        .one_error()
        .says("try: nsaccess pods -n idp-test   # idp-test is a namespace\n");
    world.run("pods nope").exits(5).says_not("is a namespace");
}

#[test]
fn five_columns_fit_eighty_and_more_are_wide() {
    let world = world_with(ALL);
    let narrow = world.run("pods").success().stdout.clone();
    assert_eq!(
        narrow.lines().next().map(|line| line.split_whitespace().collect::<Vec<_>>()),
        Some(vec!["NAME", "READY", "STATUS", "RESTARTS", "AGE"])
    );
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    let wide = world.run("pods web-0 -o wide").success().stdout.clone();
    let mut lines = wide.lines();
    assert!(lines.next().is_some_and(|line| line.contains("AGE  IP") && line.ends_with("OWNER")), "{wide}");
    assert!(lines.next().is_some_and(|line| line.contains("ip-10-20-31-7") && line.ends_with("  -")), "{wide}");
    assert_eq!(world.run("pods web-1 web-0 -o name").success().stdout, "pod/web-0\npod/web-1\n");
}

#[test]
fn a_document_has_seconds_and_null_for_nothing() {
    let world = world_with(ALL);
    let json = world.run("pods web-0 -o json").success().json();
    assert_eq!(json[0]["created_at"], "2026-10-05T08:12:44Z");
    assert_eq!(json[0]["last_restart_at"], serde_json::Value::Null);
    assert_eq!(json[0]["owner"], serde_json::Value::Null);
    assert!(json[0]["ip"].as_str().is_some_and(|ip| ip.starts_with("10.20.")));
}

#[test]
fn changes_are_lines_below_each_other() {
    let world = world_with(ALL);
    let table = Follow::of(&world, "pods -w -l app=web");
    let events = Follow::of(&world, "pods -w -l app=web -o json");
    let names = Follow::of(&world, "pods -w -l app=web -o name");
    let width = "web-1".len().max(20) + 2;
    table.wait_for("three lines", |out| out.lines().count() == 3);
    names.wait_for("two names", |out| out == "pod/web-0\npod/web-1\n");
    events.wait_for("two pods", |out| out.matches("\"present\"").count() == 2);
    assert!(world.control().delete_pod(CLUSTER, NAMESPACE, "web-1", std::time::Duration::ZERO));
    table.wait_for("the end of a pod", |out| out.contains("Deleted"));
    for (line, cell) in table.out().lines().zip(["READY", "1/1", "1/1"]) {
        assert_eq!(line.find(cell), Some(width), "{}", table.story());
    }
    events.wait_for("the end of a pod", |out| out.lines().any(|line| line.contains("deleted")));
    let out = events.out();
    let first: serde_json::Value = serde_json::from_str(out.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["event"], &first["name"]), (&"present".into(), &"web-0".into()));
}
