//! Ports that refuse, beside ports that do not: the server keeps what was sent to the former for ever (see
//! `docs/port-forward.md`), and nobody may come to wait behind it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::support::forward::{CLUSTER, CREATE, FLOOR, GET, NAMESPACE, connect, echoes, request, rest, world_with};
use crate::support::{Forward, World, until};

const REQUEST: &[u8] = b"GET /name HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// A client that speaks at once, as those of HTTP do, and is refused.
#[track_caller]
fn is_refused(port: u16) {
    let mut client = connect(port).expect("a connection");
    // The refusal may be there before all is sent. Linux tells a reset once: here to who writes, and then not to who reads.
    let end = client.write_all(REQUEST).and_then(|()| rest(&mut client)).expect_err("a reset and no clean end");
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);
}

#[track_caller]
fn nobody_waited(world: &World) {
    assert_eq!(world.control().traffic().hopeless_streams, 0, "streams behind bytes that nobody reads");
}

#[test]
fn a_port_that_refuses_takes_no_other_connection_with_it() {
    for right in [CREATE, GET] {
        let world = world_with(&[("", "pods", "get"), right]);
        let forward = Forward::start(&world, "pod/servers :http :refuse", 2);
        for _ in 0..40 {
            is_refused(forward.port(1));
            assert_eq!(forward.body("/name"), "servers\n");
        }
        nobody_waited(&world);
        // What is known to refuse is asked before bytes are sent, and then costs nothing.
        let sessions: u64 = world.control().traffic().sessions.values().map(|counts| counts.opened).sum();
        assert!(sessions <= 4, "{sessions} sessions");
    }
}

#[test]
fn many_refused_at_once_disturb_neither_a_download_nor_others() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :refuse :firehose :echo", 4);
    let mut download = forward.connect(2);
    download.read_exact(&mut [0; 1000]).expect("it flows");
    let mut long = forward.connect(3);
    echoes(&mut long, "before");
    let (http, refuse) = (forward.port(0), forward.port(1));
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(move || is_refused(refuse));
            scope.spawn(move || assert_eq!(request(http, "/name").expect("an answer"), "servers\n"));
        }
        download.read_exact(&mut vec![0; 20 * 1024 * 1024]).expect("it flows on");
    });
    echoes(&mut long, "after");
    for _ in 0..10 {
        assert_eq!(forward.body("/name"), "servers\n");
    }
    nobody_waited(&world);
}

#[test]
fn more_connections_than_sessions_are_not_harmed_by_one_that_is_refused() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :refuse :echo", 3);
    let mut many: Vec<TcpStream> = (0..70).map(|_| forward.connect(2)).collect();
    many.iter_mut().for_each(|client| echoes(client, "here"));
    for _ in 0..10 {
        is_refused(forward.port(1));
        assert_eq!(forward.body("/name"), "servers\n");
    }
    many.iter_mut().for_each(|client| echoes(client, "still here"));
    nobody_waited(&world);
}

#[test]
fn a_process_that_starts_late_or_again_is_found() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :echo", 2);
    let listens = |ports: &str| assert!(world.control().listen(CLUSTER, NAMESPACE, "servers", ports));
    let mut long = forward.connect(1);
    echoes(&mut long, "before");
    for _ in 0..3 {
        listens("9000=echo");
        (0..8).for_each(|_| is_refused(forward.port(0)));
        echoes(&mut long, "meanwhile");
        listens("9000=echo,8080=http");
        (0..8).for_each(|_| assert_eq!(forward.body("/name"), "servers\n"));
    }
    nobody_waited(&world);
}

#[test]
fn what_a_process_did_not_read_before_it_reset_the_connection_blocks_nobody() {
    // Every age of runtimes.
    for reset_failed_streams in [0, 1, 2] {
        let world = world_with(FLOOR);
        world.control().settings(|settings| settings.reset_failed_streams = reset_failed_streams);
        let forward = Forward::start(&world, "pod/servers :http :reset", 2);
        for _ in 0..10 {
            let mut client = forward.connect(1);
            let mut answer = vec![0; 1000];
            let end = client
                .write_all(&[b'x'; 300_000])
                .and_then(|()| client.read_exact(&mut answer))
                .and_then(|()| rest(&mut client).map(drop));
            let kind = end.expect_err("a reset and no clean end").kind();
            assert_eq!(kind, ErrorKind::ConnectionReset, "runtime {reset_failed_streams}\n{}", forward.story());
            assert_eq!(forward.body("/name"), "servers\n");
        }
        nobody_waited(&world);
    }
}

#[test]
fn an_answer_that_ends_by_its_own_length_ends_the_connection_of_a_client_that_has_closed_its_side() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http", 1);
    for path in ["/sized/1000", "/name", "/bytes/70000"] {
        let mut client = forward.connect(0);
        client
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
            .expect("sent");
        client.shutdown(std::net::Shutdown::Write).expect("half closed");
        assert!(rest(&mut client).expect("an answer").starts_with(b"HTTP/1.1 200 OK"));
    }
    // The runtime has not had to give anything up: it was told in time that nothing more comes.
    assert_eq!(world.control().traffic().given_up, 0);
}

#[test]
fn a_client_hears_soon_that_the_other_side_is_gone() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :half-close", 1);
    let mut client = forward.connect(0);
    client.write_all(b"hello").expect("sent");
    assert_eq!(rest(&mut client).expect("a clean end"), b"bye from servers\n");
    let mut taken = 0;
    until("an end of what is taken", || match client.write_all(b"x") {
        Ok(()) => {
            taken += 1;
            None
        }
        Err(error) => Some(error),
    });
    // Without a forward it is one.
    assert!(taken < 100, "{taken} pieces were taken and lost");
}
