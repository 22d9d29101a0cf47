//! What a server may cost us. An answer has a size and an end, or it is no answer: one that goes on for ever would fill
//! the memory, and one that comes drop by drop would keep us for ever. Every call passes here, to AWS and to Kubernetes
//! alike; logs and watches, which have no end, say so.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Instant, Sleep};

/// From the question to the last byte of the answer, with all that is tried again on the way. A page of 500 pods comes
/// in this time over the slowest line that anybody would work on.
pub(super) const LONGEST_CALL: Duration = Duration::from_secs(60);
/// A page of 500 pods is rarely a third of this; anything that AWS answers is far less.
const LARGEST_ANSWER: u64 = 32 * 1024 * 1024;

const PAGE: &str = "a web page came instead of the answer: a proxy, or the sign-in of this network";

/// How an answer is read. A request that wants another than [`ReadMode::Whole`] carries it among its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadMode {
    /// To its end, before it means anything.
    Whole,
    /// A line at a time, for as long as there are any: a watch.
    Lines,
    /// A piece at a time, which is passed on: a log.
    Stream,
}

/// The bounds of one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    time: Option<Duration>,
    bytes: Option<u64>,
    /// The bytes are those of a line, not of all.
    of_a_line: bool,
}

impl ReadMode {
    /// The bounds of an answer that is read like this.
    pub(super) fn bounds(self) -> Bounds {
        let whole = Bounds { time: Some(LONGEST_CALL), bytes: Some(LARGEST_ANSWER), of_a_line: false };
        match self {
            ReadMode::Whole => whole,
            ReadMode::Lines => Bounds { time: None, of_a_line: true, ..whole },
            ReadMode::Stream => Bounds { time: None, bytes: None, of_a_line: false },
        }
    }
}

/// A call that is under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoundedCall {
    bounds: Bounds,
    deadline: Option<Instant>,
}

impl BoundedCall {
    /// One that begins now.
    pub(super) fn begin(bounds: Bounds) -> Self {
        BoundedCall { bounds, deadline: bounds.time.map(|time| Instant::now() + time) }
    }

    /// The head of the answer, if it comes in time.
    ///
    /// # Errors
    /// When it does not.
    pub(super) async fn head<T>(&self, answer: impl Future<Output = T>) -> Result<T, Breach> {
        match self.deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, answer).await.map_err(|_| self.too_slow()),
            None => Ok(answer.await),
        }
    }

    /// The body of an answer, which fails where it breaks the bounds. A refusal is short, whatever was asked for.
    /// What is read is added to `received`.
    pub(super) fn body<B>(&self, refused: bool, body: B, received: Arc<AtomicU64>) -> Bounded<B> {
        let call =
            if refused && self.deadline.is_none() { BoundedCall::begin(ReadMode::Whole.bounds()) } else { *self };
        Bounded {
            body: Box::pin(body),
            timer: call.deadline.map(|deadline| Box::pin(tokio::time::sleep_until(deadline))),
            call,
            read: 0,
            received,
            broken: false,
            may_be_page: false,
        }
    }

    fn too_slow(&self) -> Breach {
        let seconds = self.bounds.time.unwrap_or_default().as_secs();
        Breach(format!("the answer did not come to its end in {seconds} seconds"))
    }

    fn too_long(&self) -> Breach {
        let what = if self.bounds.of_a_line { "a line of the answer" } else { "the answer" };
        let mebibytes = self.bounds.bytes.unwrap_or_default() / (1024 * 1024);
        Breach(format!("{what} is longer than {mebibytes} MiB"))
    }
}

/// What a server did that no server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach(String);

impl Breach {
    /// Whether it is not the service that answered, but something on the way to it.
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

/// A body within bounds.
pub(crate) struct Bounded<B> {
    body: Pin<Box<B>>,
    timer: Option<Pin<Box<Sleep>>>,
    call: BoundedCall,
    read: u64,
    received: Arc<AtomicU64>,
    broken: bool,
    may_be_page: bool,
}

impl<B> Bounded<B> {
    /// Refuses a web page, in an answer whose head says that it may be one. Its beginning decides: services have been
    /// seen to send JSON under a page's type.
    #[must_use]
    pub(super) fn refusing_page(mut self, may_be_page: bool) -> Self {
        self.may_be_page = may_be_page;
        self
    }

    /// What is wrong with the next piece, if anything is.
    fn breach_of(&mut self, piece: &[u8]) -> Option<Breach> {
        if self.may_be_page && !piece.is_empty() {
            self.may_be_page = false;
            if is_page(piece) {
                return Some(Breach(PAGE.to_owned()));
            }
        }
        self.is_too_long(piece).then(|| self.call.too_long())
    }

    fn broken(&mut self, breach: Breach) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.broken = true;
        Poll::Ready(Some(Err(breach.into())))
    }

    /// Whether this many bytes are too many.
    fn is_too_long(&mut self, piece: &[u8]) -> bool {
        let length = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        self.received.fetch_add(length(piece.len()), Ordering::Relaxed);
        let line_end = if self.call.bounds.of_a_line { piece.iter().rposition(|&byte| byte == b'\n') } else { None };
        self.read = match line_end {
            Some(end) => length(piece.len() - end - 1),
            None => self.read.saturating_add(length(piece.len())),
        };
        self.call.bounds.bytes.is_some_and(|most| self.read > most)
    }
}

/// Whether a text begins as web pages do.
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
        // The timer wakes us for a body that is silent; one that has always more to say gives it no turn.
        let timed_out = this.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(context).is_ready());
        if timed_out || this.call.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            let breach = this.call.too_slow();
            return this.broken(breach);
        }
        match this.body.as_mut().poll_frame(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(Some(Ok(frame))) => match frame.data_ref().and_then(|piece| this.breach_of(piece)) {
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
    fn a_page_is_known_by_its_beginning() {
        for page in ["<!DOCTYPE html><title>Hotel", "\n <HTML>", "<!-- a proxy -->", "<head>"] {
            assert!(is_page(page.as_bytes()), "{page}");
        }
        for answer in ["{\"a\": \"<html>\"}", "<AssumeRoleResponse>", "<?xml version=\"1.0\"?>", "", "<h"] {
            assert!(!is_page(answer.as_bytes()), "{answer}");
        }
    }

    /// A body of the same piece for ever, with a pause before each.
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

    /// Reads until the body ends or `most` bytes have come; what broke it, if anything did.
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
    fn an_answer_has_a_size() {
        let read = |shape: ReadMode, refused| read(shape.bounds(), refused, PIECE, FAST, 64 << 20);
        assert_eq!(read(ReadMode::Whole, false).expect_err("too long"), "the answer is longer than 32 MiB");
        assert_eq!(read(ReadMode::Lines, false).expect_err("too long"), "a line of the answer is longer than 32 MiB");
        assert_eq!(read(ReadMode::Stream, false), Ok(()));
        assert_eq!(read(ReadMode::Stream, true).expect_err("a refusal"), "the answer is longer than 32 MiB");
    }

    #[test]
    fn lines_may_go_on_for_ever() {
        let mut line = vec![b'x'; 1 << 20];
        line[1 << 19] = b'\n';
        assert_eq!(read(ReadMode::Lines.bounds(), false, line.leak(), FAST, 64 << 20), Ok(()));
    }

    #[test]
    fn an_answer_has_an_end_however_it_comes() {
        let bounds = Bounds { time: Some(Duration::from_millis(20)), ..ReadMode::Whole.bounds() };
        for (piece, pause) in [(&b"x"[..], Duration::from_millis(1)), (b"", FAST), (b"x", Duration::from_secs(3600))] {
            let why = read(bounds, false, piece, pause, usize::MAX).expect_err("too slow");
            assert_eq!(why, "the answer did not come to its end in 0 seconds");
        }
    }

    #[test]
    fn a_head_has_its_time_too() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let bounds = Bounds { time: Some(Duration::from_millis(20)), ..ReadMode::Whole.bounds() };
        let head = runtime.block_on(async { BoundedCall::begin(bounds).head(std::future::pending::<()>()).await });
        assert!(head.is_err());
    }
}
