//! TCP connections that notice when the other side is gone.

use std::error::Error;
use std::io;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service as _;

use crate::error::innermost;
use crate::model::wire::endpoint::Endpoint;

/// How long written bytes may stay unacknowledged before the kernel gives the connection up.
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_secs(20);

/// Makes connections with keepalive. A name with addresses of both kinds is tried over IPv4 as well when IPv6 does not
/// answer soon (RFC 8305).
pub(super) fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    // Small frames must not wait for each other, and a request not for the end of the handshake to be acknowledged.
    connector.set_nodelay(true);
    connector.set_keepalive(Some(Duration::from_secs(15)));
    connector.set_keepalive_interval(Some(Duration::from_secs(5)));
    #[cfg(any(target_os = "linux", target_os = "android"))]
    connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED_LIMIT));
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = UNACKNOWLEDGED_LIMIT;
    connector
}

/// Such a connection.
pub(super) async fn connect(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let url = http::Uri::try_from(format!("tcp://{endpoint}")).map_err(io::Error::other)?;
    connector().call(url).await.map(TokioIo::into_inner).map_err(|error| cause(&error))
}

/// The system's error, which the connector wraps.
pub(super) fn cause(error: &(dyn Error + 'static)) -> io::Error {
    let cause = innermost(error);
    match cause.downcast_ref::<io::Error>() {
        Some(cause) => cause
            .raw_os_error()
            .map_or_else(|| io::Error::new(cause.kind(), cause.to_string()), io::Error::from_raw_os_error),
        None => io::Error::other(cause.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_notice_when_the_other_side_is_gone() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let endpoint = |host: &str| Endpoint { host: host.to_owned(), port };
        let stream = connect(&endpoint("localhost")).await.expect("a connection");
        assert!(stream.nodelay().expect("an option"));
        #[cfg(target_os = "linux")]
        {
            let socket = socket2::SockRef::from(&stream);
            assert!(socket.keepalive().expect("an option"));
            assert_eq!(socket.tcp_keepalive_time().expect("an option"), Duration::from_secs(15));
            assert_eq!(socket.tcp_keepalive_interval().expect("an option"), Duration::from_secs(5));
            assert_eq!(socket.tcp_user_timeout().expect("an option"), Some(UNACKNOWLEDGED_LIMIT));
        }
        drop((listener, stream));
        let refused = connect(&endpoint("127.0.0.1")).await.expect_err("nobody listens");
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused, "{refused}");
        let unknown = connect(&endpoint("no-such-host.invalid")).await.expect_err("there is no such name");
        assert!(!unknown.to_string().contains("dns error"), "{unknown}");
    }
}
