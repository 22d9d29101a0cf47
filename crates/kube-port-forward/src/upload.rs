//! From the client to the pod.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::framing::HEADROOM;
use crate::session::{Session, Stream};

/// More than any request's head; a client that says more before it is answered is not replayed.
const REPLAY_LIMIT: usize = 64 * 1024;
/// How long the pod may be silent after the client closed its sending side, before the pod is told. containerd ends the
/// whole connection a second after a half-close, so it comes only when the answer is over.
const HALF_CLOSE_PATIENCE: Duration = Duration::from_secs(30);
/// The same for a client that has its answer: as long as bytes come, and this much longer.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);
/// With the headers in front as much as rustls takes at once, in four full records.
const READ_PIECE: usize = 64 * 1024;

/// What the client has said and the pod has not answered: sent again when the connection has to be carried anew.
#[derive(Debug, Default)]
pub(crate) struct ReplayBuffer {
    bytes: Vec<u8>,
    /// It said more than is kept, or something after the first answer.
    is_truncated: bool,
    ended: bool,
}

impl ReplayBuffer {
    /// Whether everything that the client said is here.
    pub(crate) fn is_complete(&self) -> bool {
        !self.is_truncated
    }

    /// The bytes to send first on a new stream, behind [`HEADROOM`].
    pub(crate) fn to_send(&self) -> Option<Vec<u8>> {
        (!self.bytes.is_empty()).then(|| [&[0; HEADROOM][..], &self.bytes].concat())
    }

    fn add(&mut self, bytes: &[u8], answered: bool) {
        self.is_truncated = self.is_truncated || answered || self.bytes.len() + bytes.len() > REPLAY_LIMIT;
        if !self.is_truncated {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Whether it can be one request of HTTP and nothing more.
    fn is_one_request(&self) -> bool {
        self.is_complete() && self.bytes.windows(4).filter(|window| window == b"\r\n\r\n").count() == 1
    }
}

/// Takes what the client says to the pod. Ends when the client is gone for good: it closed its side and nothing came for
/// a while.
pub(crate) async fn upload(local: &TcpStream, session: &Session, data: &Stream, replay: &mut ReplayBuffer) {
    let mut sent_at = None;
    while !replay.ended {
        if local.readable().await.is_err() {
            return;
        }
        // Space first: bytes that are not read yet hold up the client alone.
        if session.space().await.is_err() {
            return std::future::pending().await;
        }
        match read_piece(local) {
            Ok(bytes) if bytes.len() == HEADROOM => replay.ended = true,
            Ok(bytes) => {
                replay.add(&bytes[HEADROOM..], data.answered.get());
                session.send(data, bytes);
                sent_at = Some(Instant::now());
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            // The client has reset the connection.
            Err(_) => return,
        }
    }
    let _half_closed = session.half_close();
    // A client that was answered after it last spoke, and then closes, has what it wanted (HTTP keep-alive above all).
    let was_answered = data.last_byte.get().is_some_and(|last| sent_at.is_none_or(|sent| last > sent));
    if was_answered && replay.is_one_request() && data.has_whole_answer() {
        return;
    }
    if was_answered {
        return silence(data, CLOSE_PATIENCE).await;
    }
    tokio::select! {
        () = silence(data, HALF_CLOSE_PATIENCE) => {}
        // The one request was answered: whatever the runtime does now, nothing of it is lost.
        () = data.whole_answer(), if replay.is_one_request() => {}
    }
    session.finish(data);
    // The runtime now ends the connection by itself, and it is heard where the answer is read.
    std::future::pending().await
}

/// Waits until nothing has come for this long.
async fn silence(data: &Stream, patience: Duration) {
    let closed = Instant::now();
    let since = || data.last_byte.get().map_or(closed, |last| last.max(closed));
    while since().elapsed() < patience {
        tokio::time::sleep_until(since() + patience).await;
    }
}

/// Tells the client that nothing more comes. What it has said since is taken, because a socket that is closed on unread
/// bytes resets the connection, and the client could lose what it has not read yet. It is not sent: the pod's side is
/// gone. What it says from now on is answered by a reset, as it is without a forward.
pub(crate) fn say_goodbye(local: &TcpStream) {
    let _ = socket2::SockRef::from(local).shutdown(std::net::Shutdown::Write);
    while read_piece(local).is_ok_and(|bytes| bytes.len() > HEADROOM) {}
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
fn read_piece(local: &TcpStream) -> std::io::Result<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pieces: &[&str]) -> ReplayBuffer {
        let mut replay = ReplayBuffer::default();
        pieces.iter().for_each(|piece| replay.add(piece.as_bytes(), false));
        replay
    }

    #[test]
    fn one_request_is_told_from_others() {
        assert!(said(&["GET / HTTP/1.0\r\n", "\r\n"]).is_one_request());
        assert!(!said(&["GET / HTTP/1.0\r\n"]).is_one_request());
        assert!(!said(&["GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"]).is_one_request());
        let mut late = said(&["GET / HTTP/1.1\r\n\r\n"]);
        late.add(b"GET /2", true);
        assert!(!late.is_one_request() && !late.is_complete());
    }

    #[test]
    fn more_than_is_kept_is_never_said_again_in_part() {
        let mut replay = said(&["x"]);
        assert!(replay.is_complete() && replay.to_send().is_some_and(|bytes| bytes.len() == HEADROOM + 1));
        replay.add(&vec![0; REPLAY_LIMIT], false);
        assert!(!replay.is_complete());
    }
}
