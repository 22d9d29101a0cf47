//! Limits on answers, in bytes and in time. Without them, a server could fill the memory with an endless answer or keep
//! us waiting with a slow one. Every call to AWS and Kubernetes goes through here; logs and watches opt out of what does
//! not apply to them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Instant, Sleep};

/// From the request to the last byte of the answer, retries included. Enough for a page of 500 pods over a very slow
/// connection.
pub(super) const LONGEST_CALL: Duration = Duration::from_secs(60);
/// A page of 500 pods is rarely a third of this, and AWS's answers are far smaller.
const LARGEST_ANSWER: u64 = 32 * 1024 * 1024;
/// A refusal, or the answer to one question, has a few kilobytes.
const LARGEST_SHORT_ANSWER: u64 = 1024 * 1024;

/// Of all answers that are being read: a server that is asked many things at once could multiply the limit of one.
const LARGEST_TOGETHER: u64 = 64 * 1024 * 1024;

static TOGETHER: AtomicU64 = AtomicU64::new(0);

const PAGE: &str = "received a web page instead of a response, from a proxy or this network's sign-in page";

/// How an answer is read. A request with a mode other than [`ReadMode::Whole`] carries it in its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadMode {
    /// To its end, then parsed.
    Whole,
    /// The same, and it cannot be long: a yes or no. Many are asked at once.
    Short,
    /// Line by line, without an end: a watch.
    Lines,
    /// Passed on as it comes: a log.
    Stream,
}

/// The limits of one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    time: Option<Duration>,
    bytes: Option<u64>,
    /// Whether `bytes` limits each line rather than the whole.
    per_line: bool,
}

impl ReadMode {
    pub(super) fn bounds(self) -> Bounds {
        let whole = Bounds { time: Some(LONGEST_CALL), bytes: Some(LARGEST_ANSWER), per_line: false };
        match self {
            ReadMode::Whole => whole,
            ReadMode::Short => Bounds { bytes: Some(LARGEST_SHORT_ANSWER), ..whole },
            ReadMode::Lines => Bounds { time: None, per_line: true, ..whole },
            ReadMode::Stream => Bounds { time: None, bytes: None, per_line: false },
        }
    }
}

/// A call in progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoundedCall {
    bounds: Bounds,
    deadline: Option<Instant>,
}

impl BoundedCall {
    pub(super) fn begin(bounds: Bounds) -> Self {
        BoundedCall { bounds, deadline: bounds.time.map(|time| Instant::now() + time) }
    }

    /// Waits for the head of the answer.
    pub(super) async fn wait_for_head<T>(&self, answer: impl Future<Output = T>) -> Result<T, Breach> {
        match self.deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, answer).await.map_err(|_| self.too_slow()),
            None => Ok(answer.await),
        }
    }

    /// Wraps the body of an answer, so that it fails where it exceeds the limits. A refusal must be short even if the
    /// answer could be endless. The bytes read are added to `received`.
    pub(super) fn body<B>(&self, refused: bool, body: B, received: Arc<AtomicU64>) -> Bounded<B> {
        let mut call = *self;
        if refused {
            call = BoundedCall::begin(ReadMode::Short.bounds());
            call.deadline = self.deadline.or(call.deadline);
        }
        Bounded {
            body: Box::pin(body),
            timer: call.deadline.map(|deadline| Box::pin(tokio::time::sleep_until(deadline))),
            call,
            read: 0,
            held: 0,
            together: &TOGETHER,
            received,
            broken: false,
            may_be_page: false,
        }
    }

    fn too_slow(&self) -> Breach {
        let seconds = self.bounds.time.unwrap_or_default().as_secs();
        Breach(format!("the response was not complete after {seconds} seconds"))
    }

    fn too_long(&self) -> Breach {
        let what = if self.bounds.per_line { "a line of the response" } else { "the response" };
        let mebibytes = self.bounds.bytes.unwrap_or_default() / (1024 * 1024);
        Breach(format!("{what} is longer than {mebibytes} MiB"))
    }
}

/// How an answer exceeded its limits, or that it was a web page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach(String);

impl Breach {
    /// Whether something between us and the service answered in its place.
    pub(super) fn is_page(&self) -> bool {
        self.0 == PAGE
    }
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Breach {}

/// A body with limits.
pub(crate) struct Bounded<B> {
    body: Pin<Box<B>>,
    timer: Option<Pin<Box<Sleep>>>,
    call: BoundedCall,
    read: u64,
    /// What of `together` is this body's.
    held: u64,
    together: &'static AtomicU64,
    received: Arc<AtomicU64>,
    broken: bool,
    may_be_page: bool,
}

impl<B> Bounded<B> {
    /// Refuses a web page if the answer's head says that it may be one. The first bytes decide, because some services
    /// send JSON as `text/html`.
    #[must_use]
    pub(super) fn refusing_page(mut self, may_be_page: bool) -> Self {
        self.may_be_page = may_be_page;
        self
    }

    fn check_piece(&mut self, piece: &[u8]) -> Option<Breach> {
        if self.may_be_page && !piece.is_empty() {
            self.may_be_page = false;
            if is_page(piece) {
                return Some(Breach(PAGE.to_owned()));
            }
        }
        if self.exceeds_limit(piece) {
            return Some(self.call.too_long());
        }
        self.exceeds_limit_together(piece).then(too_long_together)
    }

    /// Counts a piece of an answer that is kept until its end; whether all of these are too much with it.
    fn exceeds_limit_together(&mut self, piece: &[u8]) -> bool {
        if self.call.bounds.bytes.is_none() || self.call.bounds.per_line {
            return false;
        }
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.held += length;
        self.together.fetch_add(length, Ordering::Relaxed) + length > LARGEST_TOGETHER
    }

    fn broken(&mut self, breach: Breach) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.broken = true;
        Poll::Ready(Some(Err(breach.into())))
    }

    /// Counts a piece; whether the limit is exceeded with it.
    fn exceeds_limit(&mut self, piece: &[u8]) -> bool {
        let length = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        self.received.fetch_add(length(piece.len()), Ordering::Relaxed);
        let line_end = if self.call.bounds.per_line { piece.iter().rposition(|&byte| byte == b'\n') } else { None };
        self.read = match line_end {
            Some(end) => length(piece.len() - end - 1),
            None => self.read.saturating_add(length(piece.len())),
        };
        self.call.bounds.bytes.is_some_and(|most| self.read > most)
    }
}

impl<B> Drop for Bounded<B> {
    fn drop(&mut self) {
        self.together.fetch_sub(self.held, Ordering::Relaxed);
    }
}

fn too_long_together() -> Breach {
    let mebibytes = LARGEST_TOGETHER / (1024 * 1024);
    Breach(format!("the responses to simultaneous requests are longer than {mebibytes} MiB together"))
}

/// Whether a text begins like a web page.
fn is_page(text: &[u8]) -> bool {
    let start: Vec<u8> = text.trim_ascii_start().iter().take(5).map(u8::to_ascii_lowercase).collect();
    start.starts_with(b"<!") || start == b"<html" || start == b"<head"
}

type Error = Box<dyn std::error::Error + Send + Sync>;

impl<B> Body for Bounded<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Error>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if this.broken {
            return Poll::Ready(None);
        }
        // The timer wakes us when the body is silent; a body that is always ready never lets it run, hence the check.
        let timed_out = this.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(context).is_ready());
        if timed_out || this.call.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            let breach = this.call.too_slow();
            return this.broken(breach);
        }
        match this.body.as_mut().poll_frame(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(Some(Ok(frame))) => match frame.data_ref().and_then(|piece| this.check_piece(piece)) {
                Some(breach) => this.broken(breach),
                None => Poll::Ready(Some(Ok(frame))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.broken || self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_recognised_by_their_first_bytes() {
        for page in ["<!DOCTYPE html><title>Hotel", "\n <HTML>", "<!-- a proxy -->", "<head>"] {
            assert!(is_page(page.as_bytes()), "{page}");
        }
        for answer in ["{\"a\": \"<html>\"}", "<AssumeRoleResponse>", "<?xml version=\"1.0\"?>", "", "<h"] {
            assert!(!is_page(answer.as_bytes()), "{answer}");
        }
    }

    /// A body that repeats one piece for ever, with a pause before each.
    struct Forever {
        piece: &'static [u8],
        pause: Duration,
        timer: Option<Pin<Box<Sleep>>>,
    }

    impl Body for Forever {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            let pause = self.pause;
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if !pause.is_zero() && timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.timer = None;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(self.piece)))))
        }
    }

    /// Reads until the body ends or fails, or `most` bytes have come.
    fn read(bounds: Bounds, refused: bool, piece: &'static [u8], pause: Duration, most: usize) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let mut body =
                BoundedCall::begin(bounds).body(refused, Forever { piece, pause, timer: None }, Arc::default());
            let mut read = 0;
            while read < most {
                match std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                    Some(Ok(frame)) => read += frame.into_data().map_or(0, |data| data.len()),
                    Some(Err(error)) => return Err(error.to_string()),
                    None => return Ok(()),
                }
            }
            Ok(())
        })
    }

    const PIECE: &[u8] = &[b'x'; 1 << 20];
    const FAST: Duration = Duration::ZERO;

    #[test]
    fn long_answers_fail() {
        let read = |mode: ReadMode, refused| read(mode.bounds(), refused, PIECE, FAST, 64 << 20);
        assert_eq!(read(ReadMode::Whole, false).expect_err("too long"), "the response is longer than 32 MiB");
        assert_eq!(read(ReadMode::Lines, false).expect_err("too long"), "a line of the response is longer than 32 MiB");
        assert_eq!(read(ReadMode::Stream, false), Ok(()));
        for mode in [ReadMode::Whole, ReadMode::Lines, ReadMode::Stream] {
            assert_eq!(read(mode, true).expect_err("a refusal"), "the response is longer than 1 MiB");
        }
        assert_eq!(read(ReadMode::Short, false).expect_err("too long"), "the response is longer than 1 MiB");
    }

    #[test]
    fn answers_that_are_read_at_once_share_a_limit() {
        let together: &'static AtomicU64 = Box::leak(Box::default());
        let begun = |mode: ReadMode| {
            let forever = Forever { piece: PIECE, pause: FAST, timer: None };
            let call = BoundedCall { bounds: mode.bounds(), deadline: None };
            let mut body = call.body(false, forever, Arc::default());
            body.together = together;
            body
        };
        let mut bodies: Vec<_> = (0..5).map(|_| begun(ReadMode::Whole)).collect();
        let kept_apart = begun(ReadMode::Lines).check_piece(&[b'x'; 1 << 20]);
        assert_eq!((kept_apart, together.load(Ordering::Relaxed)), (None, 0));
        let pieces = (0..).find_map(|piece| bodies[piece % 5].check_piece(PIECE).map(|breach| (piece, breach.0)));
        let (piece, why) = pieces.expect("a limit");
        assert_eq!(
            (piece, why.as_str()),
            (64, "the responses to simultaneous requests are longer than 64 MiB together")
        );
        drop(bodies);
        assert_eq!(together.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn lines_may_be_endless() {
        let mut line = vec![b'x'; 1 << 20];
        line[1 << 19] = b'\n';
        assert_eq!(read(ReadMode::Lines.bounds(), false, line.leak(), FAST, 64 << 20), Ok(()));
    }

    #[test]
    fn slow_answers_fail() {
        let bounds = Bounds { time: Some(Duration::from_millis(20)), ..ReadMode::Whole.bounds() };
        for (piece, pause) in [(&b"x"[..], Duration::from_millis(1)), (b"", FAST), (b"x", Duration::from_secs(3600))] {
            let why = read(bounds, false, piece, pause, usize::MAX).expect_err("too slow");
            assert_eq!(why, "the response was not complete after 0 seconds");
        }
    }

    #[test]
    fn slow_heads_fail() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let bounds = Bounds { time: Some(Duration::from_millis(20)), ..ReadMode::Whole.bounds() };
        let head =
            runtime.block_on(async { BoundedCall::begin(bounds).wait_for_head(std::future::pending::<()>()).await });
        assert!(head.is_err());
    }
}
