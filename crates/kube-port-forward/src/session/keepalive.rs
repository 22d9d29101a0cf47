//! Pings, and what a missing answer to them means.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::Session;

/// Silence after which a ping is sent. The shortest idle limit on the way is 350 s (NLB).
const PING_AFTER: Duration = Duration::from_secs(10);
/// The same when something was sent since the last pong.
const PROVE_AFTER: Duration = Duration::from_secs(1);
/// An idle session with a lane in doubt is given up after so many seconds: its worker is stuck.
const DOUBT_LIMIT: u32 = 3;
/// How long a pong may take.
const PONG_LIMIT: Duration = Duration::from_secs(6);

impl Session {
    /// Pings when nothing comes, and tells back-pressure from a dead connection when there is no answer.
    pub(crate) async fn keep_alive(self: Rc<Self>) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        let mut doubted = 0;
        while self.is_alive() {
            tick.tick().await;
            doubted = if self.connections() == 0 && self.lanes.borrow().in_doubt() { doubted + 1 } else { 0 };
            match self.pinged.get() {
                _ if doubted > DOUBT_LIMIT => self.stop("the server does not read what was sent"),
                None if self.last_heard.get().elapsed() >= self.silence_before_a_ping() => self.ping(),
                Some(at) if at.elapsed() >= self.patience() && !self.is_held_up() => self.judge_silence().await,
                _ => {}
            }
        }
    }

    /// Soon after bytes were sent: until they are known to be read, a missing pong does not mean that the server is gone.
    fn silence_before_a_ping(&self) -> Duration {
        if self.lanes.borrow().wants_ping() { PROVE_AFTER } else { PING_AFTER }
    }

    fn patience(&self) -> Duration {
        if self.urgent.get() { Duration::from_secs(3) } else { PONG_LIMIT }
    }

    /// No pong can come while we do not read, or while our ping still waits behind what the server does not read.
    fn is_held_up(&self) -> bool {
        self.reading_paused.get() || self.queued.get() > 0
    }

    /// Without a pong the connection is dead if the API cannot be reached at all, or if everything that was sent is known
    /// to be read: then nothing (a pod that does not read) can hold the pong up on the server's side.
    async fn judge_silence(&self) {
        let busy = !self.streams.borrow().is_empty() && self.lanes.borrow().has_unread();
        let reachable = self.connector.connect().await.is_ok();
        let answered_meanwhile = self.pinged.get().is_none();
        if answered_meanwhile {
            return;
        }
        match (reachable, busy) {
            (true, true) => {
                // Alive and held up: nothing new goes on it, and what is on it goes on.
                self.going_away.set(true);
                self.pinged.set(Some(Instant::now()));
            }
            (true, false) => self.stop("the server no longer answers on this connection"),
            (false, _) => self.stop("the network no longer leads to the server"),
        }
    }
}
