//! `logs` as they are: what is printed of a container's log, and what is said when there is none.

use serde_json::json;

use crate::support::forward::{CLUSTER, NAMESPACE, world_with};
use crate::support::logs::{ALL, LOG, SEEN, container, restart, two, write, write_at};
use crate::support::{Follow, World, until};

#[test]
fn one_right_is_enough_for_a_pod_by_its_name() {
    let world = world_with(&[LOG]);
    write(&world, "web-0", "one\n\n  two \t\x1b[31mred\n");
    let expected = "web-0 starts\none\n\n  two \t\x1b[31mred\n";
    for words in ["logs web-0", "logs pod/web-0", "logs po/web-0 -c web"] {
        let output = world.run(words).success();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), (expected, ""), "{words}");
    }
    assert_eq!(world.control().calls("list pods"), 0);
}

#[test]
fn a_last_line_without_an_end_stays_without_one() {
    let world = world_with(&[LOG]);
    write(&world, "web-0", "panic: no line end");
    assert_eq!(world.run("logs web-0").success().stdout, "web-0 starts\npanic: no line end");
    assert_eq!(world.run("logs web-0 --prefix").success().stdout.lines().count(), 2);
    let both = world.run("logs web-0 web-1 --tail 1").success();
    assert_eq!(both.stdout, "[web-0] panic: no line end\n[web-1] web-1 starts\n");
}

#[test]
fn containers_are_the_first_the_named_or_all_whatever_may_be_seen() {
    for rights in [&[LOG][..], ALL] {
        let world = world_with(rights);
        two(&world, "two");
        let output =
            world.run("logs two").success().says("Defaulted container \"app\" out of: app, mesh, setup (init)\n");
        assert_eq!(output.stdout, "two starts\napp speaks\n");
        assert_eq!(world.run("logs two -c mesh").success().stdout, "two starts\nmesh speaks\n");
        assert_eq!(world.run("logs two -c setup").success().stdout, "two starts\nsetup speaks\n");
        let all = world.run("logs two --all-containers --tail 1").success().stdout.clone();
        let mut lines: Vec<&str> = all.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["[two/app] app speaks", "[two/mesh] mesh speaks", "[two/setup] setup speaks"]);
        let named = world.run("logs two -c mesh -c app --tail 1").success().stdout.clone();
        assert_eq!(named, "[two/mesh] mesh speaks\n[two/app] app speaks\n");
        world.run("logs two -c nope").exits(5).one_error().says("nope");
        world.run("logs two -f -c nope").exits(5).one_error().says("nope");
    }
}

#[test]
fn only_a_part_is_shown_by_lines_and_by_time() {
    let world = world_with(&[LOG]);
    let control = world.control();
    let now = control.now();
    let ago = |minutes: i64| jiff::Timestamp::from_second(now - minutes * 60).ok();
    for (minutes, text) in [(90, "long ago\n"), (20, "a while ago\n"), (0, "now\n")] {
        assert!(control.write_log(container("web-0"), ago(minutes), text));
    }
    let shown = |words: &str| world.run(&format!("logs web-0 {words}")).success().stdout.clone();
    assert_eq!(shown("--tail 2"), "a while ago\nnow\n");
    assert_eq!(shown("--tail 0"), "");
    assert_eq!(shown("--tail -1").lines().count(), 4);
    assert_eq!(shown("--since 30m"), "a while ago\nnow\n");
    assert_eq!(shown("--since 5m --tail 9"), "now\n");
    assert_eq!(shown("--since 2h"), "long ago\na while ago\nnow\n");
    let exactly = ago(20).expect("a time");
    assert_eq!(shown(&format!("--since-time {exactly}")), "a while ago\nnow\n");
    world.run("logs web-0 --since 1m --since-time 2026-01-01T00:00:00Z").exits(2);
}

#[test]
fn timestamps_are_the_servers_and_filters_do_not_see_them() {
    let world = world_with(&[LOG]);
    write_at(&world, "web-0", (0, 5), "ERROR one\n");
    write_at(&world, "web-0", (1, 120_000_000), "WARN two\nINFO 2026 healthz\n");
    let shown = |words: &str| world.run(&format!("logs web-0 {words}")).success().stdout.clone();
    let times = "2026-11-18T11:06:40.000000005Z ERROR one\n2026-11-18T11:06:41.120000000Z WARN two\n";
    assert_eq!(shown("--timestamps --include ERROR|WARN"), times);
    assert_eq!(shown("--include ERROR --include INFO"), "ERROR one\nINFO 2026 healthz\n");
    assert_eq!(shown("--exclude ERROR --exclude healthz"), "web-0 starts\nWARN two\n");
    assert_eq!(shown("--include ^2026"), "");
    assert_eq!(shown("--include R --exclude ^E"), "WARN two\n");
    let line: serde_json::Value = serde_json::from_str(shown("-o json --include WARN").trim_end()).expect("JSON");
    let expected = json!({"pod": "web-0", "container": null, "timestamp": "2026-11-18T11:06:41.120000000Z",
        "message": "WARN two", "whole": true});
    assert_eq!(line, expected);
}

#[test]
fn the_run_before_is_shown_and_missed_with_one_error() {
    let world = world_with(&[LOG]);
    world
        .run("logs web-0 -p")
        .exits(5)
        .one_error()
        .says("previous terminated container \"web\" in pod \"web-0\" not found")
        .says("try: nsaccess logs web-0   # the current log; the container has not restarted\n");
    world
        .run("logs web-0 -p -c web")
        .exits(5)
        .says("try: nsaccess logs web-0 -c web   # the current log; the container has not restarted\n");
    write(&world, "web-0", "panic: first\n");
    restart(&world, "web-0", 2);
    write(&world, "web-0", "second\n");
    assert_eq!(world.run("logs web-0 -p").success().stdout, "web-0 starts\npanic: first\n");
    assert_eq!(world.run("logs web-0 --previous --tail 1").success().stdout, "panic: first\n");
    assert_eq!(world.run("logs web-0").success().stdout, "web-0 starts\nsecond\n");
    // While it waits for its next start, the last run is both.
    assert!(world.control().end_container(container("web-0"), 1));
    assert!(world.control().back_off_container(container("web-0")));
    for words in ["logs web-0", "logs web-0 -p"] {
        assert_eq!(world.run(words).success().stdout, "web-0 starts\nsecond\n", "{words}");
    }
    world.run("logs web-0 -p -f").exits(2);
}

#[test]
fn what_cannot_be_read_is_one_error_with_its_code() {
    let world = World::signed_in();
    world
        .run("logs web-0")
        .exits(4)
        .one_error()
        .says(r#"resources: ["pods/log"], verbs: [get]"#)
        .says("try: nsaccess can-i get pods/log -n idp-dev\n");
    world.run("logs -f web-0").exits(4).one_error().says(r#"resources: ["pods/log"], verbs: [get]"#);
    for rights in [&[LOG][..], ALL] {
        let world = world_with(rights);
        world.run("logs nobody").exits(5).one_error().says("nobody");
        world.run("logs -f nobody").exits(5).one_error().says("nobody");
        for name in ["a/b", "pod/a/b", "../x", "web-0/log", "pod/", "nonsense/x"] {
            world.run(&format!("logs {name}")).exits(2).one_error();
        }
        let mut pod = sandbox::objects::pod(NAMESPACE, "new", "app", false);
        sandbox::objects::set_running(&mut pod, false);
        assert!(world.control().apply(CLUSTER, pod));
        world.run("logs new").exits(1).one_error().says("is waiting to start: ContainerCreating");
    }
    world.run("logs").exits(2);
    world.run("logs web-0 --since yesterday").exits(2).one_error();
    world.run("logs web-0 --include (").exits(2).one_error();
    world.run("logs web-0 -o yaml").exits(2);
}

#[test]
fn a_log_that_is_cut_again_and_again_is_whole_all_the_same() {
    let world = world_with(SEEN);
    let lines: Vec<String> = (0..4000).map(|number| format!("line {number}\n")).collect();
    for (second, lines) in lines.chunks(500).enumerate() {
        write_at(&world, "web-0", (second as i64, 1), &lines.concat());
    }
    let whole = format!("web-0 starts\n{}", lines.concat());
    world.control().fail_next("get pods/log", 3, sandbox::FaultKind::CutMidBody);
    world.control().fail_next("get pods/log", 1, sandbox::FaultKind::CutBefore);
    let output = world.run("logs web-0 -v").success().says("the log stream of pod \"web-0\" was interrupted");
    assert_eq!(output.stdout, whole);
    assert_eq!(world.control().calls("get pods/log"), 5);
    // Not for ever, and what came is shown.
    world.control().fail_next("get pods/log", 99, sandbox::FaultKind::CutMidBody);
    let output = world.run("logs web-0").exits(6).one_error().says("was interrupted and could not be resumed");
    assert!(output.stdout.starts_with("web-0 starts\nline 0\n") && whole.starts_with(&output.stdout));
}

#[test]
fn a_big_log_takes_no_more_memory_than_a_small_one() {
    let world = world_with(&[LOG]);
    // It follows, so that it is there to be measured when it has read everything.
    let follow = Follow::start(&world, "web-0 -f");
    follow.shows("web-0 starts");
    let before = follow.peak_memory();
    let (line, lines) = (format!("{}\n", "0123456789abcdef".repeat(16)), 200_000);
    write_at(&world, "web-0", (0, 1), &line.repeat(lines));
    until("all of it", || (follow.size() >= lines * line.len()).then_some(()));
    write(&world, "web-0", "the end\n");
    until("the end", || follow.out_ends_with("the end\n").then_some(()));
    assert_eq!(follow.size(), "web-0 starts\n".len() + lines * line.len() + "the end\n".len());
    if let (Some(before), Some(after)) = (before, follow.peak_memory()) {
        // 50 MB went through.
        assert!(after < before + 20 * 1024, "{before} KiB, then {after} KiB");
    }
}

#[test]
fn a_line_longer_than_any_buffer_is_one_line_and_whole() {
    let world = world_with(&[LOG]);
    let line = format!("x{}", "€".repeat(130_000));
    write(&world, "web-0", &format!("{line}END\nshort\n"));
    let shown = |words: &str| world.run(&format!("logs web-0 {words}")).success().stdout.clone();
    assert_eq!(shown("--tail 2"), format!("{line}END\nshort\n"));
    assert_eq!(shown("--tail 2 --prefix").lines().count(), 2);
    assert_eq!(shown("--include END"), format!("{line}END\n"));
    assert_eq!(shown("--tail 2 --exclude END"), "short\n");
    let json = shown("--tail 2 -o json");
    let first: serde_json::Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert_eq!((first["message"].as_str(), &first["whole"]), (Some(format!("{line}END").as_str()), &json!(true)));
    assert_eq!(json.lines().count(), 2);
}
