//! One SPDY connection to one pod, with the streams on it.
//!
//! Everything runs on one thread: cells instead of locks. Three tasks serve a session: the reader, the writer, and the
//! keeper, which pings and finds out whether silence is death.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use crate::model::spdy::{self, Decoder, Event, HeaderBlocks};
use crate::net::forward::dial::{Endpoint, Pipe, Transport, Upgraded};
use crate::net::forward::wire::{Aside, Unwrapper, Wrapper};

/// Bytes that may wait for the network before local connections are no longer read.
const OUTGOING_LIMIT: usize = 256 * 1024;
/// Bytes that may wait for a slow local reader before its session is no longer read, if it has the session to itself.
const ALONE_LIMIT: usize = 1024 * 1024;
/// The same where others share the session: they must go on, so there is more room, and an end to it.
const SHARED_LIMIT: usize = 8 * 1024 * 1024;
const READ_BUFFER: usize = 128 * 1024;
const LEAST_FILL: usize = 16 * 1024;
/// Silence after which we ask whether anybody is there. The nearest idle limit on the way is 350 s (NLB).
const PING_AFTER: Duration = Duration::from_secs(10);
/// Silence after a ping that is suspicious.
const PONG_LIMIT: Duration = Duration::from_secs(6);

type Pipes = TlsStream<Box<dyn Pipe>>;

/// One stream of a session, as the local connection that it serves sees it.
#[derive(Default)]
pub struct Stream {
    /// Its number on the wire.
    pub id: u32,
    local: RefCell<Option<Rc<TcpStream>>>,
    pending: RefCell<VecDeque<u8>>,
    /// The server has accepted it.
    pub accepted: Cell<bool>,
    /// The server sends nothing more on it.
    pub finished: Cell<bool>,
    /// The server, or the session's end, cut it.
    pub cut: Cell<bool>,
    /// It was cut by us, because its local reader was too slow for the others.
    pub overflowed: Cell<bool>,
    /// At least one byte came.
    pub answered: Cell<bool>,
    /// When bytes last came, or went on to the local connection.
    pub last_byte: Cell<Option<Instant>>,
    /// Something above changed, or bytes are pending.
    pub changed: Notify,
}

impl Stream {
    /// Whether bytes wait for the local connection.
    pub fn has_pending(&self) -> bool {
        !self.pending.borrow().is_empty()
    }

    /// What came, as text: for the error stream.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.pending.borrow().iter().copied().collect::<Vec<u8>>()).trim().to_owned()
    }

    /// Writes pending bytes to the local connection as far as it takes them now.
    ///
    /// # Errors
    /// When the local connection is gone.
    pub fn flush(&self) -> std::io::Result<()> {
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

    /// Takes bytes in: to the local connection at once, what it does not take waits.
    fn take(&self, bytes: &[u8]) {
        self.last_byte.set(Some(Instant::now()));
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
pub struct Pair {
    /// Where the server says what went wrong.
    pub error: Rc<Stream>,
    /// The bytes.
    pub data: Rc<Stream>,
}

/// One SPDY connection.
pub struct Session {
    /// How it was opened.
    pub transport: Transport,
    outgoing: RefCell<VecDeque<Vec<u8>>>,
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
    end: RefCell<Option<String>>,
    heard: Cell<Instant>,
    pinged: Cell<Option<Instant>>,
    ping_id: Cell<u32>,
    urgent: Cell<bool>,
    reading_paused: Cell<bool>,
    going_away: Cell<bool>,
    endpoint: Endpoint,
}

/// A connection's place on a session; it ends with the value.
pub struct Claim(pub Rc<Session>);

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
            end: RefCell::default(),
            heard: Cell::new(Instant::now()),
            pinged: Cell::new(None),
            ping_id: Cell::new(1),
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
            self.push(frame);
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
                self.push(spdy::reset(stream.id, spdy::CANCEL));
            }
            stream.local.borrow_mut().take();
        }
        self.resume.notify_one();
    }

    /// Says that we send nothing more on a stream.
    pub fn finish(&self, stream: &Stream) {
        self.push(spdy::data_header(stream.id, 0, true).to_vec());
    }

    /// Sends bytes on a stream, when there is room for them.
    ///
    /// # Errors
    /// When the session ended.
    pub async fn send(&self, stream: &Stream, bytes: &[u8]) -> Result<(), String> {
        loop {
            if let Some(reason) = self.ended() {
                return Err(reason);
            }
            if self.queued.get() < OUTGOING_LIMIT {
                break;
            }
            self.space.notified().await;
        }
        let mut frame = Vec::with_capacity(spdy::FRAME_HEADER + bytes.len());
        frame.extend_from_slice(&spdy::data_header(stream.id, bytes.len(), false));
        frame.extend_from_slice(bytes);
        self.push(frame);
        Ok(())
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

    fn push(&self, frame: Vec<u8>) {
        self.queued.set(self.queued.get() + frame.len());
        self.outgoing.borrow_mut().push_back(frame);
        self.wake_writer.notify_one();
    }

    fn ping(&self) {
        let id = self.ping_id.get();
        self.ping_id.set(id.wrapping_add(2) | 1);
        self.pinged.set(Some(Instant::now()));
        self.push(spdy::ping(id));
    }

    fn slowest(&self) -> usize {
        self.streams.borrow().values().map(|stream| stream.pending.borrow().len()).max().unwrap_or(0)
    }

    async fn read(self: Rc<Self>, mut reader: ReadHalf<Pipes>, first_bytes: Vec<u8>) {
        let (mut unwrapper, mut decoder) = (Unwrapper::new(self.transport), Decoder::default());
        let mut buffer = vec![0; READ_BUFFER];
        let mut outcome = self.consume(&mut unwrapper, &mut decoder, &first_bytes);
        while let (Ok(()), true) = (&outcome, self.is_alive()) {
            self.pause_for_a_slow_reader().await;
            let read = tokio::select! {
                read = reader.read(&mut buffer) => read,
                () = self.ended_by_others() => break,
            };
            outcome = match read {
                Ok(0) => Err("the server closed the connection".to_owned()),
                Ok(read) => {
                    let read = read + fill(&mut reader, &mut buffer[read..]);
                    self.heard.set(Instant::now());
                    self.pinged.set(None);
                    self.urgent.set(false);
                    self.consume(&mut unwrapper, &mut decoder, &buffer[..read])
                }
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    Err("the server closed the connection".to_owned())
                }
                Err(error) => Err(crate::error::plain_io(&error)),
            };
        }
        if let Err(reason) = outcome {
            self.stop(&reason);
        }
    }

    async fn ended_by_others(&self) {
        while self.is_alive() {
            self.over.notified().await;
        }
    }

    /// Back-pressure: a slow reader that has the session to itself slows the pod down, as it would without us.
    async fn pause_for_a_slow_reader(&self) {
        while self.is_alive() && self.connections.get() <= 1 && self.slowest() > ALONE_LIMIT {
            self.reading_paused.set(true);
            self.resume.notified().await;
        }
        self.reading_paused.set(false);
    }

    fn consume(&self, unwrapper: &mut Unwrapper, decoder: &mut Decoder, bytes: &[u8]) -> Result<(), String> {
        let mut input = bytes;
        while let Some(step) = unwrapper.next(&mut input)? {
            match step {
                Ok(mut inner) => {
                    while let Some(event) = decoder.next(&mut inner).map_err(|malformed| malformed.0)? {
                        self.handle(event);
                    }
                }
                Err(Aside::Ping(body)) => self.push_aside(Wrapper::new(self.transport).pong(&body)),
                Err(Aside::Close) => return Err("the server closed the connection".to_owned()),
            }
        }
        Ok(())
    }

    /// Bytes of the transport itself: the writer must not wrap them again, so they carry a mark.
    fn push_aside(&self, bytes: Vec<u8>) {
        let mut marked = ASIDE.to_vec();
        marked.extend_from_slice(&bytes);
        self.push(marked);
    }

    fn handle(&self, event: Event<'_>) {
        match event {
            Event::Data { stream, bytes, fin } => {
                let Some(stream) = self.streams.borrow().get(&stream).cloned() else { return };
                if !bytes.is_empty() {
                    stream.answered.set(true);
                    stream.take(bytes);
                    self.cut_if_too_slow(&stream);
                }
                if fin {
                    stream.finished.set(true);
                    stream.changed.notify_one();
                }
            }
            Event::Reply { stream, fin } => {
                if let Some(stream) = self.streams.borrow().get(&stream) {
                    stream.accepted.set(true);
                    stream.finished.set(stream.finished.get() || fin);
                    stream.changed.notify_one();
                }
            }
            Event::Reset { stream, .. } => {
                if let Some(stream) = self.streams.borrow_mut().remove(&stream) {
                    stream.cut.set(true);
                    stream.changed.notify_one();
                }
            }
            // Ours are odd; the server's are even and want an answer.
            Event::Ping { id } if id.is_multiple_of(2) => self.push(spdy::ping(id)),
            Event::GoAway => self.going_away.set(true),
            Event::Ping { .. } | Event::Ignored => {}
        }
    }

    /// Among others a slow reader has its limit: the alternative is to stall them all.
    fn cut_if_too_slow(&self, stream: &Stream) {
        let waiting = stream.pending.borrow().len();
        if waiting > SHARED_LIMIT && self.connections.get() > 1 {
            self.streams.borrow_mut().remove(&stream.id);
            self.push(spdy::reset(stream.id, spdy::CANCEL));
            stream.overflowed.set(true);
            stream.cut.set(true);
            stream.changed.notify_one();
        }
    }

    async fn write(self: Rc<Self>, mut writer: WriteHalf<Pipes>) {
        let mut wrapper = Wrapper::new(self.transport);
        let mut out = Vec::new();
        loop {
            out.clear();
            let mut taken = 0;
            while let Some(frame) = self.next_outgoing(taken) {
                taken += frame.len();
                match frame.strip_prefix(ASIDE) {
                    Some(aside) => out.extend_from_slice(aside),
                    None => wrapper.wrap(&mut out, &frame),
                }
            }
            if out.is_empty() {
                if !self.is_alive() {
                    break;
                }
                self.wake_writer.notified().await;
                continue;
            }
            let written = async {
                writer.write_all(&out).await?;
                writer.flush().await
            };
            let written = tokio::select! {
                written = written => written,
                () = self.ended_by_others() => break,
            };
            if let Err(error) = written {
                self.stop(&crate::error::plain_io(&error));
                break;
            }
            self.queued.set(self.queued.get().saturating_sub(taken));
            self.space.notify_waiters();
            if out.capacity() > 4 * OUTGOING_LIMIT {
                out = Vec::new();
            }
        }
        let farewell = wrapper.close();
        let _ = tokio::time::timeout(Duration::from_secs(1), async {
            let _ = writer.write_all(&farewell).await;
            let _ = writer.shutdown().await;
        })
        .await;
    }

    fn next_outgoing(&self, taken: usize) -> Option<Vec<u8>> {
        if taken >= OUTGOING_LIMIT {
            return None;
        }
        self.outgoing.borrow_mut().pop_front()
    }

    /// Pings when it is silent, and tells back-pressure from death when nobody answers.
    async fn keep(self: Rc<Self>) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        while self.is_alive() {
            tick.tick().await;
            match self.pinged.get() {
                None if self.heard.get().elapsed() >= PING_AFTER => self.ping(),
                Some(at) if at.elapsed() >= self.patience() && !self.is_held_up() => self.suspect().await,
                _ => {}
            }
        }
    }

    fn patience(&self) -> Duration {
        if self.urgent.get() { Duration::from_secs(3) } else { PONG_LIMIT }
    }

    /// No pong can come while we do not read, or while our ping still waits behind what the server does not read.
    fn is_held_up(&self) -> bool {
        self.reading_paused.get() || self.queued.get() > 0
    }

    /// A missing pong is death when the API cannot be reached at all, or when nothing is under way that could hold the
    /// pong up on the server's side (a pod that does not read what we sent).
    async fn suspect(&self) {
        let busy = !self.streams.borrow().is_empty();
        let reachable = self.endpoint.is_reachable().await;
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

/// What more is there to read without waiting: TLS hands out a record of 16 KiB at a time, and each hand-over to a
/// local connection is a system call. An error or an end comes again with the next read.
fn fill(reader: &mut ReadHalf<Pipes>, mut space: &mut [u8]) -> usize {
    let mut filled = 0;
    while space.len() >= LEAST_FILL {
        match reader.read(space).now_or_never() {
            Some(Ok(read)) if read > 0 => {
                filled += read;
                space = &mut space[read..];
            }
            _ => break,
        }
    }
    filled
}

/// Marks bytes that are already wrapped. No SPDY frame begins so: it would be a control frame of version 32767.
const ASIDE: &[u8] = &[0xff, 0xff, 0xff, 0xff];
