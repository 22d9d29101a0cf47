//! One SPDY connection to one pod, with the streams on it.
//!
//! Everything runs on one thread, with cells instead of locks. Three tasks serve a session: the reader, the writer, and
//! the keeper, which pings and finds out whether the server is gone.

mod keepalive;
mod pump;
mod stream;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::framing::OutgoingFrame;
use crate::lanes::{Lane, Lanes};
use crate::placing::Load;
use crate::server::Connect;
use crate::spdy::{self, HeaderBlocks};
use crate::transport::Transport;
use crate::upgrade::UpgradedConnection;

/// Bytes that may wait for the network before local connections are no longer read.
const OUTGOING_LIMIT: usize = 256 * 1024;
/// Bytes that may wait for a slow local reader before its session is no longer read, if it has the session to itself.
const ALONE_LIMIT: usize = 1024 * 1024;
/// The same on a shared session: the others must go on, so there is more room, and beyond it the connection is cut.
const SHARED_LIMIT: usize = 8 * 1024 * 1024;

/// Bytes received since the session was last idle, from which on it counts as carrying a download.
const HEAVY: u64 = 4 * 1024 * 1024;

pub(crate) use stream::{Stream, StreamPair};

/// A SPDY connection.
pub(crate) struct Session {
    pub(crate) transport: Transport,
    outgoing: RefCell<VecDeque<OutgoingFrame>>,
    queued: Cell<usize>,
    wake_writer: Notify,
    space_left: Notify,
    resume: Notify,
    over: Notify,
    streams: RefCell<HashMap<u32, Rc<Stream>>>,
    lanes: RefCell<Lanes>,
    next_request: Cell<u32>,
    blocks: RefCell<HeaderBlocks>,
    connections: Cell<usize>,
    unproven: Cell<usize>,
    received: Cell<u64>,
    half_closed: Cell<usize>,
    end: RefCell<Option<String>>,
    last_heard: Cell<Instant>,
    pinged: Cell<Option<Instant>>,
    urgent: Cell<bool>,
    reading_paused: Cell<bool>,
    going_away: Cell<bool>,
    /// It ends with its last connection.
    retired: Cell<bool>,
    connector: Rc<dyn Connect>,
}

/// A connection whose client has closed its side. A slow reader is not cut for its sake.
pub(crate) struct HalfClosed<'a>(&'a Session);

impl Drop for HalfClosed<'_> {
    fn drop(&mut self) {
        self.0.half_closed.set(self.0.half_closed.get() - 1);
    }
}

impl Session {
    /// Starts serving an upgraded connection. Needs a `LocalSet`.
    pub(crate) fn start(upgraded: UpgradedConnection, connector: Rc<dyn Connect>) -> Rc<Session> {
        let session = Rc::new(Session {
            transport: upgraded.transport,
            outgoing: RefCell::default(),
            queued: Cell::new(0),
            wake_writer: Notify::new(),
            space_left: Notify::new(),
            resume: Notify::new(),
            over: Notify::new(),
            streams: RefCell::default(),
            lanes: RefCell::default(),
            next_request: Cell::new(0),
            blocks: RefCell::default(),
            connections: Cell::new(0),
            unproven: Cell::new(0),
            received: Cell::new(0),
            half_closed: Cell::new(0),
            end: RefCell::default(),
            last_heard: Cell::new(Instant::now()),
            pinged: Cell::new(None),
            urgent: Cell::new(false),
            reading_paused: Cell::new(false),
            going_away: Cell::new(false),
            retired: Cell::new(false),
            connector,
        });
        let (reader, writer) = tokio::io::split(upgraded.stream);
        tokio::task::spawn_local(session.clone().read(reader, upgraded.first_bytes));
        tokio::task::spawn_local(session.clone().write(writer));
        tokio::task::spawn_local(session.clone().keep_alive());
        session
    }

    /// A connection takes a lane, if there is one that may be used.
    pub(crate) fn enter(&self, unproven: bool) -> Option<Lane> {
        let lane = self.lanes.borrow_mut().take()?;
        if self.connections.get() == 0 {
            self.received.set(0);
        }
        self.connections.set(self.connections.get() + 1);
        self.unproven.set(self.unproven.get() + usize::from(unproven));
        // From the second connection on reading does not stop for a slow client.
        self.resume.notify_one();
        Some(lane)
    }

    /// A connection is over. Its last bytes may block its lane, which is used again when a pong shows that they were read.
    pub(crate) fn leave(&self, lane: Lane, unproven: bool) {
        self.connections.set(self.connections.get() - 1);
        self.unproven.set(self.unproven.get() - usize::from(unproven));
        self.lanes.borrow_mut().leave(lane);
        self.end_if_retired();
        if self.lanes.borrow().wants_ping() && self.is_alive() {
            self.ping();
        }
        self.resume.notify_one();
    }

    /// The port of a connection has answered.
    pub(crate) fn port_is_proven(&self) {
        self.unproven.set(self.unproven.get() - 1);
    }

    /// A connection's client has closed its side.
    pub(crate) fn half_close(&self) -> HalfClosed<'_> {
        self.half_closed.set(self.half_closed.get() + 1);
        self.resume.notify_one();
        HalfClosed(self)
    }

    /// How many connections it carries whose clients are still there.
    fn active_connections(&self) -> usize {
        self.connections.get().saturating_sub(self.half_closed.get())
    }

    /// How many connections it carries.
    pub(crate) fn connections(&self) -> usize {
        self.connections.get()
    }

    /// Whether a new connection may go on it.
    pub(crate) fn is_usable(&self) -> bool {
        self.end.borrow().is_none() && !self.going_away.get()
    }

    /// What a new connection finds here.
    pub(crate) fn load(&self) -> Load {
        let (open_lanes, free_lanes) = self.lanes.borrow().open_and_free();
        Load {
            connections: self.connections.get(),
            unproven: self.unproven.get(),
            open_lanes,
            free_lanes,
            in_doubt: self.lanes.borrow().in_doubt(),
            slow: self.is_slow(),
            heavy: self.received.get() > HEAVY,
        }
    }

    fn is_slow(&self) -> bool {
        self.reading_paused.get() || self.queued.get() >= OUTGOING_LIMIT || self.slowest() > ALONE_LIMIT / 4
    }

    /// Why it ended, if it did.
    pub(crate) fn ended(&self) -> Option<String> {
        self.end.borrow().clone()
    }

    /// Opens a connection to a port of the pod: the error stream first, as the runtimes demand, both in one go.
    pub(crate) fn open(&self, lane: Lane, port: u16, local: &Rc<TcpStream>) -> StreamPair {
        let (port, request) = (port.to_string(), self.next_request.get().to_string());
        self.next_request.set(self.next_request.get() + 1);
        let (error, data) = self.lanes.borrow_mut().streams(lane);
        let open = |id: u32, kind: &str, local: Option<Rc<TcpStream>>| {
            let stream = Rc::new(Stream { id, local: RefCell::new(local), ..Stream::default() });
            self.streams.borrow_mut().insert(id, stream.clone());
            let headers = [("streamtype", kind), ("port", port.as_str()), ("requestid", request.as_str())];
            let frame = self.blocks.borrow_mut().syn_stream(id, &headers);
            self.send_frame(&frame);
            stream
        };
        let error = open(error, "error", None);
        let data = open(data, "data", Some(local.clone()));
        StreamPair { error, data }
    }

    /// Forgets a connection's streams, and resets those that the server has not ended.
    pub(crate) fn close(&self, pair: &StreamPair) {
        for stream in [&pair.data, &pair.error] {
            if self.streams.borrow_mut().remove(&stream.id).is_some() && !stream.cut.get() && self.is_alive() {
                self.send_frame(&spdy::reset(stream.id, spdy::CANCEL));
            }
            stream.local.borrow_mut().take();
        }
        self.resume.notify_one();
    }

    /// Closes our side of a stream.
    pub(crate) fn finish(&self, stream: &Stream) {
        self.send_frame(&spdy::data_header(stream.id, 0, true));
    }

    /// Waits until there is space for bytes to send.
    ///
    /// # Errors
    /// When the session ended.
    pub(crate) async fn space(&self) -> Result<(), String> {
        loop {
            if let Some(reason) = self.ended() {
                return Err(reason);
            }
            if self.queued.get() < OUTGOING_LIMIT {
                return Ok(());
            }
            self.space_left.notified().await;
        }
    }

    /// Sends the bytes behind [`HEADROOM`](crate::framing::HEADROOM) on a stream.
    pub(crate) fn send(&self, stream: &Stream, bytes: Vec<u8>) {
        self.lanes.borrow_mut().sent(Lane::of(stream.id));
        self.push(OutgoingFrame::data(stream.id, bytes));
    }

    /// Pending bytes of a stream went to the client: reading may go on.
    pub(crate) fn drained(&self) {
        if self.reading_paused.get() {
            self.resume.notify_one();
        }
    }

    /// No new connections go on it; those that are there go on.
    pub(crate) fn avoid(&self) {
        self.going_away.set(true);
    }

    /// It ends with its last connection; now, if it has none.
    pub(crate) fn retire(&self) {
        self.retired.set(true);
        self.end_if_retired();
    }

    fn end_if_retired(&self) {
        if self.retired.get() && self.connections.get() == 0 {
            self.stop("no longer needed");
        }
    }

    /// Asks at once whether the server is still there.
    pub(crate) fn check_now(&self) {
        if self.pinged.get().is_none() {
            self.urgent.set(true);
            self.ping();
        }
    }

    /// Ends the session; everything on it is cut.
    pub(crate) fn stop(&self, reason: &str) {
        if self.end.borrow().is_some() {
            return;
        }
        *self.end.borrow_mut() = Some(reason.to_owned());
        for stream in self.streams.borrow_mut().drain().map(|(_, stream)| stream) {
            stream.cut.set(true);
            stream.changed.notify_one();
        }
        self.wake_writer.notify_one();
        self.space_left.notify_waiters();
        self.over.notify_waiters();
        self.resume.notify_one();
    }

    fn is_alive(&self) -> bool {
        self.end.borrow().is_none()
    }

    fn send_frame(&self, frame: &[u8]) {
        self.push(OutgoingFrame::spdy(frame));
    }

    fn push(&self, outgoing: OutgoingFrame) {
        self.queued.set(self.queued.get() + outgoing.bytes().len());
        self.outgoing.borrow_mut().push_back(outgoing);
        self.wake_writer.notify_one();
    }

    /// Asks whether the server is there, and which lanes have read what was sent.
    fn ping(&self) {
        let pings = self.lanes.borrow_mut().pings_to_send();
        if !pings.is_empty() {
            self.pinged.set(Some(Instant::now()));
        }
        pings.into_iter().for_each(|ping| self.send_frame(&spdy::ping(ping)));
    }

    fn slowest(&self) -> usize {
        self.streams.borrow().values().map(|stream| stream.pending.borrow().len()).max().unwrap_or(0)
    }
}
