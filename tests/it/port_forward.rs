//! `port-forward` outlives what it leads to: pods that go, connections that are cut, credentials that end.

use std::io::Write;
use std::time::Duration;

use sandbox::Rollout;

use crate::support::forward::{CLUSTER, FLOOR, NAMESPACE, WIDE, connect, echoes, request, rest, world_with};
use crate::support::{Forward, World, until};

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(1500);

fn name(forward: &Forward) -> String {
    forward.body("/name").trim().to_owned()
}

#[track_caller]
fn delete(world: &World, pod: &str, grace: Duration) {
    assert!(world.control().delete_pod(CLUSTER, NAMESPACE, pod, grace), "{pod} is there");
}

#[track_caller]
fn scale(world: &World, kind: (&str, &str), count: usize) {
    assert!(world.control().scale(CLUSTER, NAMESPACE, kind, count, NOW));
}

#[test]
fn a_deleted_pod_is_followed_by_another_without_a_refused_connection() {
    for target in ["svc/api :http", "deploy/api :http"] {
        let world = world_with(WIDE);
        let forward = Forward::start(&world, target, 1);
        let first = name(&forward);
        delete(&world, &first, NOW);
        let second = until("another pod", || now(&forward).filter(|name| *name != first));
        let moved = forward.hears("moved");
        assert_eq!((&moved["from"], &moved["to"]), (&first.into(), &second.into()), "{}", forward.story());
        assert_eq!(forward.errors(), Vec::<String>::new());
    }
}

#[test]
fn a_pod_that_is_terminating_is_left_before_it_is_gone() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "svc/api :http", 1);
    let first = name(&forward);
    delete(&world, &first, Duration::from_secs(3600));
    until("another pod", || (name(&forward) != first).then_some(()));
    assert_eq!(forward.hears("moved")["from"], first);
    assert_eq!(forward.errors(), Vec::<String>::new());
}

#[test]
fn a_connection_that_is_open_when_its_pod_terminates_stays() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "deploy/api :http :echo", 2);
    let first = name(&forward);
    let mut long = forward.connect(1);
    echoes(&mut long, "before");
    delete(&world, &first, Duration::from_secs(3600));
    until("another pod", || (name(&forward) != first).then_some(()));
    echoes(&mut long, "after");
}

#[test]
fn a_rollout_under_requests_is_not_seen() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "deploy/api :http", 1);
    let first = name(&forward);
    let rollout = Rollout { ready_after: Duration::from_millis(200), grace: SOON, recreate: false };
    assert!(world.control().roll_out(CLUSTER, NAMESPACE, "api", rollout));
    let old = first.rsplit_once('-').expect("the name of a ReplicaSet").0.to_owned();
    // A request that a pod has taken dies with it, and nothing else does.
    let mut died = 0;
    until("a pod of the new ReplicaSet", || match forward.try_body("/name") {
        Ok(name) => (!name.starts_with(&old)).then_some(()),
        Err(_) => {
            died += 1;
            None
        }
    });
    let errors = forward.errors();
    assert!(died <= 4 && errors.iter().all(|error| error.contains(" broke: ")), "{died}\n{}", forward.story());
    forward.hears("moved");
}

#[test]
fn a_rollout_that_ends_all_pods_first_is_waited_for() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "svc/api :http", 1);
    let first = name(&forward);
    let rollout = Rollout { ready_after: Duration::from_millis(300), grace: NOW, recreate: true };
    assert!(world.control().roll_out(CLUSTER, NAMESPACE, "api", rollout));
    until("a new pod", || now(&forward).filter(|name| *name != first));
    assert_eq!(forward.errors(), Vec::<String>::new());
}

#[test]
fn nothing_is_there_for_a_while_and_connections_wait() {
    for target in ["svc/api :http", "deploy/api :http"] {
        let world = world_with(WIDE);
        let forward = Forward::start(&world, target, 1);
        name(&forward);
        scale(&world, ("Deployment", "api"), 0);
        let port = forward.port(0);
        let waiting = std::thread::spawn(move || request(port, "/name"));
        let lost = forward.hears("lost");
        assert!(lost["message"].as_str().is_some_and(|words| words.contains("waiting up to 30s")), "{lost}");
        scale(&world, ("Deployment", "api"), 2);
        let answer = waiting.join().expect("no panic").expect("an answer");
        assert!(answer.starts_with("api-"), "{answer}");
        assert_eq!(forward.errors(), Vec::<String>::new());
        assert_eq!(forward.events("lost").len(), 1, "{}", forward.story());
    }
}

#[test]
fn nothing_there_when_the_wait_is_over_is_a_reset_and_one_sentence() {
    let world = world_with(WIDE);
    let mut forward = Forward::start(&world, "svc/api :http --wait 1s", 1);
    name(&forward);
    scale(&world, ("Deployment", "api"), 0);
    // A request that a pod has taken ends as the pod ends it; those after it are reset.
    let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
    until("a reset", || forward.try_body("/name").err().filter(reset));
    forward.hears_error("no pod of service \"api\" is ready");
    assert!(forward.runs());
    scale(&world, ("Deployment", "api"), 1);
    until("the pod's return", || forward.try_body("/name").ok());
}

#[test]
fn a_pod_that_is_replaced_under_its_own_name_is_found_again() {
    for target in ["pod/db-0 :stats", "sts/db :stats"] {
        let world = world_with(FLOOR);
        let forward = Forward::start(&world, target, 1);
        assert_eq!(name(&forward), "db-0");
        delete(&world, "db-0", NOW);
        until("the new pod", || now(&forward));
        for _ in 0..5 {
            let name = name(&forward);
            assert!(name == "db-0" || target.starts_with("sts") && name == "db-1", "{name}");
        }
        assert_eq!(forward.errors(), Vec::<String>::new());
    }
}

#[test]
fn a_pod_that_cannot_be_seen_and_is_replaced_is_found_again() {
    let world = world_with(&[crate::support::forward::CREATE]);
    let forward = Forward::start(&world, "pod/db-0 :8080", 1);
    assert_eq!(name(&forward), "db-0");
    delete(&world, "db-0", NOW);
    // A connection that the old pod took in its last moment ends with it.
    until("the new pod", || forward.try_body("/name").ok().filter(|name| name.trim() == "db-0"));
}

#[test]
fn a_pod_that_is_not_ready_any_more_is_left() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "svc/api :http", 1);
    let first = name(&forward);
    assert!(world.control().set_pod_ready(CLUSTER, NAMESPACE, &first, false));
    until("another pod", || (name(&forward) != first).then_some(()));
    assert_eq!(forward.errors(), Vec::<String>::new());
}

#[test]
fn connections_cut_by_the_server_are_a_reset_and_the_next_one_works() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :echo", 2);
    for _ in 0..3 {
        let mut long = forward.connect(1);
        echoes(&mut long, "before");
        world.control().cut_forwards();
        assert_eq!(rest(&mut long).expect_err("no clean end").kind(), std::io::ErrorKind::ConnectionReset);
        assert_eq!(name(&forward), "servers");
    }
    assert_eq!(forward.complaints(), "");
}

#[test]
fn a_server_that_froze_goes_on_where_it_was() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :echo", 2);
    let mut long = forward.connect(1);
    echoes(&mut long, "before");
    world.control().freeze_forwards(true);
    let mut client = connect(forward.port(0)).expect("a connection");
    client.write_all(b"GET /name HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
    long.write_all(b"meanwhile").expect("sent");
    world.control().freeze_forwards(false);
    assert!(String::from_utf8_lossy(&rest(&mut client).expect("an answer")).ends_with("servers\n"));
    echoes(&mut forward.connect(1), "another");
    assert_eq!(name(&forward), "servers");
    assert_eq!(forward.errors(), Vec::<String>::new());
}

/// The pod's name, unless the connection was one that a pod took in its last moment.
fn now(forward: &Forward) -> Option<String> {
    forward.try_body("/name").ok().map(|name| name.trim().to_owned())
}

#[test]
fn credentials_that_end_are_renewed_silently() {
    for forgotten in [false, true] {
        let world = world_with(WIDE);
        let forward = Forward::start(&world, "svc/api :http", 1);
        let first = name(&forward);
        let end = || match forgotten {
            true => world.control().forget_role_credentials(),
            false => world.control().expire_role_credentials(),
        };
        end();
        world.control().cut_forwards();
        until("an answer", || forward.try_body("/name").ok().filter(|name| name.trim() == first));
        // Another pod has to be found, too, with a token that is taken.
        end();
        delete(&world, &first, NOW);
        let second = until("another pod", || now(&forward).filter(|name| *name != first));
        delete(&world, &second, NOW);
        until("a third pod", || now(&forward).filter(|name| *name != second));
        // What was open when the server cut it is told, and nothing else.
        assert!(forward.errors().iter().all(|error| error.contains(" broke: ")), "{}", forward.story());
        assert_eq!(forward.complaints(), "");
    }
}

#[test]
fn a_session_that_is_over_is_one_line_and_a_sign_in_elsewhere_ends_it() {
    let world = world_with(WIDE);
    let mut forward = Forward::start(&world, "svc/api :http", 1);
    let first = name(&forward);
    world.control().end_session();
    world.control().expire_role_credentials();
    // A spare session may be on its way, let in while the credentials were good.
    let refused = || {
        world.control().cut_forwards();
        forward
            .try_body("/name")
            .err()
            .filter(|_| forward.errors().iter().any(|error| error.contains("nsaccess login")))
    };
    until("the end of the last session", refused);
    for _ in 0..3 {
        let error = forward.try_body("/name").expect_err("nobody is signed in");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    let message = forward.hears_error("nsaccess login");
    assert!(message.contains("not signed in") && !message.contains('\n'), "{message}");
    let told = |forward: &Forward| forward.errors().iter().filter(|error| error.contains("login")).count();
    assert_eq!(told(&forward), 1, "{}", forward.story());
    assert!(forward.runs());
    world.run("login idp-dev --no-browser").success();
    assert_eq!(name(&forward), first);
    delete(&world, &first, NOW);
    until("another pod", || now(&forward).filter(|name| *name != first));
    assert_eq!(told(&forward), 1, "{}", forward.story());
}

#[test]
fn a_role_that_the_cluster_knows_no_more_is_said_at_once() {
    let world = world_with(FLOOR);
    let mut forward = Forward::start(&world, "pod/servers :http", 1);
    assert_eq!(forward.body("/name"), "servers\n");
    assert!(world.control().set_access_entries(CLUSTER, Vec::new()));
    // A spare session may be on its way, let in while the role was known.
    until("a refusal", || {
        world.control().cut_forwards();
        forward.try_body("/name").err().filter(|_| !forward.errors().is_empty())
    });
    let message = forward.hears_error("does not recognize the role idp-ns-idp-dev");
    assert!(!message.contains("VPN"), "{message}");
    assert_eq!(forward.events("lost").len(), 0, "it is not waited for\n{}", forward.story());
    assert!(forward.runs());
}
