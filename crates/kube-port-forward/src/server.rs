//! The API server, as the caller describes it, and streams to it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream, plain or encrypted.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> ByteStream for T {}

/// A [`ByteStream`] that is being opened.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = std::io::Result<Box<dyn ByteStream>>> + 'a>>;

/// Opens byte streams to the API server. TCP, proxies, TLS and whom to trust are the implementor's.
///
/// A connector should set TCP keepalive, so that dead connections are noticed, and give up by itself after some seconds.
/// When a session has gone silent, it is also used to find out whether the server can be reached at all.
pub trait Connect {
    /// A new stream on which HTTP/1.1 can be spoken at once. The words of an error reach people as they are.
    fn connect(&self) -> Connecting<'_>;
}

/// An API server, and how to reach it.
#[derive(Clone)]
pub struct ApiServer {
    /// Host and port, as the `Host` header names them; an IPv6 address in brackets.
    pub authority: String,
    /// What stands before `/api/v1` in paths; empty for most servers.
    pub path: String,
    /// The value of the `User-Agent` header.
    pub user_agent: String,
    /// Opens streams to it.
    pub connector: Rc<dyn Connect>,
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiServer({}{})", self.authority, self.path)
    }
}
