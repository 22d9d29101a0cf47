//! `port-forward` with each role and each server version: what works by which transport, and what is said otherwise.

use sandbox::{Fault, FaultKind};

use crate::support::forward::{CREATE, FLOOR, GET, WIDE, grant, server_version, world_with};
use crate::support::{Forward, World};

const BOTH: &[(&str, &str, &str)] = &[CREATE, GET];

/// Starts a forward to `web-0`, has a request answered, and tells the transport.
#[track_caller]
fn transport(world: &World) -> String {
    let forward = Forward::start(world, "pod/web-0 :8080", 1);
    assert_eq!(forward.body("/name"), "web-0\n");
    assert_eq!(forward.errors(), Vec::<String>::new());
    forward.events("ready")[0]["transport"].as_str().expect("a transport").to_owned()
}

#[test]
fn create_alone_is_enough_on_every_server() {
    let world = world_with(&[CREATE]);
    for version in ["1.28", "1.33", "1.35", "1.37"] {
        server_version(&world, version);
        assert_eq!(transport(&world), "spdy", "{version}");
    }
    grant(&world, FLOOR);
    assert_eq!(transport(&world), "spdy");
}

#[test]
fn get_alone_is_enough_up_to_1_34() {
    let world = world_with(&[GET]);
    for version in ["1.33", "1.34"] {
        server_version(&world, version);
        assert_eq!(transport(&world), "websocket", "{version}");
    }
    let sessions = world.control().traffic().sessions;
    assert!(sessions.contains_key("websocket") && !sessions.contains_key("spdy"), "{sessions:?}");
}

#[test]
fn get_alone_is_denied_from_1_35_on_with_both_reasons_and_the_rule() {
    let world = world_with(&[GET]);
    for version in ["1.35", "1.36"] {
        server_version(&world, version);
        world
            .run("port-forward pod/web-0 :8080")
            .exits(4)
            .one_error()
            .says("because: create (SPDY): ")
            .says("because: get (WebSocket): ")
            .says("cannot create resource \"pods/portforward\"")
            .says("resources: [\"pods/portforward\"], verbs: [get, create]");
    }
}

#[test]
fn neither_is_denied_and_both_work() {
    let world = world_with(&[("", "pods", "get")]);
    world
        .run("port-forward pod/web-0 :8080")
        .exits(4)
        .one_error()
        .says("error: not allowed to port-forward in namespace \"idp-dev\"")
        .says("cannot create resource \"pods/portforward\"")
        .says("cannot get resource \"pods/portforward\"");
    grant(&world, BOTH);
    for version in ["1.30", "1.36"] {
        server_version(&world, version);
        assert_eq!(transport(&world), "spdy", "{version}");
    }
}

fn refuses(world: &World, operation: &str) {
    let kind = FaultKind::Body { status: 400, content_type: "text/plain".to_owned(), body: "Bad Request\n".to_owned() };
    world.control().fault(Fault { service: "*".to_owned(), operation: operation.to_owned(), times: None, kind });
}

#[test]
fn a_transport_that_the_way_does_not_let_through_is_replaced_by_the_other_at_any_time() {
    let world = world_with(BOTH);
    refuses(&world, "create pods/portforward");
    let forward = Forward::start(&world, "pod/web-0 :8080", 1);
    assert_eq!(forward.events("ready")[0]["transport"], "websocket");
    assert_eq!(forward.body("/name"), "web-0\n");
    world.control().clear_faults();
    // As a server before 1.30 answers the tunnel.
    refuses(&world, "get pods/portforward");
    world.control().cut_forwards();
    crate::support::until("SPDY", || {
        let _ = forward.try_body("/name");
        world.control().traffic().sessions.contains_key("spdy").then_some(())
    });
    assert_eq!(forward.body("/name"), "web-0\n");
    assert!(forward.errors().iter().all(|error| error.contains(" broke: ")), "{}", forward.story());
}

#[test]
fn both_transports_refused_is_one_error_in_the_servers_words() {
    let world = world_with(BOTH);
    refuses(&world, "create pods/portforward");
    refuses(&world, "get pods/portforward");
    world.run("port-forward pod/web-0 :8080").exits(6).one_error().says("400: Bad Request");
}

#[test]
fn garbage_instead_of_an_upgrade_is_one_error() {
    let world = world_with(BOTH);
    for (kind, words) in [(FaultKind::Garbage, "200"), (FaultKind::CutBefore, "no answer")] {
        for operation in ["create pods/portforward", "get pods/portforward"] {
            let (service, operation, kind) = ("*".to_owned(), operation.to_owned(), kind.clone());
            world.control().fault(Fault { service, operation, times: None, kind });
        }
        world.run("port-forward pod/web-0 :8080").exits(6).one_error().says(words);
        world.control().clear_faults();
    }
}

#[test]
fn a_named_port_of_a_pod_that_may_not_be_seen_asks_for_its_number() {
    let world = world_with(&[CREATE]);
    world.run("port-forward pod/web-0 :http").exits(4).one_error().says("use its number").says("verbs: [get]");
    grant(&world, WIDE);
    let forward = Forward::start(&world, "pod/web-0 :http", 1);
    assert_eq!(forward.body("/name"), "web-0\n");
}
