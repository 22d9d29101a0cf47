//! `logs --condition`: only of pods with a condition, and while they have it.

use sandbox::Container;
use serde_json::json;

use crate::support::World;
use crate::support::forward::{CLUSTER, NAMESPACE, world_with};
use crate::support::logs::{ALL, Follow, LOG, SEEN, container, write, write_at};

/// A pod of an application of its own, ready or not since a certain moment.
fn put(world: &World, name: &str, ready: bool, since: &str) {
    let mut pod = sandbox::objects::pod(NAMESPACE, name, "shop", ready);
    for condition in pod["status"]["conditions"].as_array_mut().expect("conditions") {
        condition["lastTransitionTime"] = json!(since);
    }
    assert!(world.control().apply(CLUSTER, pod));
}

const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// Two pods of an application, of which the second is not ready.
fn world() -> World {
    let world = world_with(ALL);
    for (name, ready) in [("shop-a", true), ("shop-b", false)] {
        put(&world, name, ready, LONG_AGO);
        write(&world, name, &format!("{name} speaks\n"));
    }
    world
}

#[test]
fn only_pods_with_the_condition_are_read() {
    let world = world();
    let of = |words: &str| world.run(&format!("logs -l app=shop {words}")).success();
    assert_eq!(of("--condition Ready").stdout.lines().last(), Some("shop-a speaks"));
    let unready = of("--condition ready=FALSE --prefix");
    assert!(unready.stdout.contains("[shop-b/shop] shop-b speaks") && !unready.stdout.contains("shop-a"));
    assert_eq!(of("--condition PodScheduled").stdout.lines().filter(|line| line.ends_with("speaks")).count(), 2);
    let none = of("--condition PodScheduled=false");
    assert_eq!(none.stdout, "");
    none.says("no pods with labels app=shop with condition PodScheduled=false found in namespace \"idp-dev\"");
    let named = world.run("logs shop-b --condition Ready").success();
    named.says("no pods named \"shop-b\" with condition Ready=true found");
}

#[test]
fn pods_that_come_to_have_it_are_added_and_those_that_lose_it_dropped() {
    let world = world();
    let follow = Follow::start(&world, "-f -l app=shop --condition Ready");
    follow.says("following 1 pod with labels app=shop with condition Ready=true\n");
    follow.shows("[shop-a/shop] shop-a speaks");
    // What it wrote before it was ready is not of a ready pod.
    write_at(&world, "shop-b", (0, 0), "before\n");
    write_at(&world, "shop-b", (10, 0), "after\n");
    put(&world, "shop-b", true, "2026-11-18T11:06:45Z");
    follow.says("pod \"shop-b\" added: Ready is true\n");
    follow.shows("[shop-b/shop] after");
    assert!(!follow.out().contains("before"), "{}", follow.story());
    put(&world, "shop-a", false, LONG_AGO);
    follow.says("pod \"shop-a\" dropped: Ready is false\n");
    write(&world, "shop-a", "nobody hears this\n");
    write(&world, "shop-b", "this is heard\n");
    follow.shows("[shop-b/shop] this is heard");
    put(&world, "shop-a", true, "2126-01-01T00:00:00Z");
    follow.says("pod \"shop-a\" added: Ready is true\n");
    assert!(!follow.out().contains("nobody hears this"), "{}", follow.story());
    assert_eq!(follow.interrupted(), Some(130));
}

#[test]
fn a_named_pod_is_waited_for_and_read_to_its_end() {
    let world = world_with(SEEN);
    let pod = sandbox::objects::pod_name("migrate", 0);
    let of = |name| Container { name, ..container(&pod) };
    let mut follow = Follow::start(&world, &format!("-f {pod} --condition Ready=false"));
    follow.says(&format!("no pods named \"{pod}\" with condition Ready=false yet; waiting for the first\n"));
    follow.says("polling every 2s (pods by name are not watched)");
    assert!(follow.runs());
    // It has ended: nothing of it will come to have the condition.
    assert!(world.control().end_container(of(""), 0));
    assert_eq!(follow.ends(), Some(0), "{}", follow.story());
    follow.says(&format!("pod \"{pod}\" added: Ready is false\n"));
}

#[test]
fn pods_that_may_not_be_seen_are_refused_with_the_rule() {
    let world = world_with(&[LOG]);
    for words in ["logs web-0 --condition Ready", "logs -f web-0 --condition Ready"] {
        world
            .run(words)
            .exits(4)
            .one_error()
            .says("error: not allowed to see the conditions of pod \"web-0\"")
            .says("{apiGroups: [\"\"], resources: [\"pods\"], verbs: [get]}")
            .says("try: nsaccess logs web-0   # without --condition");
    }
}

#[test]
fn what_is_no_condition_is_a_mistake() {
    let world = world_with(SEEN);
    for condition in ["Ready=maybe", "=true", "''"] {
        world.run(&format!("logs web-0 --condition {condition}")).exits(2).one_error().says("invalid condition");
    }
}
