//! The servers in the pods, behind the ports of a container. The pod's annotation `sandbox/ports` chooses them, as in
//! `8080=http,9000=echo`. Other ports refuse connections. A pod without the annotation has all of them, each on its own
//! port.

mod http;
mod tcp;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::sync::watch;

use crate::containers::Pen;

/// The annotation that says what listens on which port.
pub const PORTS: &str = "sandbox/ports";

/// The servers of a pod without the annotation.
const USUAL: &str = "8080=http,9000=echo,9001=sink,9002=firehose,9003=banner,9004=reset:1000,9005=half-close,\
    9006=until-fin,9007=stall";

/// The size of the kernel's buffer in each direction of a connection.
const BUFFER: usize = 256 * 1024;

/// A server behind one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum App {
    /// HTTP/1.1: `/` describes the request and the pod, `/name`, `/healthz`, `/echo` (the body again), `/bytes/N`
    /// (chunked), `/sized/N`, `/upload` (counts and hashes the body), `/slow/MILLISECONDS`, `/status/CODE`, `/close`.
    Http,
    /// Sends every byte back until the client closes.
    Echo,
    /// Says `220 <pod> ready` first, then answers each line.
    Banner,
    /// Nobody listens.
    Refuse,
    /// Sends this many bytes, then resets the connection.
    Reset(u64),
    /// Answers the first bytes with `bye from <pod>`, closes its writing half, and keeps reading.
    HalfClose,
    /// Reads until the client closes, then answers with the number of bytes.
    UntilFin,
    /// Sends this many bytes (or endlessly) as fast as they are read, then closes.
    Firehose(Option<u64>),
    /// Reads everything and answers nothing.
    Sink,
    /// Accepts and never reads.
    Stall,
}

impl App {
    /// Reads one of `http`, `echo`, `banner`, `refuse`, `reset[:N]`, `half-close`, `until-fin`, `firehose[:N]`, `sink`,
    /// `stall`.
    pub fn parse(text: &str) -> Option<App> {
        let (name, number) = text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
        let number = number.map(|number| number.parse::<u64>().ok());
        Some(match (name, number) {
            ("http", None) => App::Http,
            ("echo", None) => App::Echo,
            ("banner", None) => App::Banner,
            ("refuse", None) => App::Refuse,
            ("reset", None) => App::Reset(0),
            ("reset", Some(Some(number))) => App::Reset(number),
            ("half-close", None) => App::HalfClose,
            ("until-fin", None) => App::UntilFin,
            ("firehose", None) => App::Firehose(None),
            ("firehose", Some(Some(number))) => App::Firehose(Some(number)),
            ("sink", None) => App::Sink,
            ("stall", None) => App::Stall,
            _ => return None,
        })
    }

    /// The server on a port of a pod.
    pub(crate) fn of(pod: &Value, port: u16) -> Option<App> {
        let ports = pod["metadata"]["annotations"][PORTS].as_str().unwrap_or(USUAL);
        let app = ports.split(',').find_map(|entry| {
            let (number, app) = entry.trim().split_once('=')?;
            (number.trim().parse() == Ok(port)).then(|| App::parse(app.trim()))?
        });
        app.filter(|app| *app != App::Refuse)
    }

    /// Accepts a connection. Returns the client's end of it.
    pub(crate) fn accept(self, place: Place, mut life: watch::Receiver<bool>) -> Socket {
        let (client, server) = tokio::io::duplex(BUFFER);
        let reset = Arc::new(AtomicBool::new(false));
        let for_server = Arc::clone(&reset);
        tokio::spawn(async move {
            tokio::select! {
                () = self.serve(server, place, &for_server) => {}
                _ = life.wait_for(|alive| !*alive) => {}
            }
        });
        Socket { stream: client, reset }
    }
}

impl App {
    async fn serve(self, mut server: DuplexStream, place: Place, reset: &AtomicBool) {
        let _ = match self {
            App::Http => http::serve(server, place).await,
            App::Reset(bytes) => {
                let sent = tcp::firehose(&mut server, Some(bytes)).await;
                reset.store(true, Ordering::SeqCst);
                sent
            }
            other => tcp::serve(&other, server, &place).await,
        };
    }
}

/// A connection to a server in a pod.
pub(crate) struct Socket {
    pub(crate) stream: DuplexStream,
    /// Whether it ended with a reset.
    pub(crate) reset: Arc<AtomicBool>,
}

/// Where a server is.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) pod: String,
    pub(crate) namespace: String,
    pub(crate) port: u16,
    /// Where it logs requests.
    pub(crate) pen: Pen,
}
