//! A stream that fails in the words of its route until the other side has answered. `ssh -L` and some proxies take connections
//! before they know whether they reach the cluster, and then close them or say nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::{Route, silence};
use crate::error::plain_io;
use crate::net::proxy::Stream;

/// A stream to a cluster.
pub(in crate::net) struct FirstAnswer {
    stream: Stream,
    /// Until the first byte comes.
    awaited: Option<Awaited>,
}

struct Awaited {
    route: Route,
    limit: Duration,
    end: Pin<Box<Sleep>>,
}

impl FirstAnswer {
    pub(super) fn awaited(stream: Stream, route: Route, limit: Duration) -> Self {
        let end = Box::pin(tokio::time::sleep(limit));
        FirstAnswer { stream, awaited: Some(Awaited { route, limit, end }) }
    }

    pub(super) fn not_awaited(stream: Stream) -> Self {
        FirstAnswer { stream, awaited: None }
    }

    fn in_words_of_the_route<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &self.awaited {
            Some(Awaited { route, .. }) => written.map_err(|error| route.fault(&plain_io(&error))),
            None => written,
        }
    }
}

impl AsyncRead for FirstAnswer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let FirstAnswer { stream, awaited } = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(stream).poll_read(context, buffer);
        let Some(Awaited { route, limit, end }) = awaited else { return read };
        let why = match read {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                *awaited = None;
                return read;
            }
            Poll::Ready(Ok(())) => "closed the connection without an answer".to_owned(),
            Poll::Ready(Err(error)) => plain_io(&error),
            Poll::Pending => {
                ready!(end.as_mut().poll(context));
                silence(*limit)
            }
        };
        Poll::Ready(Err(route.fault(&why)))
    }
}

impl AsyncWrite for FirstAnswer {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_words_of_the_route(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.in_words_of_the_route(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.in_words_of_the_route(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// For hyper.
impl Connection for FirstAnswer {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::model::wire::endpoint::Endpoint;

    fn through_a_tunnel() -> (FirstAnswer, tokio::io::DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(64);
        let near_end = Endpoint { host: "localhost".to_owned(), port: 8443 };
        let route = Route::to(near_end, Some("abc.eks.amazonaws.com"), None);
        (FirstAnswer::awaited(Box::new(ours), route, Duration::ZERO), theirs)
    }

    #[tokio::test]
    async fn silence_and_an_end_without_a_byte_are_the_fault_of_the_route() {
        let (mut stream, theirs) = through_a_tunnel();
        let silent = stream.read_u8().await.expect_err("nobody answers");
        assert_eq!(silent.to_string(), "tunnel localhost:8443: no answer within 0s");
        drop(theirs);
        let closed = stream.read_u8().await.expect_err("nobody answers");
        assert_eq!(closed.to_string(), "tunnel localhost:8443: closed the connection without an answer");
    }

    #[tokio::test]
    async fn so_is_a_write_that_fails_before_the_answer() {
        let (mut stream, theirs) = through_a_tunnel();
        drop(theirs);
        let failed = stream.write_u8(1).await.expect_err("nobody is there");
        assert_eq!(failed.to_string(), "tunnel localhost:8443: broken pipe");
    }

    #[tokio::test]
    async fn what_comes_after_an_answer_is_not() {
        let (mut stream, mut theirs) = through_a_tunnel();
        // The limit is over, and counts no more.
        theirs.write_u8(1).await.expect("sent");
        assert_eq!(stream.read_u8().await.expect("an answer"), 1);
        drop(theirs);
        assert_eq!(stream.read_u8().await.expect_err("the end").kind(), io::ErrorKind::UnexpectedEof);
    }
}
