//! Connections through an API server of a few lines: what goes in comes back, and what is refused is told.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use kube_port_forward::{
    ApiServer, Connect, Connecting, Connection, Dialer, OpenError, Outcome, PodError, PodSessions, TokenSource,
    Transport,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::LocalSet;

/// A port on which nobody listens; every other one echoes.
const REFUSING: u16 = 81;

/// A port for which no stream is taken.
const IGNORED: u16 = 82;

/// An API server that takes SPDY by POST with the token `good`.
#[derive(Default)]
struct Server {
    requests: Rc<RefCell<Vec<String>>>,
    open: Rc<Open>,
}

/// How many connections it has.
#[derive(Default)]
struct Open {
    count: Cell<usize>,
    changed: Notify,
}

impl Open {
    fn add(&self, change: isize) {
        self.count.set(self.count.get().saturating_add_signed(change));
        self.changed.notify_one();
    }

    /// Waits until there are as many.
    async fn are(&self, wanted: usize) {
        let waiting = async {
            while self.count.get() != wanted {
                self.changed.notified().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        assert!(waited.is_ok(), "{} are open, not {wanted}", self.count.get());
    }
}

impl Connect for Server {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let (stream, server) = tokio::io::duplex(64 * 1024);
            let (requests, open) = (self.requests.clone(), self.open.clone());
            tokio::task::spawn_local(async move {
                open.add(1);
                let _ = serve(server, requests).await;
                open.add(-1);
            });
            Ok(Box::new(stream) as _)
        })
    }
}

async fn serve(mut stream: DuplexStream, requests: Rc<RefCell<Vec<String>>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    requests.borrow_mut().push(head.lines().next().unwrap_or_default().to_owned());
    if !head.contains("Authorization: Bearer good\r\n") {
        return stream.write_all(b"HTTP/1.1 401 Unauthorized\r\n\r\n{}").await;
    }
    if !head.starts_with("POST") {
        return stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n{\"message\":\"no get\"}").await;
    }
    stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await?;
    let mut errors = None;
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header).await?;
        let length = u32::from_be_bytes([0, header[5], header[6], header[7]]);
        let mut body = vec![0; length as usize];
        stream.read_exact(&mut body).await?;
        match header {
            [0x80, 3, 0, 1, ..] => {
                let id = [body[0], body[1], body[2], body[3]];
                let says = |text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
                if says(&IGNORED.to_string()) {
                    continue;
                }
                stream.write_all(&[&[0x80, 3, 0, 2, 0, 0, 0, 4][..], &id].concat()).await?;
                if says("error") {
                    errors = Some(id);
                } else if says(&REFUSING.to_string()) {
                    let words = "dial tcp4 127.0.0.1:81: connect: connection refused";
                    let length = [1, 0, 0, words.len() as u8];
                    stream.write_all(&[&errors.unwrap_or_default(), &length, words.as_bytes()].concat()).await?;
                    stream.write_all(&[id, [1, 0, 0, 0]].concat()).await?;
                }
            }
            // Pings go back as they are.
            [0x80, 3, 0, 6, ..] => stream.write_all(&[&header[..], &body].concat()).await?,
            [0x80, ..] => {}
            _ if length > 0 => stream.write_all(&[&header[..], &body].concat()).await?,
            _ => {}
        }
    }
}

/// The sessions to a pod, and what the server saw of them.
struct Pod {
    sessions: Rc<PodSessions<io::Error>>,
    dialer: Rc<Dialer<io::Error>>,
    requests: Rc<RefCell<Vec<String>>>,
    open: Rc<Open>,
}

/// A pod whose sessions are opened with these tokens, one after the other.
fn pod(preferred: Transport, tokens: &'static [&'static str]) -> Pod {
    let asked = Rc::new(Cell::new(0));
    pod_by(
        preferred,
        Box::new(move |_refused| {
            let token = tokens.get(asked.replace(asked.get() + 1)).or(tokens.last());
            let token = token.map(|token| (*token).into()).ok_or_else(|| io::Error::other("signed out"));
            Box::pin(async { token }) as _
        }),
    )
}

fn pod_by(preferred: Transport, token_source: TokenSource<io::Error>) -> Pod {
    let connector = Server::default();
    let (requests, open) = (connector.requests.clone(), connector.open.clone());
    let server = ApiServer {
        authority: "api.example.com:443".to_owned(),
        path: "/clusters/c1".to_owned(),
        user_agent: "test".to_owned(),
        connector: Rc::new(connector),
    };
    let dialer = Rc::new(Dialer::new(server, "web", token_source, preferred));
    Pod { sessions: PodSessions::new("web-0", dialer.clone()), dialer, requests, open }
}

/// Both ends of a local connection.
async fn local() -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a client");
    (Connection::new(listener.accept().await.expect("a connection").0), client)
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, test);
}

#[test]
fn what_a_client_says_comes_back() {
    run(async {
        let Pod { sessions, requests, .. } = pod(Transport::Spdy, &["good"]);
        let (mut connection, mut client) = local().await;
        let attempt = sessions.attempt(80).await.expect("nobody was refused");
        let slot = attempt.slot().await.expect("a session");
        let talk = async {
            client.write_all(b"hello").await.expect("sent");
            let mut answer = [0; 5];
            client.read_exact(&mut answer).await.expect("an answer");
            drop(client);
            answer
        };
        let (outcome, answer) = futures_util::future::join(slot.carry(&mut connection), talk).await;
        assert_eq!((outcome, &answer), (Outcome::Done, b"hello"));
        let path = "/clusters/c1/api/v1/namespaces/web/pods/web-0/portforward";
        assert_eq!(requests.borrow()[0], format!("POST {path} HTTP/1.1"));
    });
}

#[test]
fn the_transport_that_works_is_remembered() {
    run(async {
        let Pod { sessions, dialer, requests, .. } = pod(Transport::WebSocket, &["good"]);
        sessions.open_first().await.expect("a session by the other transport");
        assert_eq!(dialer.preferred(), Transport::Spdy);
        let methods: Vec<String> = requests.borrow().iter().map(|line| line[..4].trim().to_owned()).collect();
        assert_eq!(methods, ["GET", "POST"]);
    });
}

#[test]
fn a_refused_token_is_asked_for_anew_once() {
    run(async {
        let renewed = pod(Transport::Spdy, &["old", "good"]);
        renewed.sessions.open_first().await.expect("a session with the new token");
        let Pod { sessions, .. } = pod(Transport::Spdy, &["old"]);
        let error = sessions.open_first().await.expect_err("no token is taken");
        assert!(matches!(&error, OpenError::Answered { status: 401, .. }), "{error}");
    });
}

#[test]
fn without_a_token_there_is_nothing_to_try() {
    run(async {
        let Pod { sessions, requests, .. } = pod(Transport::Spdy, &[]);
        let error = sessions.open_first().await.expect_err("there is no token");
        assert!(matches!(&error, OpenError::Token(error) if error.to_string() == "signed out"), "{error}");
        assert!(requests.borrow().is_empty());
    });
}

#[test]
fn one_attempt_asks_a_port_that_refused_and_the_others_hear_it() {
    run(async {
        let Pod { sessions, .. } = pod(Transport::Spdy, &["good"]);
        let (mut connection, _client) = local().await;
        let first = sessions.attempt(REFUSING).await.expect("nothing is known of the port");
        let outcome = first.slot().await.expect("a session").carry(&mut connection).await;
        assert!(matches!(&outcome, Outcome::NotDelivered(PodError::Refused(_))), "{outcome:?}");
        first.refused("it was the first, and nobody waits");
        let second = sessions.attempt(REFUSING).await.expect("it asks anew");
        let refuse = async { second.refused("nobody listens") };
        let (third, ()) = futures_util::future::join(sessions.attempt(REFUSING), refuse).await;
        assert_eq!(third.err().as_deref(), Some("nobody listens"));
        assert!(sessions.attempt(80).await.is_ok(), "another port is another question");
    });
}

/// A pod whose sessions are opened as permits come.
fn pod_with_permits(permits: usize) -> (Pod, Rc<Semaphore>) {
    let opened = Rc::new(Semaphore::new(permits));
    let permits = opened.clone();
    let token_source = move |_refused| {
        let permits = permits.clone();
        Box::pin(async move {
            permits.acquire().await.map_err(io::Error::other)?.forget();
            Ok("good".into())
        }) as _
    };
    (pod_by(Transport::Spdy, Box::new(token_source)), opened)
}

#[test]
fn nobody_shares_a_lane_while_other_sessions_are_being_opened() {
    run(async {
        let (Pod { sessions, .. }, opened) = pod_with_permits(1);
        let sessions = &sessions;
        let slot = |port| async move { sessions.attempt(port).await.expect("nobody was refused").slot().await };
        let mut waiting: FuturesUnordered<_> = (1..=60).map(slot).collect();
        let mut slots = Vec::new();
        for _ in 0..5 {
            slots.push(waiting.next().await.expect("one of them").expect("a lane of the first session"));
        }
        tokio::task::yield_now().await;
        assert!(waiting.next().now_or_never().is_none(), "the session has five lanes");
        opened.add_permits(100);
        while let Some(slot) = waiting.next().await {
            slots.push(slot.expect("a lane"));
        }
        assert_eq!(slots.len(), 60);
    });
}

#[test]
fn an_attempt_that_is_given_up_leaves_no_session_being_opened_behind() {
    run(async {
        let (Pod { sessions, .. }, opened) = pod_with_permits(0);
        for port in 1..=40 {
            let attempt = sessions.attempt(port).await.expect("nobody was refused");
            assert!(attempt.slot().now_or_never().is_none(), "no session is opened");
        }
        opened.add_permits(100);
        let attempt = sessions.attempt(80).await.expect("nobody was refused");
        assert!(attempt.slot().await.is_ok());
    });
}

#[test]
fn a_session_of_a_pod_that_is_gone_ends_with_its_last_connection() {
    run(async {
        let Pod { sessions, open, .. } = pod(Transport::Spdy, &["good"]);
        let (mut connection, mut client) = local().await;
        let slot = sessions.attempt(80).await.expect("nobody was refused").slot().await.expect("a session");
        let talk = async {
            client.write_all(b"hello").await.expect("sent");
            sessions.retire();
            client.read_exact(&mut [0; 5]).await.expect("an answer, as before");
            drop(client);
        };
        futures_util::future::join(slot.carry(&mut connection), talk).await;
        open.are(0).await;
    });
}

#[test]
fn sessions_that_are_opened_for_a_pod_that_is_gone_do_not_stay() {
    run(async {
        let (Pod { sessions, open, .. }, permits) = pod_with_permits(0);
        let attempt = sessions.attempt(80).await.expect("nobody was refused");
        let (mut first, mut slot) = (Box::pin(sessions.open_first()), Box::pin(attempt.slot()));
        assert!((&mut first).now_or_never().is_none() && (&mut slot).now_or_never().is_none());
        sessions.retire();
        permits.add_permits(100);
        first.await.expect("opened");
        let slot = slot.await.expect("its connection goes on");
        open.are(1).await;
        drop(slot);
        open.are(0).await;
    });
}

#[test]
fn a_session_that_takes_no_streams_ends_with_its_last_connection() {
    run(async {
        let Pod { sessions, open, .. } = pod(Transport::Spdy, &["good"]);
        let slot = async |port| sessions.attempt(port).await.expect("nobody was refused").slot().await.expect("one");
        for _ in 0..2 {
            let (mut connection, _client) = local().await;
            let outcome = slot(IGNORED).await.carry(&mut connection).await;
            assert!(matches!(outcome, Outcome::NotDelivered(PodError::SessionEnded(_))), "{outcome:?}");
        }
        let _slot = slot(80).await;
        // This one, and a spare.
        open.are(2).await;
    });
}
