//! One stream of a session, and the bytes of it that wait for a slow local reader.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http_response::HttpResponse;

/// One stream of a session, as the local connection that it serves sees it.
#[derive(Default)]
pub(crate) struct Stream {
    /// Its number on the wire.
    pub(crate) id: u32,
    pub(crate) local: RefCell<Option<Rc<TcpStream>>>,
    pub(crate) pending: RefCell<VecDeque<u8>>,
    /// The server has accepted it.
    pub(crate) accepted: Cell<bool>,
    /// The server sends nothing more on it.
    pub(crate) finished: Cell<bool>,
    /// The server, or the session's end, cut it.
    pub(crate) cut: Cell<bool>,
    /// It was cut by us, because its local reader was too slow for the others.
    pub(crate) overflowed: Cell<bool>,
    /// At least one byte came.
    pub(crate) answered: Cell<bool>,
    /// When bytes last came, or went on to the local connection.
    pub(crate) last_byte: Cell<Option<Instant>>,
    pub(crate) answer: RefCell<HttpResponse>,
    pub(crate) answer_grew: Notify,
    /// Something above changed, or bytes are pending.
    pub(crate) changed: Notify,
}

impl Stream {
    /// Whether bytes wait for the local connection.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.borrow().is_empty()
    }

    /// What came, as text: for the error stream.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.pending.borrow().iter().copied().collect::<Vec<u8>>()).trim().to_owned()
    }

    /// Writes pending bytes to the local connection as far as it takes them now.
    ///
    /// # Errors
    /// When the local connection is gone.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        let local = self.local.borrow();
        let (Some(local), mut pending) = (local.as_ref(), self.pending.borrow_mut()) else { return Ok(()) };
        while !pending.is_empty() {
            let (front, _) = pending.as_slices();
            match local.try_write(front) {
                Ok(written) => {
                    pending.drain(..written);
                    self.last_byte.set(Some(Instant::now()));
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        if pending.capacity() > 64 * 1024 {
            *pending = VecDeque::new();
        }
        Ok(())
    }

    /// Whether a whole answer of HTTP came, and is with the local connection.
    pub(crate) fn has_whole_answer(&self) -> bool {
        self.answer.borrow().is_whole() && !self.has_pending()
    }

    /// Waits until what came is a whole answer of HTTP.
    pub(crate) async fn whole_answer(&self) {
        while !self.answer.borrow().is_whole() {
            self.answer_grew.notified().await;
        }
    }

    /// Takes bytes in: to the local connection at once, what it does not take waits.
    pub(crate) fn take(&self, bytes: &[u8]) {
        self.last_byte.set(Some(Instant::now()));
        self.answer.borrow_mut().add(bytes);
        self.answer_grew.notify_one();
        let mut rest = bytes;
        let local = self.local.borrow();
        if let (Some(local), true) = (local.as_ref(), self.pending.borrow().is_empty()) {
            while !rest.is_empty() {
                match local.try_write(rest) {
                    Ok(written) => rest = &rest[written..],
                    // A connection that is gone is noticed where it is served.
                    Err(_) => break,
                }
            }
        }
        if !rest.is_empty() {
            self.pending.borrow_mut().extend(rest);
            self.changed.notify_one();
        }
    }
}

/// The two streams of a connection.
pub(crate) struct StreamPair {
    /// Where the server says what went wrong.
    pub(crate) error: Rc<Stream>,
    /// The bytes.
    pub(crate) data: Rc<Stream>,
}
