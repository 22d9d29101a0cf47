//! What goes over a forward: connections that do not disturb each other, slow readers, half-closed ones, much at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;

use crate::support::forward::{CREATE, FLOOR, GET, connect, echoes, request, rest, world_with};
use crate::support::{Forward, World, until};

const MEGABYTES: usize = 10 * 1024 * 1024;
const TRANSPORTS: [(&str, &str, &str); 2] = [CREATE, GET];

/// What the sandbox's servers send.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index % 251).expect("a byte")).collect()
}

#[test]
fn one_connection_refused_and_one_reset_leave_the_others_alive() {
    let world = world_with(FLOOR);
    let mut forward = Forward::start(&world, "pod/servers :http :echo :reset :refuse", 4);
    let mut long = forward.connect(1);
    echoes(&mut long, "before");
    for _ in 0..3 {
        let refused = rest(&mut forward.connect(3)).expect_err("a reset and no clean end");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionReset);
        let mut broken = forward.connect(2);
        let mut answer = vec![0; 1000];
        broken.read_exact(&mut answer).expect("what it said before");
        assert_eq!(answer, pattern(1000));
        let error = rest(&mut broken).expect_err("a reset and no clean end");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        echoes(&mut long, "between");
    }
    assert_eq!(forward.body("/name"), "servers\n");
    echoes(&mut long, "after");
    assert!(forward.runs());
    forward.hears_error("servers refused port 9008: is the process listening on localhost or 0.0.0.0?");
    forward.hears_error("a connection to servers broke: ");
    let of = |words: &str| forward.errors().iter().filter(|line| line.contains(words)).count();
    assert_eq!(of("refused port 9008"), 1, "{}", forward.story());
    assert_eq!(forward.complaints(), "");
}

#[test]
fn clients_that_do_not_read_a_firehose_stall_nobody() {
    for right in TRANSPORTS {
        let world = world_with(&[("", "pods", "get"), right]);
        let forward = Forward::start(&world, "pod/servers :http :firehose :echo", 3);
        let mut lazy: Vec<_> = (0..3).map(|_| forward.connect(1)).collect();
        for stream in &mut lazy {
            stream.read_exact(&mut [0]).expect("it flows");
        }
        // Whatever there is room for on the way has been filled when this much was sent.
        let sent = || world.control().traffic().connections["idp-dev/servers:9002"].sent;
        until("the firehoses being full", || (sent() > 3 * 1024 * 1024).then_some(()));
        for _ in 0..20 {
            assert_eq!(forward.body("/name"), "servers\n");
        }
        // More than there are sessions: now they are shared.
        let mut many: Vec<_> = (0..40).map(|_| forward.connect(2)).collect();
        for (index, stream) in many.iter_mut().enumerate() {
            echoes(stream, &format!("connection {index}"));
        }
        for _ in 0..20 {
            assert_eq!(forward.body("/name"), "servers\n");
        }
        many.iter_mut().for_each(|stream| echoes(stream, "still here"));
        drop(lazy);
        assert_eq!(forward.body("/name"), "servers\n");
    }
}

#[test]
fn more_lazy_clients_than_sessions_stall_nobody() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :firehose", 2);
    let mut lazy: Vec<_> = (0..17).map(|_| forward.connect(1)).collect();
    for stream in &mut lazy {
        stream.read_exact(&mut [0]).expect("it flows");
    }
    for _ in 0..5 {
        assert_eq!(forward.body("/name"), "servers\n");
    }
    forward.hears_error("its client reads too slowly and delays the others");
}

/// An answer of so many bytes on a connection that is kept.
fn download(stream: &mut std::net::TcpStream, length: usize) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).expect("a head");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole body");
    assert!(body == pattern(length), "other bytes");
}

#[test]
fn a_download_is_left_alone_when_others_have_to_share() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :echo", 2);
    let mut client = forward.connect(0);
    let ask = |length: usize| format!("GET /sized/{length} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes();
    client.write_all(&ask(MEGABYTES)).expect("sent");
    download(&mut client, MEGABYTES);
    let mut many: Vec<_> = (0..40).map(|_| forward.connect(1)).collect();
    for stream in &mut many {
        echoes(stream, "here");
    }
    // Nobody reads the next answer for a while: among neighbours that would be its end.
    client.write_all(&ask(4 * MEGABYTES)).expect("sent");
    let sent = || world.control().traffic().connections["idp-dev/servers:8080"].sent;
    until("it flows", || (sent() > MEGABYTES as u64 + 2 * 1024 * 1024).then_some(()));
    for _ in 0..50 {
        many.iter_mut().for_each(|stream| echoes(stream, "still here"));
    }
    download(&mut client, 4 * MEGABYTES);
    assert_eq!(forward.errors(), Vec::<String>::new());
}

#[test]
fn a_slow_reader_gets_every_byte() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http", 1);
    let mut slow = forward.connect(0);
    slow.write_all(format!("GET /sized/{MEGABYTES} HTTP/1.0\r\n\r\n").as_bytes()).expect("sent");
    for _ in 0..5 {
        assert_eq!(forward.body("/name"), "servers\n");
    }
    let answer = rest(&mut slow).expect("the whole answer");
    assert!(answer.ends_with(&pattern(MEGABYTES)), "{} bytes", answer.len());
}

#[test]
fn a_client_that_closes_its_sending_side_gets_the_whole_answer() {
    for right in TRANSPORTS {
        let world = world_with(&[("", "pods", "get"), right]);
        let forward = Forward::start(&world, "pod/servers :http :echo", 2);
        for length in [0, 1, 300_000, 3_000_000] {
            let mut client = forward.connect(0);
            client.write_all(format!("GET /sized/{length} HTTP/1.0\r\n\r\n").as_bytes()).expect("sent");
            client.shutdown(Shutdown::Write).expect("half closed");
            let answer = rest(&mut client).expect("the whole answer");
            let text = String::from_utf8_lossy(&answer[..answer.len() - length]).into_owned();
            assert!(text.starts_with("HTTP/1.0 200") && text.ends_with("\r\n\r\n"), "{text}");
            assert!(answer.ends_with(&pattern(length)));
        }
        assert_eq!(forward.errors(), Vec::<String>::new());
    }
}

#[test]
fn a_server_that_takes_its_time_after_a_half_close_is_waited_for() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http", 1);
    let mut client = forward.connect(0);
    client.write_all(b"GET /slow/2500 HTTP/1.0\r\n\r\n").expect("sent");
    client.shutdown(Shutdown::Write).expect("half closed");
    let answer = String::from_utf8(rest(&mut client).expect("an answer")).expect("text");
    assert!(answer.ends_with("servers\n"), "{answer}");
}

#[test]
fn a_server_that_closes_its_sending_side_ends_the_connection_cleanly() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :half-close", 1);
    let mut client = forward.connect(0);
    client.write_all(b"hello").expect("sent");
    assert_eq!(rest(&mut client).expect("a clean end"), b"bye from servers\n");
    assert_eq!(forward.errors(), Vec::<String>::new());
}

#[test]
fn a_server_that_speaks_first_is_heard() {
    for right in TRANSPORTS {
        let world = world_with(&[("", "pods", "get"), right]);
        let forward = Forward::start(&world, "pod/servers :banner", 1);
        let mut client = forward.connect(0);
        let mut banner = vec![0; "220 servers ready\r\n".len()];
        client.read_exact(&mut banner).expect("a banner");
        assert_eq!(banner, b"220 servers ready\r\n");
        client.write_all(b"helo\r\nquit\r\n").expect("sent");
        assert_eq!(rest(&mut client).expect("a clean end"), b"250 helo\r\n221 bye\r\n");
    }
}

/// An echo of so many bytes, sent while the answer is read.
fn echo_much(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut client = connect(port).expect("a connection");
    let mut sender = client.try_clone().expect("a copy");
    std::thread::scope(|scope| {
        scope.spawn(move || sender.write_all(bytes).expect("sent"));
        let mut back = vec![0; bytes.len()];
        client.read_exact(&mut back).expect("all of it");
        back
    })
}

#[test]
fn ten_megabytes_each_way_are_the_same_bytes() {
    for right in TRANSPORTS {
        let world = world_with(&[("", "pods", "get"), right]);
        let forward = Forward::start(&world, "pod/servers :http :echo", 2);
        let sized = request(forward.port(0), &format!("/sized/{}", 64)).expect("an answer");
        assert_eq!(sized.len(), 64);
        let mut client = forward.connect(0);
        client.write_all(format!("GET /sized/{MEGABYTES} HTTP/1.0\r\n\r\n").as_bytes()).expect("sent");
        let answer = rest(&mut client).expect("an answer");
        assert!(answer.ends_with(&pattern(MEGABYTES)), "{right:?}: {} bytes", answer.len());
        let bytes = pattern(MEGABYTES);
        assert!(echo_much(forward.port(1), &bytes) == bytes, "{right:?}: other bytes came back");
        let counts = world.control().traffic().connections["idp-dev/servers:9000"];
        assert_eq!((counts.received, counts.sent), (MEGABYTES as u64, MEGABYTES as u64), "{right:?}");
    }
}

#[test]
fn hundreds_of_connections_one_after_another_and_many_at_once() {
    for right in TRANSPORTS {
        let world: World = world_with(&[("", "pods", "get"), right]);
        let forward = Forward::start(&world, "pod/servers :http :echo", 2);
        for _ in 0..200 {
            assert_eq!(forward.body("/name"), "servers\n");
        }
        let port = forward.port(0);
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..64).map(|_| scope.spawn(move || request(port, "/sized/100000"))).collect();
            for client in clients {
                let length = client.join().expect("no panic").map(|body| body.len());
                // The pattern is no text: what is not UTF-8 takes more room.
                assert!(length.as_ref().is_ok_and(|length| *length >= 100_000), "{length:?}\n{}", forward.story());
            }
        });
        let mut many: Vec<_> = (0..64).map(|_| forward.connect(1)).collect();
        many.iter_mut().enumerate().for_each(|(index, stream)| echoes(stream, &format!("number {index}")));
        assert_eq!(forward.errors(), Vec::<String>::new());
    }
}
