//! One connection with many streams, as `spdystream` and the kubelet's streaming server serve it: five workers, each
//! with a queue of its own, and no flow control. A stream that nobody reads blocks its worker, then the whole connection.

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

const WORKERS: usize = 5;
const QUEUE: usize = 50;

/// A lock that no panic spoils.
pub(super) fn lock<Guarded>(mutex: &Mutex<Guarded>) -> MutexGuard<'_, Guarded> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// A stream that the client opened.
pub(super) struct Stream {
    pub(super) id: u32,
    pub(super) headers: Headers,
    /// Where its worker puts what comes; gone when nothing more comes.
    inbox: Mutex<Option<mpsc::Sender<Bytes>>>,
    /// Where the pod's side reads it.
    pub(super) outbox: tokio::sync::Mutex<mpsc::Receiver<Bytes>>,
    /// Wakes a worker that is stuck on this stream.
    unstick: watch::Sender<bool>,
    /// Whether our own half is closed.
    finished: AtomicBool,
}

impl Stream {
    fn new(id: u32, headers: Headers, fin: bool) -> Stream {
        // The real channel has no buffer at all; one frame is the least that there can be here.
        let (inbox, outbox) = mpsc::channel(1);
        Stream {
            id,
            headers,
            inbox: Mutex::new((!fin).then_some(inbox)),
            outbox: tokio::sync::Mutex::new(outbox),
            unstick: watch::channel(false).0,
            finished: AtomicBool::new(false),
        }
    }

    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let value = crate::text::first(&self.headers, name)?;
        Some(value.split('\0').next().unwrap_or_default()).filter(|value| !value.is_empty())
    }

    /// Nothing more comes from the client.
    fn close_remote(&self) {
        *lock(&self.inbox) = None;
        let _ = self.unstick.send(true);
    }
}

struct Writer {
    output: Output,
    packer: Packer,
}

/// The connection, as everything that happens on it sees it.
pub(super) struct Connection {
    writer: tokio::sync::Mutex<Writer>,
    streams: Mutex<HashMap<u32, Arc<Stream>>>,
    gone_away: AtomicBool,
    closed: watch::Sender<bool>,
}

impl Connection {
    fn new(output: Output) -> Connection {
        Connection {
            writer: tokio::sync::Mutex::new(Writer { output, packer: Packer::new() }),
            streams: Mutex::default(),
            gone_away: AtomicBool::new(false),
            closed: watch::channel(false).0,
        }
    }

    async fn send(&self, frame: &Frame) {
        let mut writer = self.writer.lock().await;
        let Writer { output, packer } = &mut *writer;
        let bytes = spdy::encode(frame, packer);
        if output.write_all(&bytes).await.is_err() || output.flush().await.is_err() {
            self.close();
        }
    }

    /// Accepts a stream.
    pub(super) async fn reply(&self, stream: &Stream) {
        self.send(&Frame::SynReply { id: stream.id, fin: false, headers: Vec::new() }).await;
    }

    /// Sends bytes of a stream; false when the connection is dead. After a `RST_STREAM` of the client too: it is
    /// the client's business to drop them.
    pub(super) async fn data(&self, stream: &Stream, bytes: &[u8], fin: bool) -> bool {
        if *self.closed.borrow() || (fin && stream.finished.swap(true, Ordering::SeqCst)) {
            return false;
        }
        let mut writer = self.writer.lock().await;
        let head = spdy::data_head(stream.id, fin, bytes.len());
        let mut frame = Vec::with_capacity(head.len() + bytes.len());
        frame.extend(head);
        frame.extend(bytes);
        let sent = writer.output.write_all(&frame).await.is_ok() && writer.output.flush().await.is_ok();
        if !sent {
            self.close();
        }
        sent
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
        let _ = self.closed.send(true);
        for (_, stream) in lock(&self.streams).drain() {
            stream.close_remote();
        }
    }

    /// Waits until the connection is closed.
    pub(super) async fn closed(&self) {
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
}

/// Lets go of the socket when the session ends, however it ends: what still runs in the pod holds the connection.
struct Cut(Arc<Connection>);

impl Drop for Cut {
    fn drop(&mut self) {
        let connection = Arc::clone(&self.0);
        tokio::spawn(async move {
            connection.close();
            connection.writer.lock().await.output = Box::new(tokio::io::sink());
        });
    }
}

/// Serves a connection until one of its ends closes it.
pub(super) async fn serve(io: impl AsyncRead + AsyncWrite + Send + 'static, pod: PodSide) {
    let (input, output): (_, WriteHalf<_>) = tokio::io::split(io);
    let connection = Arc::new(Connection::new(Box::new(output)));
    let _cut = Cut(Arc::clone(&connection));
    let pairs = Arc::new(Pairs::new(Arc::clone(&connection), pod));
    let queues: Vec<mpsc::Sender<Frame>> = (0..WORKERS)
        .map(|_| {
            let (sender, receiver) = mpsc::channel(QUEUE);
            tokio::spawn(worker(Arc::clone(&connection), Arc::clone(&pairs), receiver));
            sender
        })
        .collect();
    let ended = tokio::select! {
        last = read(BufReader::with_capacity(64 * 1024, input), &connection, &queues) => Some(last),
        () = connection.closed() => None,
    };
    // Whoever says goodbye is not answered; whoever vanishes or talks nonsense is told.
    if !connection.gone_away.swap(true, Ordering::SeqCst) {
        let _ = tokio::time::timeout(
            Duration::from_secs(1),
            connection.send(&Frame::GoAway { last: ended.unwrap_or(0), status: 0 }),
        )
        .await;
    }
    connection.close();
    let mut writer = connection.writer.lock().await;
    let _ = tokio::time::timeout(Duration::from_secs(1), writer.output.shutdown()).await;
}

/// Reads frames into the queues, until there is none, or one that cannot be understood. The last stream accepted.
async fn read(mut input: impl AsyncRead + Unpin, connection: &Connection, queues: &[mpsc::Sender<Frame>]) -> u32 {
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
        let queue = id.map_or_else(
            || {
                turn = (turn + 1) % WORKERS;
                turn
            },
            |id| id as usize % WORKERS,
        );
        if queues[queue].send(frame).await.is_err() {
            return last;
        }
    }
}

async fn worker(connection: Arc<Connection>, pairs: Arc<Pairs>, mut queue: mpsc::Receiver<Frame>) {
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
                deliver(&connection, &stream, bytes, fin).await;
            }
            Some(Frame::RstStream { id, .. }) => {
                if let Some(stream) = find(&id) {
                    lock(&connection.streams).remove(&id);
                    stream.close_remote();
                    stream.finished.store(true, Ordering::SeqCst);
                }
            }
            // An even number is a question of ours, which we do not ask.
            Some(Frame::Ping { id }) if id % 2 == 1 => connection.send(&Frame::Ping { id }).await,
            Some(_) => {}
            None => return,
        }
    }
}

/// Hands bytes to whoever reads the stream, and waits until they are taken.
async fn deliver(connection: &Connection, stream: &Stream, bytes: Bytes, fin: bool) {
    let inbox = lock(&stream.inbox).clone();
    if let Some(inbox) = inbox.filter(|_| !bytes.is_empty()) {
        let mut unstick = stream.unstick.subscribe();
        tokio::select! {
            _ = inbox.send(bytes) => {}
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
