//! `port-forward svc/x`: every kind of service, found with every set of rights that suffices.

use std::io::{BufRead, BufReader};

use crate::support::forward::{CREATE, FLOOR, NAMESPACE, WIDE, world_with};
use crate::support::{Forward, World};

/// The floor and one right more.
fn floor_and(more: &[(&'static str, &'static str, &'static str)]) -> World {
    world_with(&[FLOOR, more].concat())
}

/// A pod of this workload answers.
#[track_caller]
fn answers(world: &World, words: &str, pod: &str) {
    let forward = Forward::start(world, words, 1);
    let name = forward.body("/name");
    assert!(name.starts_with(pod), "{words} leads to {name}");
    assert_eq!(forward.errors(), Vec::<String>::new());
}

#[test]
fn ports_are_those_of_the_service() {
    let world = world_with(WIDE);
    answers(&world, "svc/api :http", "api-");
    answers(&world, "svc/api :80", "api-");
    answers(&world, "svc/api-numeric :8000", "api-");
    answers(&world, "svc/api-headless :8080", "api-");
    answers(&world, "svc/web :http", "web-");
    answers(&world, "deploy/api :http", "api-");
    answers(&world, "sts/db :stats", "db-");
}

#[test]
fn any_one_right_finds_the_pods() {
    for right in [("discovery.k8s.io", "endpointslices", "list"), ("", "pods", "list"), ("", "endpoints", "get")] {
        let world = floor_and(&[right]);
        for words in ["svc/api :http", "svc/api-numeric :8000", "svc/api-headless :8080"] {
            answers(&world, words, "api-");
        }
    }
}

#[test]
fn endpoints_without_the_right_to_see_pods_are_enough() {
    for right in [("discovery.k8s.io", "endpointslices", "list"), ("", "endpoints", "get")] {
        let world = world_with(&[("", "services", "get"), CREATE, right]);
        for words in ["svc/api :http", "svc/api-numeric :8000", "svc/manual :80"] {
            let forward = Forward::start(&world, words, 1);
            forward.body("/name");
        }
    }
}

#[test]
fn all_ports_of_a_service_come_up_when_none_is_named() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "svc/api-two", 2);
    let remotes: Vec<_> = forward.events("ready").iter().map(|event| event["remote"].clone()).collect();
    assert_eq!(remotes, ["80", "81"]);
    for (index, port) in [(0, 8080), (1, 8081)] {
        let told = crate::support::forward::request(forward.port(index), "/").expect("an answer");
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!((&told["port"], &told["namespace"]), (&port.into(), &NAMESPACE.into()));
    }
    let both = Forward::start(&world, "svc/api :http svc/db :sql", 2);
    both.body("/name");
    let mut line = String::new();
    BufReader::new(both.connect(1)).read_line(&mut line).expect("a banner");
    assert!(line.starts_with("220 db-"), "{line}");
}

#[test]
fn the_floor_finds_the_first_pod_of_a_set() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "svc/db :sql", 1);
    let mut line = String::new();
    BufReader::new(forward.connect(0)).read_line(&mut line).expect("a banner");
    assert_eq!(line, "220 db-0 ready\r\n");
    answers(&world, "sts/db :stats", "db-0");
    answers(&world, "svc/web :80", "web-0");
}

#[test]
fn a_set_that_may_not_be_seen_is_known_by_its_pods_owner() {
    let world = world_with(&[("", "pods", "list"), CREATE]);
    answers(&world, "sts/db :stats", "db-");
    world
        .run("port-forward sts/nobody :80")
        .exits(4)
        .one_error()
        .says("not allowed to get the pods of statefulset \"nobody\"");
}

#[test]
fn no_way_to_the_pods_is_denied_with_the_rule() {
    let world = world_with(FLOOR);
    world
        .run("port-forward svc/api :http")
        .exits(4)
        .one_error()
        .says("error: not allowed to find the pods of service \"api\"")
        .says("try: nsaccess port-forward pod/POD PORT")
        .says("resources: [\"endpoints\"], verbs: [get]");
    world
        .run("port-forward deploy/api :http")
        .exits(4)
        .one_error()
        .says("apiGroups: [\"apps\"]")
        .says("\"deployments\"");
    let world = world_with(&[("", "pods", "get"), CREATE]);
    world
        .run("port-forward svc/api :http")
        .exits(4)
        .one_error()
        .says("resources: [\"services\"], verbs: [get]")
        .says("try: nsaccess can-i get services -n idp-dev\n");
}

#[test]
fn what_has_no_pods_is_refused_with_the_reason() {
    let world = world_with(WIDE);
    let refused = |words: &str, code: i32, says: &[&str]| {
        let ended = world.run(&format!("port-forward {words}")).exits(code).one_error();
        says.iter().fold(ended, |ended, words| ended.says(words));
    };
    refused("svc/elsewhere :443", 1, &["it points to db.example.com", "ExternalName"]);
    refused("svc/outside :5432", 1, &["svc/outside".trim_start_matches("svc/"), "no selector"]);
    refused("svc/dns :53", 1, &["UDP"]);
    refused("svc/dns", 2, &["service \"dns\" declares no TCP port"]);
    refused("svc/empty :80 --wait 0s", 6, &["no pod of service \"empty\" is ready"]);
    refused(
        "svc/nothing :80",
        5,
        &["service \"nothing\" not found in namespace \"idp-dev\"", "try: nsaccess can-i list services -n idp-dev\n"],
    );
    refused("deploy/nothing :80", 5, &["deployment \"nothing\" not found in namespace \"idp-dev\""]);
    refused("sts/nothing :80", 5, &["statefulset \"nothing\" not found in namespace \"idp-dev\""]);
    refused("svc/api :nope", 5, &["no port named \"nope\"", "its ports are 80 (http)"]);
    refused("svc/api :81", 5, &["service \"api\" has no port 81", "try: nsaccess port-forward svc/api "]);
    refused("web-0 :nope", 5, &["its ports are http (8080)"]);
    refused("web-o :80", 5, &["did you mean pod \"web-0\"?", "try: nsaccess port-forward pod/web-0\n"]);
}

#[test]
fn a_service_without_a_selector_that_leads_to_a_pod_works() {
    answers(&world_with(WIDE), "svc/manual :80", "servers");
    answers(&floor_and(&[("", "endpoints", "get")]), "svc/manual :http", "servers");
}

#[test]
fn a_pod_that_is_not_ready_is_better_than_none_at_the_end_of_the_wait() {
    answers(&world_with(WIDE), "svc/broken :80 --wait 1s", "broken-0");
    answers(&world_with(FLOOR), "pod/broken-0 :8080", "broken-0");
}
