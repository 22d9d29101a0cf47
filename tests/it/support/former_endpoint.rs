//! A port that leads to a cluster, until the cluster is not there any more.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Where a cluster was; its threads end with it.
pub(crate) struct FormerEndpoint {
    port: u16,
    /// The connections there are. `None` when no more are taken.
    open: Arc<Mutex<Option<Vec<TcpStream>>>>,
    accepting: JoinHandle<()>,
}

impl FormerEndpoint {
    /// A free port that leads to `https://HOST:PORT`.
    pub(crate) fn leading_to(endpoint: &str) -> FormerEndpoint {
        let to = endpoint.strip_prefix("https://").expect("an endpoint").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let open = Arc::new(Mutex::new(Some(Vec::new())));
        let kept = Arc::clone(&open);
        let accepting = std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&to).expect("a connection");
                let mut open = kept.lock().expect("no panic holds it");
                let Some(open) = &mut *open else { return };
                open.push(client.try_clone().expect("another handle"));
                relay(&client, &server);
            }
        });
        FormerEndpoint { port, open, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Ends all connections, and refuses new ones.
    pub(crate) fn moves_away(self) {
        let connections = self.open.lock().expect("no panic holds it").take();
        // The one that is waited for is woken by a last one.
        TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        self.accepting.join().expect("no panic");
        for connection in connections.into_iter().flatten() {
            // The other side may have ended it.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Passes a connection on, in threads that end with it.
pub(crate) fn relay(client: &TcpStream, server: &TcpStream) {
    for (from, to) in [(client, server), (server, client)] {
        let clone = |stream: &TcpStream| stream.try_clone().expect("another handle");
        let (mut from, mut to) = (clone(from), clone(to));
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}
