//! TCP connections that notice when the other side is gone.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

/// How long written bytes may stay unacknowledged before the kernel gives the connection up.
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_secs(20);

/// A TCP connection with keepalive.
pub(super) async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    // Small frames must not wait for each other.
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
