//! One local connection, carried over a session to a port of the pod.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

/// A connection of a local program.
pub use tokio::net::TcpStream as LocalConnection;

use crate::net::forward::session::{Pair, Session, Stream};
use crate::net::forward::wire::HEADROOM;

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides are done.
    Done,
    /// The pod's side could not be reached, and nothing of the client's bytes was delivered: another pod may serve it.
    NotDelivered(Trouble),
    /// It broke midway: the local client sees a reset, never a clean end.
    Broken(String),
    /// The local client read too slowly for the others on its session.
    TooSlow,
}

/// Why the pod's side could not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody listens on the port.
    Refused(String),
    /// The pod is gone or going.
    PodGone(String),
    /// The session ended before anything was sent.
    SessionEnded(String),
    /// Anything else, in the server's words.
    Other(String),
}

/// What the client has said so far and nobody has answered: sent again if the connection has to be opened anew.
#[derive(Debug, Default)]
pub struct Unanswered {
    bytes: Vec<u8>,
    complete: bool,
    ended: bool,
}

impl Unanswered {
    /// Nothing yet.
    pub fn new() -> Self {
        Unanswered { bytes: Vec::new(), complete: true, ended: false }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.complete = self.complete && self.bytes.len() + bytes.len() <= REPLAY_LIMIT;
        if self.complete {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// More than any request's head; a client that says more before it is answered is not replayed.
const REPLAY_LIMIT: usize = 64 * 1024;
const ACCEPT_LIMIT: Duration = Duration::from_secs(10);
/// How long a client that closed its sending side is still waited for with the answer. Runtimes tear everything down a
/// second after they hear of a half-close (containerd), so it is told them only when nothing comes any more.
const HALF_CLOSE_PATIENCE: Duration = Duration::from_secs(30);
/// The same for a client that has its answer: as long as bytes come, and this much longer.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);
/// How long the error stream is waited for when the data stream ended without a byte.
const REASON_LIMIT: Duration = Duration::from_secs(3);
/// The same after bytes came: the verdict follows at once, or there is none yet.
const VERDICT_LIMIT: Duration = Duration::from_millis(250);
/// How long a client is heard out after the pod closed its side.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// With the headers in front as much as rustls takes at once, in four full records.
const READ_PIECE: usize = 64 * 1024;

/// Carries a connection to its end, or until it is clear that it has to be opened elsewhere.
pub async fn carry(
    local: &Rc<LocalConnection>,
    session: &Rc<Session>,
    port: u16,
    unanswered: &mut Unanswered,
) -> Outcome {
    let pair = session.open(port, local);
    let outcome = carried(local, session, &pair, unanswered).await;
    session.close(&pair);
    outcome
}

async fn carried(
    local: &Rc<LocalConnection>,
    session: &Rc<Session>,
    pair: &Pair,
    unanswered: &mut Unanswered,
) -> Outcome {
    let data = &pair.data;
    if !accepted(data).await {
        // A session that takes no streams any more is not given new ones.
        session.avoid();
        return failed(session, pair, false).await;
    }
    session.finish(&pair.error);
    if !unanswered.bytes.is_empty() {
        if session.room().await.is_err() {
            return failed(session, pair, true).await;
        }
        session.send(data, [&[0; HEADROOM][..], &unanswered.bytes].concat());
    }
    let mut up = std::pin::pin!(upload(local, session, data, unanswered));
    let mut down = std::pin::pin!(download(local, session, data));
    let ended = tokio::select! {
        ended = &mut down => ended,
        // The client is gone for good, or the session is.
        () = &mut up => Ended::ByClient,
    };
    match ended {
        Ended::Clean if data.answered.get() => {
            // A reset in the pod ends the data stream like a clean end does; the error stream tells them apart.
            let _ = tokio::time::timeout(VERDICT_LIMIT, at_end(&pair.error)).await;
            let verdict = verdict_after_bytes(pair);
            session.close(pair);
            if verdict == Outcome::Done {
                say_goodbye(local).await;
            }
            verdict
        }
        Ended::Clean | Ended::Cut => failed(session, pair, true).await,
        Ended::ByClient => Outcome::Done,
    }
}

enum Ended {
    /// The pod's side ended and all its bytes are with the client.
    Clean,
    /// The stream was cut.
    Cut,
    /// The local client is gone.
    ByClient,
}

async fn accepted(data: &Stream) -> bool {
    let waiting = async {
        while !data.accepted.get() && !data.cut.get() && !data.finished.get() {
            data.changed.notified().await;
        }
    };
    let _ = tokio::time::timeout(ACCEPT_LIMIT, waiting).await;
    data.accepted.get() && !data.cut.get()
}

/// From the client to the pod. Ends when the client is gone for good: it closed its side and nothing came for a while.
async fn upload(local: &LocalConnection, session: &Session, data: &Stream, unanswered: &mut Unanswered) {
    let mut sent_at = None;
    while !unanswered.ended {
        if local.readable().await.is_err() {
            return;
        }
        // Room first: what is not read yet holds its sender up, and nobody else.
        if session.room().await.is_err() {
            return std::future::pending().await;
        }
        match read_piece(local) {
            Ok(bytes) if bytes.len() == HEADROOM => unanswered.ended = true,
            Ok(bytes) => {
                if !data.answered.get() {
                    unanswered.add(&bytes[HEADROOM..]);
                }
                session.send(data, bytes);
                sent_at = Some(Instant::now());
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            // A reset by the client: nobody waits for an answer.
            Err(_) => return,
        }
    }
    let _lingering = session.linger();
    let closed = Instant::now();
    let silent_since = || data.last_byte.get().map_or(closed, |last| last.max(closed));
    // A client that was answered after it last spoke, and then closes, has what it wanted (HTTP keep-alive above all).
    let was_answered = data.last_byte.get().is_some_and(|last| sent_at.is_none_or(|sent| last > sent));
    let patience = if was_answered { CLOSE_PATIENCE } else { HALF_CLOSE_PATIENCE };
    while silent_since().elapsed() < patience {
        tokio::time::sleep_until(silent_since() + patience).await;
    }
    if was_answered {
        return;
    }
    session.finish(data);
    // The runtime now ends the connection by itself, and `download` hears of it.
    std::future::pending().await
}

thread_local! {
    /// Where bytes of all local connections are first read to: a connection that says nothing needs no buffer.
    static SCRATCH: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(empty_piece());
}

fn empty_piece() -> Vec<u8> {
    let mut piece = Vec::with_capacity(READ_PIECE);
    piece.resize(HEADROOM, 0);
    piece
}

/// What the client says now, behind room for the headers; no more than the room at its end. A large piece leaves with
/// the buffer that it was read to, a small one is copied out of it.
fn read_piece(local: &LocalConnection) -> std::io::Result<Vec<u8>> {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.truncate(HEADROOM);
        local.try_read_buf(scratch)?;
        if scratch.len() >= READ_PIECE / 4 {
            Ok(std::mem::replace(scratch, empty_piece()))
        } else {
            Ok(scratch.clone())
        }
    })
}

/// From the pod to the client: what the session could not hand over at once.
async fn download(local: &LocalConnection, session: &Session, data: &Stream) -> Ended {
    loop {
        while data.has_pending() {
            // Whoever does not read never becomes writable: that it was cut has to be heard meanwhile.
            let writable = tokio::select! {
                writable = local.writable() => writable,
                () = data.changed.notified(), if !data.overflowed.get() => continue,
                () = std::future::ready(()), if data.overflowed.get() => return Ended::Cut,
            };
            if writable.is_err() || data.flush().is_err() {
                return Ended::ByClient;
            }
            session.drained();
        }
        match (data.cut.get(), data.finished.get()) {
            (_, true) => return Ended::Clean,
            (true, false) => return Ended::Cut,
            (false, false) => data.changed.notified().await,
        }
    }
}

async fn at_end(stream: &Stream) {
    while !stream.finished.get() && !stream.cut.get() {
        stream.changed.notified().await;
    }
}

/// An end after bytes came: clean, unless the error stream says otherwise.
fn verdict_after_bytes(pair: &Pair) -> Outcome {
    let words = pair.error.text();
    if words.is_empty() { Outcome::Done } else { Outcome::Broken(words) }
}

/// An end without an answer: what does the error stream say?
async fn failed(session: &Session, pair: &Pair, sent: bool) -> Outcome {
    if pair.data.overflowed.get() {
        return Outcome::TooSlow;
    }
    if pair.data.accepted.get() && session.ended().is_none() {
        let _ = tokio::time::timeout(REASON_LIMIT, at_end(&pair.error)).await;
    }
    let words = pair.error.text();
    match (words.is_empty(), session.ended()) {
        (false, _) if pair.data.answered.get() => Outcome::Broken(words),
        (false, _) => Outcome::NotDelivered(Trouble::of(words)),
        (true, Some(reason)) if pair.data.answered.get() || sent => Outcome::Broken(reason),
        (true, Some(reason)) => Outcome::NotDelivered(Trouble::SessionEnded(reason)),
        (true, None) if !pair.data.accepted.get() => {
            Outcome::NotDelivered(Trouble::SessionEnded("the server did not take the connection".to_owned()))
        }
        (true, None) if pair.data.finished.get() => Outcome::Done,
        (true, None) => Outcome::Broken("the server cut the stream".to_owned()),
    }
}

impl Trouble {
    /// By the words of kubelets and container runtimes.
    fn of(words: String) -> Trouble {
        let says = |part: &str| words.contains(part);
        // The runtime could not even connect: whatever the reason, nothing was delivered.
        if ["connection refused", "failed to connect to", "dial tcp"].iter().any(|part| says(part)) {
            Trouble::Refused(words)
        } else if [
            "is closed",
            "not found",
            "is not running",
            "failed to find sandbox",
            "no such container",
            "container not running",
        ]
        .iter()
        .any(|part| says(part))
        {
            Trouble::PodGone(words)
        } else {
            Trouble::Other(words)
        }
    }

    /// The words.
    pub fn words(&self) -> &str {
        match self {
            Trouble::Refused(words)
            | Trouble::PodGone(words)
            | Trouble::SessionEnded(words)
            | Trouble::Other(words) => words,
        }
    }
}

/// Tells the client that nothing more comes, and hears it out. Whatever it still says is not sent: bytes on a stream
/// whose pod side has ended block the server's frame workers for good. But a socket that is closed on unread bytes
/// resets the connection, and the client could lose what it has not read yet.
async fn say_goodbye(local: &LocalConnection) {
    let _ = socket2::SockRef::from(local).shutdown(std::net::Shutdown::Write);
    let hearing = async {
        while local.readable().await.is_ok() {
            match read_piece(local) {
                Ok(bytes) if bytes.len() == HEADROOM => return,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = tokio::time::timeout(LAST_WORDS, hearing).await;
}

/// Makes the client see a reset instead of a clean end.
pub fn reset_on_close(local: &LocalConnection) {
    let _ = socket2::SockRef::from(local).set_linger(Some(Duration::ZERO));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_runtimes_tell_what_may_be_tried_again() {
        let of = |words: &str| Trouble::of(words.to_owned());
        assert!(matches!(
            of(
                "error forwarding port 81 to pod a7, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-1\": failed to connect to localhost:81 inside namespace \"a7\", IPv4: dial tcp4 127.0.0.1:81: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found"
            ),
            Trouble::Refused(_)
        ));
        assert!(matches!(
            of(
                "failed to connect to localhost:80 inside namespace: dial tcp4 127.0.0.1:80: connect: connection reset by peer"
            ),
            Trouble::Refused(_)
        ));
        assert!(matches!(of("network namespace for sandbox \"a7\" is closed"), Trouble::PodGone(_)));
        assert!(matches!(of("an error occurred when try to find sandbox \"a7\": not found"), Trouble::PodGone(_)));
        assert!(matches!(of("copying bytes: broken pipe"), Trouble::Other(_)));
    }
}
