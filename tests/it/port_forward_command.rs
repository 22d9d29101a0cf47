//! `port-forward` from the outside: words, ports, addresses, `-- COMMAND`, signals, exit codes.

use std::net::{TcpListener, TcpStream};

use rustix::process::Signal;

use crate::support::forward::{CLUSTER, FLOOR, NAMESPACE, request, world_with};
use crate::support::{Forward, World, skipped, until};

/// `port-forward pod/web-0 :8080 -- sh -c …`
fn shell(world: &World, script: &str) -> crate::support::Output {
    world.nsaccess("port-forward pod/web-0 :8080 -- sh -c").arg(script).run()
}

#[test]
fn a_command_finds_the_port_and_its_status_is_ours() {
    let world = world_with(FLOOR);
    let script = "test {port} = $NSACCESS_PORT && test {port1} = $NSACCESS_PORT1 && test {port} = $NSACCESS_PORT_8080";
    shell(&world, script).success();
    for code in [1, 7, 42] {
        shell(&world, &format!("exit {code}")).exits(code).says_not("panicked");
    }
    shell(&world, "kill -9 $$").exits(137);
    shell(&world, "kill -15 $$").exits(143);
    let two = "port-forward svc/web :80 svc/db :sql pod/db-0 :stats -- sh -c";
    world
        .nsaccess(two)
        .arg("test {port2} = $NSACCESS_PORT_SQL && test {port3} = $NSACCESS_PORT_STATS && test {port} != {port2}")
        .run()
        .success();
}

#[test]
fn a_command_can_use_the_forward() {
    let world = world_with(FLOOR);
    let program = std::path::Path::new("/bin/bash");
    if !program.is_file() {
        return skipped("there is no bash, which can speak TCP");
    }
    let script = "exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET /name HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    let output = world.nsaccess("port-forward pod/web-0 :8080 -- bash -c").arg(script).run().success();
    assert!(output.stdout.ends_with("web-0\n"), "{}", output.transcript());
}

#[test]
fn a_command_that_cannot_run_is_126_or_127() {
    let world = world_with(FLOOR);
    world.run("port-forward pod/web-0 :8080 -- no-such-program").exits(127).one_error().says("no-such-program");
    world.write("plain", "no program");
    world.chmod("plain", 0o644);
    world.run("port-forward pod/web-0 :8080 -- ./plain").exits(126).one_error().says("cannot run ./plain");
}

#[test]
fn a_port_that_is_in_use_is_an_error_with_a_way_out() {
    let world = world_with(FLOOR);
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port();
    world
        .run(&format!("port-forward pod/web-0 {port}:8080"))
        .exits(1)
        .one_error()
        .says(&format!("error: cannot listen on port {port}\nbecause: the port is already in use\n"))
        .says("try: nsaccess port-forward ");
}

#[test]
fn a_port_that_is_only_preferred_gives_way_and_says_so() {
    let world = world_with(FLOOR);
    // Whoever has it, it is taken.
    let _taken = TcpListener::bind(("127.0.0.1", 8080));
    let mut forward = world.nsaccess("port-forward pod/web-0").spawn();
    let line = forward.wait_for("port 8080 is already in use; using ");
    let port = line.trim().rsplit(' ').next().and_then(|port| port.parse().ok()).expect("a port");
    forward.wait_for("Press Ctrl-C to stop.");
    assert_eq!(request(port, "/name").expect("an answer"), "web-0\n");
    // A program hears it, too: the port is in the event.
    let events = Forward::start(&world, "pod/web-0", 1);
    assert_ne!(events.port(0), 8080);
}

#[test]
fn bad_words_are_one_error_each_with_its_exit_code() {
    let world = world_with(FLOOR);
    let usage =
        ["8080", "8080 pod/web-0", "pod/web-0 70000", "pod/web-0 0", "pod/web-0 :0", "pod/a/b :80", "job/x :80"];
    let usage = usage.into_iter().chain(["pod/ :80", "pod/web-0 1:2:3", "pod/UPPER :80", "pod/web-0 :70000"]);
    for words in usage {
        world.run(&format!("port-forward {words}")).exits(2).one_error();
    }
    world.run("port-forward").exits(2).one_error().says("error: no target specified");
    world.run("port-forward pod/web-0 :80 --wait soon").exits(2);
    world.run("port-forward pod/web-0 :80 --address example.com").exits(2).one_error();
    world
        .run("port-forward pod/nobody :80")
        .exits(5)
        .one_error()
        .says("pod \"nobody\" not found in namespace \"idp-dev\"");
    let unknown = world.run("port-forward pod/web-0 :nope").exits(5).one_error();
    unknown.says("pod \"web-0\" has no port named \"nope\"").says("because: its ports are http (8080)\n");
    world
        .run("port-forward pod/web-0 8080 svc/web 8080:http")
        .exits(2)
        .one_error()
        .says("error: local port 8080 is used twice\nbecause: pod/web-0 8080 and svc/web 8080:http\n")
        .says("try: nsaccess port-forward pod/web-0 8080 svc/web :http\n");
}

#[test]
fn a_pod_that_has_ended_is_refused() {
    let world = world_with(FLOOR);
    let mut pod = sandbox::objects::pod(NAMESPACE, "done", "done", false);
    pod["status"]["phase"] = "Succeeded".into();
    assert!(world.control().apply(CLUSTER, pod));
    world.run("port-forward pod/done :8080").exits(1).one_error().says("pod \"done\" has completed");
}

#[test]
fn signals_end_it_and_leave_no_listener() {
    let world = world_with(FLOOR);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let forward = Forward::start(&world, "pod/web-0 :8080", 1);
        let port = forward.port(0);
        TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        assert_eq!(forward.ends_by(signal), Some(code));
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "{port} is still listened on");
    }
}

#[test]
fn a_signal_while_a_pod_is_waited_for_ends_it() {
    let world = world_with(&[FLOOR, &[("", "endpoints", "get")]].concat());
    for words in ["", " -- true"] {
        let mut waiting = world.nsaccess(&format!("port-forward svc/empty :80 --wait 1h{words}")).spawn();
        waiting.wait_for("no pod is ready");
        waiting.signal(Signal::INT);
        waiting.finish().exits(130);
    }
    let mut waiting = world.nsaccess("port-forward svc/empty :80 --wait 1h -- true").spawn();
    waiting.wait_for("no pod is ready");
    waiting.signal(Signal::TERM);
    waiting.finish().exits(143);
}

#[test]
fn a_terminated_forward_takes_its_command_along() {
    let world = world_with(FLOOR);
    let running = world
        .nsaccess("port-forward pod/web-0 :8080 -- sh -c")
        .arg("trap 'touch ended; exit 9' TERM; touch started; while :; do sleep 0.05; done")
        .spawn();
    until("its start", || world.exists("started").then_some(()));
    running.signal(Signal::TERM);
    running.finish().exits(9);
    assert!(world.exists("ended"));
}

#[test]
fn an_address_that_others_reach_is_warned_about() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/web-0 :8080 --address 0.0.0.0", 1);
    assert!(forward.stderr().contains("warning: anyone who can reach"), "{}", forward.story());
    assert!(forward.events("ready")[0]["local"][0].as_str().is_some_and(|local| local.starts_with("0.0.0.0:")));
    assert_eq!(forward.body("/name"), "web-0\n");
    let quiet = Forward::start(&world, "pod/web-0 :8080 --address 127.0.0.1", 1);
    assert_eq!(quiet.complaints(), "");
}

#[test]
fn both_loopback_addresses_listen() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/web-0 :8080", 1);
    let port = forward.port(0);
    let local = forward.events("ready")[0]["local"].clone();
    assert_eq!(local[0], format!("127.0.0.1:{port}"));
    if TcpListener::bind(("::1", 0)).is_err() {
        return skipped("this machine has no IPv6");
    }
    assert_eq!(local[1], format!("[::1]:{port}"));
    TcpStream::connect(("::1", port)).expect("it listens there, too");
}

#[test]
fn what_looks_like_http_is_a_link() {
    let world = world_with(FLOOR);
    let mut forward = world.nsaccess("port-forward svc/web :http db-0 :sql :stats").spawn();
    let link = forward.wait_for(" → svc/web port http (pod web-0)");
    assert!(link.starts_with("http://localhost:"), "{link}");
    let plain = forward.wait_for(" → pod/db-0 port sql (pod db-0)");
    assert!(plain.starts_with("localhost:"), "{plain}");
    // By its number, which is 8080.
    let link = forward.wait_for(" → pod/db-0 port stats (pod db-0)");
    assert!(link.starts_with("http://localhost:"), "{link}");
    let events = Forward::start(&world, "svc/web :http db-0 :sql", 2);
    let ready = events.events("ready");
    assert_eq!(ready[0]["url"], format!("http://localhost:{}", events.port(0)));
    assert_eq!(ready[1]["url"], serde_json::Value::Null);
}

#[test]
fn a_privileged_port_is_told_from_one_that_is_taken() {
    let world = world_with(FLOOR);
    let first = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    if first.trim() != "1024" || !world.give_to_nobody() {
        return skipped("every user may listen on every port here");
    }
    world
        .nsaccess("port-forward svc/web 80")
        .by_nobody()
        .run()
        .exits(1)
        .one_error()
        .says("error: cannot listen on port 80\nbecause: ports below 1024 require root privileges\n")
        .says("try: nsaccess port-forward svc/web 8080:80\n");
}
