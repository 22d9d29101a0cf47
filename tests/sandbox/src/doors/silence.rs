//! A port that answers nothing, as one behind a firewall or without a VPN: whoever connects waits until they give up.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket};

/// How long the last connection is waited for that the system still takes.
const PATIENCE: Duration = Duration::from_millis(200);

/// A silent port, until it is dropped.
pub(super) struct Silence {
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Silence {
    /// Makes an address silent: a listener that accepts nobody, and so many connections that the system's queue is full
    /// and further ones are not answered.
    pub(super) fn at(address: SocketAddr, runtime: &tokio::runtime::Handle) -> io::Result<Silence> {
        let _runtime = runtime.enter();
        let listener = listen(address)?;
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, PATIENCE) {
            queue.push(stream);
        }
        Ok(Silence { _listener: listener, _queue: queue })
    }
}

/// Listens there, once whoever listened before is gone.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let started = Instant::now();
    loop {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(0)) {
            Ok(listener) => return Ok(listener),
            Err(error) if started.elapsed() > Duration::from_secs(5) => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
