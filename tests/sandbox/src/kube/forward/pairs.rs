//! Two streams make one forwarded connection: one for errors, one for data, tied together by their request id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::runtime::PodSide;
use super::session::{Connection, Stream, lock};
use crate::spdy;

/// The pairs of a connection that are not complete yet.
pub(super) struct Pairs {
    connection: Arc<Connection>,
    pub(super) pod: PodSide,
    waiting: Mutex<HashMap<String, Pair>>,
}

#[derive(Default)]
struct Pair {
    error: Option<Arc<Stream>>,
    data: Option<Arc<Stream>>,
    /// Dropped when the pair is complete.
    complete: Option<oneshot::Sender<()>>,
}

impl Pairs {
    /// No pairs yet.
    pub(super) fn new(connection: Arc<Connection>, pod: PodSide) -> Pairs {
        Pairs { connection, pod, waiting: Mutex::default() }
    }

    /// Handles a new stream: resets it if its headers are invalid, else answers and pairs it.
    pub(super) async fn opened(self: &Arc<Self>, stream: Arc<Stream>) {
        let port = stream.header("port").and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
        let kind = stream.header("streamtype").unwrap_or_default().to_owned();
        let (Some(port), "error" | "data") = (port, kind.as_str()) else {
            self.connection.reset(&stream, spdy::CANCEL).await;
            return;
        };
        self.connection.reply(&stream).await;
        let request = request_id(&stream, &kind);
        match self.add(&request, &kind, stream) {
            Added::Twice(Some(error)) => {
                let text = format!("error processing stream for request {request}: {kind} stream already assigned");
                self.connection.data(&error, text.as_bytes(), false).await;
            }
            Added::Complete(error, data) => {
                let (connection, pod) = (Arc::clone(&self.connection), self.pod.clone());
                tokio::spawn(async move { pod.forward(&connection, port, &error, &data).await });
            }
            Added::Twice(None) | Added::Half => {}
        }
    }

    fn add(self: &Arc<Self>, request: &str, kind: &str, stream: Arc<Stream>) -> Added {
        let mut waiting = lock(&self.waiting);
        let pair = waiting.entry(request.to_owned()).or_insert_with(|| {
            let (complete, completed) = oneshot::channel();
            tokio::spawn(Arc::clone(self).watch(request.to_owned(), completed));
            Pair { complete: Some(complete), ..Pair::default() }
        });
        let place = if kind == "error" { &mut pair.error } else { &mut pair.data };
        if place.is_some() {
            return Added::Twice(pair.error.clone());
        }
        *place = Some(stream);
        let (Some(error), Some(data)) = (pair.error.clone(), pair.data.clone()) else { return Added::Half };
        drop(pair.complete.take());
        waiting.remove(request);
        Added::Complete(error, data)
    }

    /// Drops a pair that is not complete in time.
    async fn watch(self: Arc<Self>, request: String, completed: oneshot::Receiver<()>) {
        tokio::select! {
            _ = completed => return,
            () = self.connection.closed() => return,
            () = tokio::time::sleep(self.pod.pair_timeout) => {}
        }
        let pair = lock(&self.waiting).remove(&request);
        if let Some(error) = pair.and_then(|pair| pair.error) {
            let address = format!("{:p}", Arc::as_ptr(&self.connection));
            let text = format!("(conn={address}, request={request}) timed out waiting for streams");
            self.connection.data(&error, text.as_bytes(), false).await;
        }
    }
}

enum Added {
    Half,
    Twice(Option<Arc<Stream>>),
    Complete(Arc<Stream>, Arc<Stream>),
}

/// The request id, or the number of the error stream for an old client that sends none.
fn request_id(stream: &Stream, kind: &str) -> String {
    let guessed = || if kind == "error" { i64::from(stream.id) } else { i64::from(stream.id) - 2 };
    stream.header("requestid").map_or_else(|| guessed().to_string(), str::to_owned)
}
