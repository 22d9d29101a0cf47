//! What every way to the API server is made of: a TCP connection, and the head of an HTTP answer.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;

use crate::error::plain_io;

/// The longest head of an answer that is read.
const LARGEST_HEAD: usize = 64 * 1024;
/// How long the kernel lets written bytes go unacknowledged before it calls the connection dead.
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_secs(20);

/// Why there is no upgraded connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialFailure {
    /// The server answered, and not with 101.
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words.
        words: String,
    },
    /// No usable answer.
    Unreachable(String),
}

impl DialFailure {
    pub(super) fn io(what: &str, error: &std::io::Error) -> Self {
        DialFailure::Unreachable(format!("{what}: {}", plain_io(error)))
    }
}

/// A byte pipe, plain or encrypted.
pub trait Pipe: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Pipe for T {}

/// A TCP connection, whose death is noticed.
pub(super) async fn tcp(host: &str, port: u16) -> Result<TcpStream, DialFailure> {
    let stream =
        TcpStream::connect((host, port)).await.map_err(|error| DialFailure::io(&format!("{host}:{port}"), &error))?;
    // Small frames of one connection shall not wait for those of another.
    let _ = stream.set_nodelay(true);
    let socket = socket2::SockRef::from(&stream);
    let keepalive =
        socket2::TcpKeepalive::new().with_time(Duration::from_secs(15)).with_interval(Duration::from_secs(5));
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_LIMIT));
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = UNACKNOWLEDGED_LIMIT;
    Ok(stream)
}

/// The answer's head, and what came behind it.
pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((bytes, rest));
        }
        if bytes.len() > LARGEST_HEAD {
            return Err(std::io::Error::other("the answer's head does not end"));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The status of an answer by its head; `None` when that is not HTTP.
pub(super) fn parse_status(head: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(head).ok()?;
    let line = text.lines().next()?;
    let mut words = line.split_whitespace();
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_answers_are_read() {
        assert_eq!(parse_status(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), Some(101));
        assert_eq!(parse_status(b"HTTP/1.0 403 Forbidden\r\n\r\n"), Some(403));
        assert_eq!(parse_status(b"SSH-2.0-OpenSSH\r\n\r\n"), None);
    }
}
