//! The traffic of all port-forwards, and how to cut or freeze them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// What was forwarded so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Sessions by transport, `spdy` or `websocket`.
    pub sessions: BTreeMap<String, Counts>,
    /// Connections by `namespace/pod:port`.
    pub connections: BTreeMap<String, Counts>,
    /// Streams that were opened behind bytes that are never read. They are never served.
    pub hopeless_streams: u64,
    /// Connections whose second direction was closed a second after the first had ended.
    pub given_up: u64,
}

/// The number of sessions or connections, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many there were.
    pub opened: u64,
    /// How many there are now.
    pub open: u64,
    /// The bytes that the pod received; 0 for sessions.
    pub received: u64,
    /// The bytes that the pod sent; 0 for sessions.
    pub sent: u64,
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Meter {
    opened: AtomicU64,
    open: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Meter {
    /// The pod got bytes.
    pub(crate) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The pod sent bytes.
    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts { opened: of(&self.opened), open: of(&self.open), received: of(&self.received), sent: of(&self.sent) }
    }
}

/// A session or connection, which dropping this closes.
pub(crate) struct Open(pub(crate) Arc<Meter>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

type Meters = Mutex<BTreeMap<String, Arc<Meter>>>;

/// All forwards of a sandbox.
pub(crate) struct Forwarding {
    sessions: Meters,
    connections: Meters,
    hopeless_streams: AtomicU64,
    given_up: AtomicU64,
    cut: watch::Sender<u64>,
    frozen: watch::Sender<bool>,
}

impl Default for Forwarding {
    fn default() -> Forwarding {
        let (cut, frozen) = (watch::channel(0).0, watch::channel(false).0);
        let (sessions, connections) = (Meters::default(), Meters::default());
        let (hopeless_streams, given_up) = (AtomicU64::new(0), AtomicU64::new(0));
        Forwarding { sessions, connections, hopeless_streams, given_up, cut, frozen }
    }
}

fn open(meters: &Meters, name: String) -> Open {
    let meter = Arc::clone(meters.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default());
    meter.opened.fetch_add(1, Ordering::Relaxed);
    meter.open.fetch_add(1, Ordering::Relaxed);
    Open(meter)
}

impl Forwarding {
    /// A session begins.
    pub(crate) fn session(&self, transport: &str) -> Open {
        open(&self.sessions, transport.to_owned())
    }

    /// A connection begins.
    pub(crate) fn connection(&self, name: String) -> Open {
        open(&self.connections, name)
    }

    /// Counts a stream that was opened behind bytes that are never read.
    pub(crate) fn hopeless_stream(&self) {
        self.hopeless_streams.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection whose second direction was closed.
    pub(crate) fn given_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    /// What was forwarded so far.
    pub(crate) fn traffic(&self) -> Traffic {
        let of = |meters: &Meters| {
            let meters = meters.lock().unwrap_or_else(PoisonError::into_inner);
            meters.iter().map(|(name, meter)| (name.clone(), meter.counts())).collect()
        };
        Traffic {
            sessions: of(&self.sessions),
            connections: of(&self.connections),
            hopeless_streams: self.hopeless_streams.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
        }
    }

    /// Ends all sessions.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Freezes or resumes all sessions.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }

    /// Completes with the next cut from this call on, whenever it is awaited: a session that was let in before a cut
    /// and begins after it is cut, too.
    pub(crate) fn next_cut(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut cuts = self.cut.subscribe();
        async move {
            let _ = cuts.changed().await;
        }
    }

    /// A stream that freezes with all sessions.
    pub(crate) fn gate<Io>(&self, io: Io) -> Gate<Io> {
        let frozen = self.frozen.subscribe();
        Gate { io, reading: Thaw::new(&frozen), writing: Thaw::new(&frozen) }
    }
}

/// A stream that can be frozen.
pub(crate) struct Gate<Io> {
    io: Io,
    reading: Thaw,
    writing: Thaw,
}

struct Thaw {
    frozen: watch::Receiver<bool>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Thaw {
    fn new(frozen: &watch::Receiver<bool>) -> Thaw {
        Thaw { frozen: frozen.clone(), waiting: None }
    }

    /// Ready while nothing is frozen.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.waiting.is_none() {
            if !*self.frozen.borrow() {
                return Poll::Ready(());
            }
            let mut frozen = self.frozen.clone();
            self.waiting = Some(Box::pin(async move {
                let _ = frozen.wait_for(|frozen| !*frozen).await;
            }));
        }
        let ended = self.waiting.as_mut().is_none_or(|waiting| waiting.as_mut().poll(context).is_ready());
        if ended {
            self.waiting = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

macro_rules! when_thawed {
    ($gate:expr, $side:ident, $context:expr) => {
        if $gate.$side.poll($context).is_pending() {
            return Poll::Pending;
        }
    };
}

impl<Io: AsyncRead + Unpin> AsyncRead for Gate<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        when_thawed!(self, reading, context);
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Gate<Io> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        when_thawed!(self, writing, context);
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        when_thawed!(self, writing, context);
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        when_thawed!(self, writing, context);
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_for_sessions_that_have_yet_to_begin() {
        let forwarding = Forwarding::default();
        let (before, mut context) = (forwarding.next_cut(), Context::from_waker(std::task::Waker::noop()));
        forwarding.cut();
        let after = forwarding.next_cut();
        assert!(std::pin::pin!(before).poll(&mut context).is_ready());
        assert!(std::pin::pin!(after).poll(&mut context).is_pending());
    }
}
