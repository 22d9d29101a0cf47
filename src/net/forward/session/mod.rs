//! One SPDY connection to one pod, with the streams on it.
//!
//! Everything runs on one thread: cells instead of locks. Three tasks serve a session: the reader, the writer, and the
//! keeper, which pings and finds out whether silence is death.

mod keep;
mod pump;
mod stream;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use crate::model::spdy::{self, HeaderBlocks};
use crate::net::forward::dial::{Endpoint, Transport, Upgraded};
use crate::net::forward::pipe::Pipe;
use crate::net::forward::wire::Outgoing;

/// Bytes that may wait for the network before local connections are no longer read.
const OUTGOING_LIMIT: usize = 256 * 1024;
/// Bytes that may wait for a slow local reader before its session is no longer read, if it has the session to itself.
const ALONE_LIMIT: usize = 1024 * 1024;
/// The same where others share the session: they must go on, so there is more room, and an end to it.
const SHARED_LIMIT: usize = 8 * 1024 * 1024;

pub use stream::{Pair, Stream};

type Pipes = TlsStream<Box<dyn Pipe>>;

/// One SPDY connection.
pub struct Session {
    /// How it was opened.
    pub transport: Transport,
    outgoing: RefCell<VecDeque<Outgoing>>,
    queued: Cell<usize>,
    wake_writer: Notify,
    space: Notify,
    resume: Notify,
    over: Notify,
    streams: RefCell<HashMap<u32, Rc<Stream>>>,
    next_stream: Cell<u32>,
    next_request: Cell<u32>,
    blocks: RefCell<HeaderBlocks>,
    connections: Cell<usize>,
    lingering: Cell<usize>,
    end: RefCell<Option<String>>,
    heard: Cell<Instant>,
    pinged: Cell<Option<Instant>>,
    ping_id: Cell<u32>,
    /// Bytes of streams sent so far; how many of them had been when the last ping went; and of those, how many the server
    /// has read for certain, because it answered the ping behind them.
    sent: Cell<u64>,
    sent_at_ping: Cell<u64>,
    proven: Cell<u64>,
    urgent: Cell<bool>,
    reading_paused: Cell<bool>,
    going_away: Cell<bool>,
    endpoint: Endpoint,
}

/// A connection's place on a session; it ends with the value.
pub struct Claim(pub Rc<Session>);

/// A connection whose client has closed its side: it is no neighbour for whose sake a slow reader is cut.
pub struct Lingering<'a>(&'a Session);

impl Drop for Lingering<'_> {
    fn drop(&mut self) {
        self.0.lingering.set(self.0.lingering.get() - 1);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.connections.set(self.0.connections.get() - 1);
        self.0.resume.notify_one();
    }
}

impl Session {
    /// Starts serving an upgraded connection. Needs a `LocalSet`.
    pub fn start(upgraded: Upgraded, endpoint: Endpoint) -> Rc<Session> {
        let session = Rc::new(Session {
            transport: upgraded.transport,
            outgoing: RefCell::default(),
            queued: Cell::new(0),
            wake_writer: Notify::new(),
            space: Notify::new(),
            resume: Notify::new(),
            over: Notify::new(),
            streams: RefCell::default(),
            next_stream: Cell::new(1),
            next_request: Cell::new(0),
            blocks: RefCell::default(),
            connections: Cell::new(0),
            lingering: Cell::new(0),
            end: RefCell::default(),
            heard: Cell::new(Instant::now()),
            pinged: Cell::new(None),
            ping_id: Cell::new(1),
            sent: Cell::new(0),
            sent_at_ping: Cell::new(0),
            proven: Cell::new(0),
            urgent: Cell::new(false),
            reading_paused: Cell::new(false),
            going_away: Cell::new(false),
            endpoint,
        });
        let (reader, writer) = tokio::io::split(upgraded.stream);
        tokio::task::spawn_local(session.clone().read(reader, upgraded.first_bytes));
        tokio::task::spawn_local(session.clone().write(writer));
        tokio::task::spawn_local(session.clone().keep());
        session
    }

    /// Takes a place on the session.
    pub fn claim(self: &Rc<Self>) -> Claim {
        self.connections.set(self.connections.get() + 1);
        // From the second connection on nobody waits for a slow reader.
        self.resume.notify_one();
        Claim(self.clone())
    }

    /// A connection's client has closed its side.
    pub fn linger(&self) -> Lingering<'_> {
        self.lingering.set(self.lingering.get() + 1);
        self.resume.notify_one();
        Lingering(self)
    }

    /// How many connections it carries whose clients are still there.
    fn lively(&self) -> usize {
        self.connections.get().saturating_sub(self.lingering.get())
    }

    /// How many connections it carries.
    pub fn connections(&self) -> usize {
        self.connections.get()
    }

    /// Whether a new connection may go on it.
    pub fn is_usable(&self) -> bool {
        self.end.borrow().is_none() && !self.going_away.get()
    }

    /// Whether somebody on it is slow: a new connection is better off elsewhere.
    pub fn is_slow(&self) -> bool {
        self.reading_paused.get() || self.queued.get() >= OUTGOING_LIMIT || self.slowest() > ALONE_LIMIT / 4
    }

    /// Why it ended, if it did.
    pub fn ended(&self) -> Option<String> {
        self.end.borrow().clone()
    }

    /// Opens a connection to a port of the pod: the error stream first, as the runtimes demand, both in one go.
    pub fn open(&self, port: u16, local: &Rc<TcpStream>) -> Pair {
        let (port, request) = (port.to_string(), self.next_request.get().to_string());
        self.next_request.set(self.next_request.get() + 1);
        let open = |kind: &str, local: Option<Rc<TcpStream>>| {
            let id = self.next_stream.get();
            self.next_stream.set(id + 2);
            let stream = Rc::new(Stream { id, local: RefCell::new(local), ..Stream::default() });
            self.streams.borrow_mut().insert(id, stream.clone());
            let headers = [("streamtype", kind), ("port", port.as_str()), ("requestid", request.as_str())];
            let frame = self.blocks.borrow_mut().syn_stream(id, &headers);
            self.say(&frame);
            stream
        };
        let error = open("error", None);
        let data = open("data", Some(local.clone()));
        Pair { error, data }
    }

    /// Forgets a connection's streams; the server is told where it does not know yet.
    pub fn close(&self, pair: &Pair) {
        for stream in [&pair.data, &pair.error] {
            if self.streams.borrow_mut().remove(&stream.id).is_some() && !stream.cut.get() && self.is_alive() {
                self.say(&spdy::reset(stream.id, spdy::CANCEL));
            }
            stream.local.borrow_mut().take();
        }
        self.resume.notify_one();
    }

    /// Says that we send nothing more on a stream.
    pub fn finish(&self, stream: &Stream) {
        self.say(&spdy::data_header(stream.id, 0, true));
    }

    /// Waits until there is room for bytes to send.
    ///
    /// # Errors
    /// When the session ended.
    pub async fn room(&self) -> Result<(), String> {
        loop {
            if let Some(reason) = self.ended() {
                return Err(reason);
            }
            if self.queued.get() < OUTGOING_LIMIT {
                return Ok(());
            }
            self.space.notified().await;
        }
    }

    /// Sends the bytes behind [`HEADROOM`](crate::net::forward::wire::HEADROOM) on a stream.
    pub fn send(&self, stream: &Stream, bytes: Vec<u8>) {
        self.sent.set(self.sent.get() + bytes.len() as u64);
        self.push(Outgoing::data(stream.id, bytes));
    }

    /// Bytes were taken out of a stream's pending ones: perhaps reading can go on.
    pub fn drained(&self) {
        if self.reading_paused.get() {
            self.resume.notify_one();
        }
    }

    /// Nothing new goes on it; what is on it goes on.
    pub fn avoid(&self) {
        self.going_away.set(true);
    }

    /// Asks at once whether the other side is there: after sleep, or when something looks wrong.
    pub fn check_now(&self) {
        if self.pinged.get().is_none() {
            self.urgent.set(true);
            self.ping();
        }
    }

    /// Ends the session; everything on it is cut.
    pub fn stop(&self, reason: &str) {
        if self.end.borrow().is_some() {
            return;
        }
        *self.end.borrow_mut() = Some(reason.to_owned());
        for stream in self.streams.borrow_mut().drain().map(|(_, stream)| stream) {
            stream.cut.set(true);
            stream.changed.notify_one();
        }
        self.wake_writer.notify_one();
        self.space.notify_waiters();
        self.over.notify_waiters();
        self.resume.notify_one();
    }

    fn is_alive(&self) -> bool {
        self.end.borrow().is_none()
    }

    fn say(&self, frame: &[u8]) {
        self.push(Outgoing::frame(frame));
    }

    fn push(&self, outgoing: Outgoing) {
        self.queued.set(self.queued.get() + outgoing.bytes().len());
        self.outgoing.borrow_mut().push_back(outgoing);
        self.wake_writer.notify_one();
    }

    fn ping(&self) {
        let id = self.ping_id.get();
        self.ping_id.set(id.wrapping_add(2) | 1);
        self.pinged.set(Some(Instant::now()));
        self.sent_at_ping.set(self.sent.get());
        self.say(&spdy::ping(id));
    }

    fn slowest(&self) -> usize {
        self.streams.borrow().values().map(|stream| stream.pending.borrow().len()).max().unwrap_or(0)
    }
}
