//! One local connection, carried over a session to a port of the pod.

use std::rc::Rc;
use std::time::Duration;

/// A connection of a local program.
pub use tokio::net::TcpStream as LocalConnection;

use crate::model::trouble::Trouble;
use crate::net::forward::claim::Claim;
use crate::net::forward::session::{Pair, Session, Stream};
pub use crate::net::forward::upload::Unanswered;
use crate::net::forward::upload::{say_goodbye, upload};

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

/// How long the error stream is waited for when the data stream ended without a byte.
const REASON_LIMIT: Duration = Duration::from_secs(3);
/// The same after bytes came: the verdict follows at once, or there is none yet.
const VERDICT_LIMIT: Duration = Duration::from_millis(250);
/// A server accepts streams at once, unless something holds it up on this session: then another one is tried, with
/// more patience each time.
const FIRST_ACCEPT_LIMIT: Duration = Duration::from_secs(1);
const LAST_ACCEPT_LIMIT: Duration = Duration::from_secs(10);

/// A connection of a local program on its way to a pod, over as many attempts as it takes.
pub struct Journey {
    local: Rc<LocalConnection>,
    unanswered: Unanswered,
    patience: Duration,
}

impl Journey {
    /// Nothing was tried yet.
    pub fn new(local: &Rc<LocalConnection>) -> Self {
        Journey { local: local.clone(), unanswered: Unanswered::default(), patience: FIRST_ACCEPT_LIMIT }
    }
}

/// Carries a connection to its end, or until it is clear that it has to be opened elsewhere.
pub async fn carry(journey: &mut Journey, claim: &Claim) -> Outcome {
    let pair = claim.open(&journey.local);
    let outcome = carried(journey, claim, &pair).await;
    claim.session.close(&pair);
    match outcome {
        Outcome::NotDelivered(trouble) => {
            if let Trouble::Refused(_) = &trouble {
                claim.refused();
            }
            // What is not here any more cannot be said to another pod.
            if journey.unanswered.is_whole() {
                Outcome::NotDelivered(trouble)
            } else {
                Outcome::Broken(trouble.words().to_owned())
            }
        }
        outcome => outcome,
    }
}

async fn carried(journey: &mut Journey, claim: &Claim, pair: &Pair) -> Outcome {
    let (session, data) = (&claim.session, &pair.data);
    if !accepted(data, journey.patience).await {
        // A session that takes no streams any more is not given new ones.
        session.avoid();
        journey.patience = (journey.patience * 2).min(LAST_ACCEPT_LIMIT);
        return failed(session, pair, false).await;
    }
    session.finish(&pair.error);
    if let Some(hold) = claim.hold() {
        if is_over(data, hold).await {
            return failed(session, pair, false).await;
        }
        claim.was_not_refused();
    }
    if let Some(bytes) = journey.unanswered.again() {
        if session.space().await.is_err() {
            return failed(session, pair, true).await;
        }
        session.send(data, bytes);
    }
    let local = journey.local.clone();
    let mut up = std::pin::pin!(upload(&local, session, data, &mut journey.unanswered));
    let mut down = std::pin::pin!(download(&local, claim, data));
    // What came is heard before more is sent: bytes for a stream that has ended block the server's worker.
    let ended = tokio::select! {
        biased;
        ended = &mut down => ended,
        // The client is gone for good, or the session is.
        () = &mut up => Ended::ByClient,
    };
    match ended {
        Ended::Clean if data.answered.get() => {
            // A reset in the pod ends the data stream like a clean end does; the error stream tells them apart.
            let _ = tokio::time::timeout(VERDICT_LIMIT, at_end(&pair.error)).await;
            let verdict = verdict_after_bytes(session, pair);
            session.close(pair);
            if verdict == Outcome::Done {
                say_goodbye(&local);
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

async fn accepted(data: &Stream, patience: Duration) -> bool {
    let waiting = async {
        while !data.accepted.get() && !data.cut.get() && !data.finished.get() {
            data.changed.notified().await;
        }
    };
    let _ = tokio::time::timeout(patience, waiting).await;
    data.accepted.get() && !data.cut.get()
}

/// Whether a stream ends without a word within so long.
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
async fn download(local: &LocalConnection, claim: &Claim, data: &Stream) -> Ended {
    loop {
        if data.answered.get() {
            claim.answered();
        }
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
            claim.session.drained();
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

/// An end after bytes came: clean, unless the error stream says otherwise, or was reset.
fn verdict_after_bytes(session: &Session, pair: &Pair) -> Outcome {
    let words = pair.error.text();
    if was_reset(session, pair) {
        Outcome::Broken("the process reset it".to_owned())
    } else if words.is_empty() {
        Outcome::Done
    } else {
        Outcome::Broken(words)
    }
}

/// Some runtimes say nothing when the process resets a connection: they reset the error stream.
fn was_reset(session: &Session, pair: &Pair) -> bool {
    pair.error.text().is_empty() && pair.error.cut.get() && session.ended().is_none()
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
        (true, None) if was_reset(session, pair) => Outcome::Broken("the process reset it".to_owned()),
        (true, None) if pair.data.finished.get() => Outcome::Done,
        (true, None) => Outcome::Broken("the server cut the stream".to_owned()),
    }
}

/// Makes the client see a reset instead of a clean end.
pub fn reset_on_close(local: &LocalConnection) {
    let _ = socket2::SockRef::from(local).set_linger(Some(Duration::ZERO));
}
