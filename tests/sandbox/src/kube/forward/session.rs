//! One connection with many streams, as `spdystream` and the kubelet's streaming server serve it: five workers, each
//! with its own queue, and no flow control. A stream that is not read blocks its worker, then the whole connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, WriteHalf};
use tokio::sync::{mpsc, watch};

use super::pairs::Pairs;
use super::runtime::PodSide;
use crate::spdy::{self, Frame, Headers, Packer, Unpacker};
use crate::state::Shared;

const WORKERS: usize = 5;
const QUEUE: usize = 50;

/// A lock that ignores poisoning.
pub(super) fn lock<Guarded>(mutex: &Mutex<Guarded>) -> MutexGuard<'_, Guarded> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// A stream that the client opened.
pub(super) struct Stream {
    pub(super) id: u32,
    pub(super) headers: Headers,
    /// Where its worker puts incoming bytes; None after the last.
    inbox: Mutex<Option<mpsc::Sender<Bytes>>>,
    /// Where the pod's side reads them.
    pub(super) outbox: tokio::sync::Mutex<mpsc::Receiver<Bytes>>,
    /// Wakes a worker that is stuck on this stream.
    unstick: watch::Sender<bool>,
    /// Whether our own half is closed.
    finished: AtomicBool,
    /// Whether the pod's side has stopped reading.
    deserted: AtomicBool,
}

impl Stream {
    fn new(id: u32, headers: Headers, fin: bool) -> Stream {
        // The real channel has no buffer: a sender waits until the frame is taken (`hand_over`).
        let (inbox, outbox) = mpsc::channel(1);
        Stream {
            id,
            headers,
            inbox: Mutex::new((!fin).then_some(inbox)),
            outbox: tokio::sync::Mutex::new(outbox),
            unstick: watch::channel(false).0,
            finished: AtomicBool::new(false),
            deserted: AtomicBool::new(false),
        }
    }

    /// Stops reading: the next frame blocks its worker, unless the stream is reset.
    pub(super) fn desert(&self) {
        self.deserted.store(true, Ordering::SeqCst);
    }

    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let value = crate::text::first(&self.headers, name)?;
        Some(value.split('\0').next().unwrap_or_default()).filter(|value| !value.is_empty())
    }

    /// Whether a worker that waits for it to be read waits forever.
    fn is_hopeless(&self) -> bool {
        self.deserted.load(Ordering::SeqCst) && lock(&self.inbox).is_some()
    }

    /// Ends the client's half.
    fn close_remote(&self) {
        *lock(&self.inbox) = None;
        self.unstick.send_replace(true);
    }
}

struct Writer {
    output: Output,
    packer: Packer,
}

/// The connection, shared by all its streams.
pub(super) struct Connection {
    /// None after the connection is closed.
    writer: tokio::sync::Mutex<Option<Writer>>,
    streams: Mutex<HashMap<u32, Arc<Stream>>>,
    gone_away: AtomicBool,
    closed: watch::Sender<bool>,
}

impl Connection {
    fn new(output: Output) -> Connection {
        Connection {
            writer: tokio::sync::Mutex::new(Some(Writer { output, packer: Packer::new() })),
            streams: Mutex::default(),
            gone_away: AtomicBool::new(false),
            closed: watch::channel(false).0,
        }
    }

    async fn send(&self, frame: &Frame) -> bool {
        self.write(|packer| spdy::encode(frame, packer)).await
    }

    /// Writes a frame; false when the connection is dead.
    async fn write(&self, frame: impl FnOnce(&mut Packer) -> Vec<u8>) -> bool {
        let write = async {
            let mut writer = self.writer.lock().await;
            let Some(Writer { output, packer }) = writer.as_mut() else { return false };
            let frame = frame(packer);
            output.write_all(&frame).await.is_ok() && output.flush().await.is_ok()
        };
        let written = tokio::select! {
            written = write => written,
            () = self.closed() => false,
        };
        if !written {
            self.close();
        }
        written
    }

    /// Accepts a stream.
    pub(super) async fn reply(&self, stream: &Stream) {
        self.send(&Frame::SynReply { id: stream.id, fin: false, headers: Vec::new() }).await;
    }

    /// Sends bytes of a stream; false when the connection is dead. Also after a `RST_STREAM` of the client, which has
    /// to drop them.
    pub(super) async fn data(&self, stream: &Stream, bytes: &[u8], fin: bool) -> bool {
        if fin && stream.finished.swap(true, Ordering::SeqCst) {
            return false;
        }
        let head = spdy::data_head(stream.id, fin, bytes.len());
        self.write(|_| [head.as_slice(), bytes].concat()).await
    }

    /// Closes our half of a stream; with both halves closed it is forgotten.
    pub(super) async fn finish(&self, stream: &Stream) {
        if lock(&stream.inbox).is_none() {
            lock(&self.streams).remove(&stream.id);
        }
        self.data(stream, b"", true).await;
    }

    /// Ends a stream in both directions, with a frame unless our half is closed already.
    pub(super) async fn reset(&self, stream: &Stream, status: u32) {
        lock(&self.streams).remove(&stream.id);
        stream.close_remote();
        if !stream.finished.swap(true, Ordering::SeqCst) {
            self.send(&Frame::RstStream { id: stream.id, status }).await;
        }
    }

    /// Nothing more is read or written.
    pub(super) fn close(&self) {
        self.closed.send_replace(true);
        for (_, stream) in lock(&self.streams).drain() {
            stream.close_remote();
        }
    }

    /// Waits until the connection is closed.
    pub(super) async fn closed(&self) {
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
}

/// Closes a connection when it is dropped.
struct Closing(Arc<Connection>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
        let connection = Arc::clone(&self.0);
        tokio::spawn(async move { connection.writer.lock().await.take() });
    }
}

/// A worker's queue, and the stream whose reader it waits for.
struct Lane {
    queue: mpsc::Sender<Frame>,
    waits_for: Arc<WaitsFor>,
    shared: Arc<Shared>,
}

type WaitsFor = Mutex<Option<Arc<Stream>>>;

impl Lane {
    /// Puts a frame into the queue; false when the connection is over.
    async fn push(&self, frame: Frame) -> bool {
        let is_stuck = || lock(&self.waits_for).as_ref().is_some_and(|stream| stream.is_hopeless());
        if matches!(frame, Frame::SynStream { .. }) && is_stuck() {
            self.shared.forwarding.hopeless_stream();
        }
        self.queue.send(frame).await.is_ok()
    }
}

/// Serves a connection until one of its ends closes it.
pub(super) async fn serve(io: impl AsyncRead + AsyncWrite + Send + 'static, pod: PodSide) {
    let (input, output): (_, WriteHalf<_>) = tokio::io::split(io);
    let connection = Arc::new(Connection::new(Box::new(output)));
    let _closing = Closing(Arc::clone(&connection));
    let pairs = Arc::new(Pairs::new(Arc::clone(&connection), pod));
    let lanes: Vec<Lane> = (0..WORKERS)
        .map(|_| {
            let (queue, receiver) = mpsc::channel(QUEUE);
            let lane = Lane { queue, waits_for: Arc::default(), shared: Arc::clone(&pairs.pod.shared) };
            tokio::spawn(worker(Arc::clone(&connection), Arc::clone(&pairs), receiver, Arc::clone(&lane.waits_for)));
            lane
        })
        .collect();
    let ended = tokio::select! {
        last = read(BufReader::with_capacity(64 * 1024, input), &connection, &lanes) => Some(last),
        () = connection.closed() => None,
    };
    // A GOAWAY of the client is not answered; an end or an invalid frame is.
    if !connection.gone_away.swap(true, Ordering::SeqCst) {
        let _ = tokio::time::timeout(
            Duration::from_secs(1),
            connection.send(&Frame::GoAway { last: ended.unwrap_or(0), status: 0 }),
        )
        .await;
    }
    if let Some(mut writer) = connection.writer.lock().await.take() {
        let _ = tokio::time::timeout(Duration::from_secs(1), writer.output.shutdown()).await;
    }
}

/// Reads frames into the queues until the end or an invalid frame. Returns the last stream accepted.
async fn read(mut input: impl AsyncRead + Unpin, connection: &Connection, lanes: &[Lane]) -> u32 {
    let (mut unpacker, mut last, mut turn) = (Unpacker::new(), 0, 0);
    loop {
        let Ok(frame) = spdy::read(&mut input, &mut unpacker).await else { return last };
        let id = match &frame {
            Frame::SynStream { id, fin, headers } => {
                if *id <= last || *id % 2 == 0 {
                    connection.send(&Frame::RstStream { id: *id, status: spdy::PROTOCOL_ERROR }).await;
                    continue;
                }
                last = *id;
                let stream = Arc::new(Stream::new(*id, headers.clone(), *fin));
                lock(&connection.streams).insert(*id, stream);
                Some(*id)
            }
            Frame::Data { id, .. }
            | Frame::RstStream { id, .. }
            | Frame::Headers { id, .. }
            | Frame::SynReply { id, .. } => Some(*id),
            Frame::GoAway { .. } => {
                connection.gone_away.store(true, Ordering::SeqCst);
                return last;
            }
            Frame::Ping { .. } | Frame::Settings | Frame::WindowUpdate { .. } => None,
        };
        let number = id.map_or_else(
            || {
                turn += 1;
                turn - 1
            },
            |id| id as usize,
        );
        if !lanes[number % WORKERS].push(frame).await {
            return last;
        }
    }
}

async fn worker(
    connection: Arc<Connection>,
    pairs: Arc<Pairs>,
    mut queue: mpsc::Receiver<Frame>,
    waits_for: Arc<WaitsFor>,
) {
    loop {
        let frame = tokio::select! {
            frame = queue.recv() => frame,
            () = connection.closed() => return,
        };
        let find = |id: &u32| lock(&connection.streams).get(id).cloned();
        match frame {
            Some(Frame::SynStream { id, .. }) => {
                if let Some(stream) = find(&id) {
                    pairs.opened(stream).await;
                }
            }
            Some(Frame::Data { id, fin, bytes }) => {
                let Some(stream) = find(&id) else { continue };
                *lock(&waits_for) = Some(Arc::clone(&stream));
                deliver(&connection, &stream, bytes, fin).await;
                *lock(&waits_for) = None;
            }
            Some(Frame::RstStream { id, .. }) => {
                if let Some(stream) = find(&id) {
                    lock(&connection.streams).remove(&id);
                    stream.close_remote();
                    stream.finished.store(true, Ordering::SeqCst);
                }
            }
            // An even number answers a ping of ours, and we send none.
            Some(Frame::Ping { id }) if id % 2 == 1 => {
                connection.send(&Frame::Ping { id }).await;
            }
            Some(_) => {}
            None => return,
        }
    }
}

/// Sends bytes and waits until they are taken: then there is room again.
async fn hand_over(inbox: &mpsc::Sender<Bytes>, bytes: Bytes) {
    if inbox.send(bytes).await.is_ok() {
        let _ = inbox.reserve().await;
    }
}

/// Passes bytes to the reader of a stream, and waits until they are taken.
async fn deliver(connection: &Connection, stream: &Stream, bytes: Bytes, fin: bool) {
    let inbox = lock(&stream.inbox).clone();
    if let Some(inbox) = inbox.filter(|_| !bytes.is_empty()) {
        let mut unstick = stream.unstick.subscribe();
        tokio::select! {
            () = hand_over(&inbox, bytes) => {}
            _ = unstick.wait_for(|unstick| *unstick) => {}
        }
    }
    if fin {
        stream.close_remote();
        if stream.finished.load(Ordering::SeqCst) {
            lock(&connection.streams).remove(&stream.id);
        }
    }
}
