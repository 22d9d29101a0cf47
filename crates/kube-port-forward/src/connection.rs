//! One local connection, carried over a session to a port of the pod.

use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::pod_error::PodError;
use crate::session::{Session, Stream, StreamPair};
use crate::slot::Slot;
use crate::upload::{ReplayBuffer, say_goodbye, upload};

/// How an attempt to carry a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides are done.
    Done,
    /// The pod's side could not be reached, and nothing that the client said is lost: it may be carried again, to this
    /// pod or another one.
    NotDelivered(PodError),
    /// It broke midway. The client should see a reset: [`Connection::reset_on_close`].
    Broken(String),
    /// The local client read too slowly for the others on its session. It should see a reset, too.
    TooSlow,
}

/// How long the error stream is waited for when the data stream ended without a byte.
const REASON_LIMIT: Duration = Duration::from_secs(3);
/// The same after bytes came: an error then follows at once or not at all.
const VERDICT_LIMIT: Duration = Duration::from_millis(250);
/// A server accepts streams at once, unless something holds it up on this session: then another one is tried, with
/// more patience each time.
const FIRST_ACCEPT_LIMIT: Duration = Duration::from_secs(1);
const LAST_ACCEPT_LIMIT: Duration = Duration::from_secs(10);

/// A connection of a local program, to be carried to a pod in as many attempts as it takes: what it said and nobody
/// answered is kept and said again.
pub struct Connection {
    local: Rc<TcpStream>,
    replay: ReplayBuffer,
    patience: Duration,
}

impl Connection {
    /// A connection that was just accepted.
    pub fn new(local: TcpStream) -> Self {
        // Otherwise small answers wait for acknowledgements.
        let _ = local.set_nodelay(true);
        Connection { local: Rc::new(local), replay: ReplayBuffer::default(), patience: FIRST_ACCEPT_LIMIT }
    }

    /// Makes the client see a reset, and not a clean end, when this is dropped.
    pub fn reset_on_close(&self) {
        let _ = socket2::SockRef::from(&*self.local).set_linger(Some(Duration::ZERO));
    }
}

impl Slot {
    /// Carries a connection to its end, or until it is clear that it has to be carried anew.
    pub async fn carry(self, connection: &mut Connection) -> Outcome {
        let pair = self.open(&connection.local);
        let outcome = carried(connection, &self, &pair).await;
        self.session.close(&pair);
        match outcome {
            Outcome::NotDelivered(error) => {
                if let PodError::Refused(_) = &error {
                    self.refused();
                }
                // What is no longer here cannot be sent again.
                if connection.replay.is_complete() {
                    Outcome::NotDelivered(error)
                } else {
                    Outcome::Broken(error.words().to_owned())
                }
            }
            outcome => outcome,
        }
    }
}

async fn carried(connection: &mut Connection, slot: &Slot, pair: &StreamPair) -> Outcome {
    let (session, data) = (&slot.session, &pair.data);
    if !accepted(data, connection.patience).await {
        // A session that takes no streams any more is not given new ones.
        session.avoid();
        connection.patience = (connection.patience * 2).min(LAST_ACCEPT_LIMIT);
        return failed(session, pair, false).await;
    }
    session.finish(&pair.error);
    if let Some(hold) = slot.hold() {
        if is_over(data, hold).await {
            return failed(session, pair, false).await;
        }
        slot.was_not_refused();
    }
    if let Some(bytes) = connection.replay.to_send() {
        if session.space().await.is_err() {
            return failed(session, pair, true).await;
        }
        session.send(data, bytes);
    }
    let local = connection.local.clone();
    let mut up = std::pin::pin!(upload(&local, session, data, &mut connection.replay));
    let mut down = std::pin::pin!(download(&local, slot, data));
    // Received data comes first: bytes that are sent on a stream that has ended block the server's worker.
    let ended = tokio::select! {
        biased;
        ended = &mut down => ended,
        // The client is gone for good, or the session is.
        () = &mut up => StreamEnd::ClientGone,
    };
    match ended {
        StreamEnd::Clean if data.answered.get() => {
            // A reset in the pod ends the data stream like a clean end does; the error stream tells them apart.
            let _ = tokio::time::timeout(VERDICT_LIMIT, at_end(&pair.error)).await;
            let verdict = verdict_after_bytes(session, pair);
            session.close(pair);
            if verdict == Outcome::Done {
                say_goodbye(&local);
            }
            verdict
        }
        StreamEnd::Clean | StreamEnd::Cut => failed(session, pair, true).await,
        StreamEnd::ClientGone => Outcome::Done,
    }
}

enum StreamEnd {
    /// The pod's side ended and all its bytes are with the client.
    Clean,
    Cut,
    ClientGone,
}

async fn accepted(data: &Stream, patience: Duration) -> bool {
    let waiting = async {
        while !data.accepted.get() && !data.cut.get() && !data.finished.get() {
            data.changed.notified().await;
        }
    };
    let _ = tokio::time::timeout(patience, waiting).await;
    data.accepted.get() && !data.cut.get()
}

/// Whether a stream ends without data within this time.
async fn is_over(data: &Stream, hold: Duration) -> bool {
    let waiting = async {
        while !data.answered.get() && !data.cut.get() && !data.finished.get() {
            data.changed.notified().await;
        }
    };
    let _ = tokio::time::timeout(hold, waiting).await;
    !data.answered.get() && (data.cut.get() || data.finished.get())
}

/// From the pod to the client: what the session could not hand over at once.
async fn download(local: &TcpStream, slot: &Slot, data: &Stream) -> StreamEnd {
    loop {
        if data.answered.get() {
            slot.answered();
        }
        while data.has_pending() {
            // A client that does not read never becomes writable, so a cut has to be noticed here.
            let writable = tokio::select! {
                writable = local.writable() => writable,
                () = data.changed.notified(), if !data.overflowed.get() => continue,
                () = std::future::ready(()), if data.overflowed.get() => return StreamEnd::Cut,
            };
            if writable.is_err() || data.flush().is_err() {
                return StreamEnd::ClientGone;
            }
            slot.session.drained();
        }
        match (data.cut.get(), data.finished.get()) {
            (_, true) => return StreamEnd::Clean,
            (true, false) => return StreamEnd::Cut,
            (false, false) => data.changed.notified().await,
        }
    }
}

async fn at_end(stream: &Stream) {
    while !stream.finished.get() && !stream.cut.get() {
        stream.changed.notified().await;
    }
}

/// An end after bytes came: clean, unless the error stream says otherwise, or was reset.
fn verdict_after_bytes(session: &Session, pair: &StreamPair) -> Outcome {
    let words = pair.error.text();
    if was_reset(session, pair) {
        Outcome::Broken("the process in the pod reset it".to_owned())
    } else if words.is_empty() {
        Outcome::Done
    } else {
        Outcome::Broken(words)
    }
}

/// Some runtimes say nothing when the process resets a connection: they reset the error stream.
fn was_reset(session: &Session, pair: &StreamPair) -> bool {
    pair.error.text().is_empty() && pair.error.cut.get() && session.ended().is_none()
}

/// What an end without an answer means, by the error stream.
async fn failed(session: &Session, pair: &StreamPair, sent: bool) -> Outcome {
    if pair.data.overflowed.get() {
        return Outcome::TooSlow;
    }
    if pair.data.accepted.get() && session.ended().is_none() {
        let _ = tokio::time::timeout(REASON_LIMIT, at_end(&pair.error)).await;
    }
    let words = pair.error.text();
    match (words.is_empty(), session.ended()) {
        (false, _) if pair.data.answered.get() => Outcome::Broken(words),
        (false, _) => Outcome::NotDelivered(PodError::from_words(words)),
        (true, Some(reason)) if pair.data.answered.get() || sent => Outcome::Broken(reason),
        (true, Some(reason)) => Outcome::NotDelivered(PodError::SessionEnded(reason)),
        (true, None) if !pair.data.accepted.get() => {
            Outcome::NotDelivered(PodError::SessionEnded("the server did not accept the connection".to_owned()))
        }
        (true, None) if was_reset(session, pair) => Outcome::Broken("the process in the pod reset it".to_owned()),
        (true, None) if pair.data.finished.get() => Outcome::Done,
        (true, None) => Outcome::Broken("the server closed the stream".to_owned()),
    }
}
