//! The pod's end, as containerd forwards to it: dial `localhost` in the pod's network namespace, copy both ways, and
//! give the second direction one second after the first has ended. A half-close is never forwarded.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};

use super::session::{Connection, Stream};
use crate::apps::{App, Place, Socket};
use crate::containers::Pen;
use crate::kube::store::has_ended;
use crate::spdy;
use crate::state::Shared;
use crate::traffic::Meter;

/// How long the sandbox of a deleted pod is known: until the kubelet collects it.
const KEPT: Duration = Duration::from_secs(35);
const GRACE: Duration = Duration::from_secs(1);

/// A pod's sandbox in the container runtime.
#[derive(Clone)]
pub(crate) struct PodSide {
    pub(crate) shared: Arc<Shared>,
    pub(crate) cluster: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    /// How long a pair of streams may take to be complete.
    pub(crate) pair_timeout: Duration,
    /// Since when the pod is known to be gone.
    pub(crate) gone_since: Arc<Mutex<Option<Instant>>>,
}

impl PodSide {
    /// The id that containerd gave to the pod's sandbox.
    fn sandbox(&self) -> String {
        use sha2::{Digest as _, Sha256};
        crate::text::hex(&Sha256::digest(&self.uid))
    }

    fn network(&self) -> String {
        format!("/var/run/netns/cni-{}", crate::objects::uid(&["netns", &self.uid]))
    }

    /// Forwards one connection, and says on the error stream how it failed.
    pub(super) async fn forward(&self, connection: &Connection, port: u16, error: &Stream, data: &Stream) {
        let (failure, dialled) = match self.dial(port) {
            Ok(socket) => {
                let name = format!("{}/{}:{port}", self.namespace, self.name);
                let open = self.shared.forwarding.connection(name);
                let copied = self.copy(connection, data, socket, port, &open.0).await;
                (copied.err().map(|text| self.in_namespace(&text)), true)
            }
            Err(text) => (Some(text), false),
        };
        data.desert();
        connection.finish(data).await;
        if let Some(failure) = failure {
            self.fail(connection, (error, data), (port, &failure), dialled).await;
        }
        connection.finish(error).await;
    }

    /// What the runtime's version does to the streams of a failed connection.
    async fn fail(
        &self,
        connection: &Connection,
        (error, data): (&Stream, &Stream),
        (port, failure): (u16, &str),
        dialled: bool,
    ) {
        let (words, reset) = match self.shared.state().world.settings.reset_failed_streams {
            0 => (true, false),
            2 => (!dialled, dialled),
            _ => (true, true),
        };
        if words {
            let text = format!("error forwarding port {port} to pod {}, uid : {failure}", self.sandbox());
            connection.data(error, text.as_bytes(), false).await;
        }
        if reset {
            connection.reset(data, spdy::CANCEL).await;
            connection.reset(error, spdy::CANCEL).await;
        }
    }

    /// Copies both ways until one has ended, and then for a second more.
    async fn copy(
        &self,
        connection: &Connection,
        data: &Stream,
        socket: Socket,
        port: u16,
        meter: &Meter,
    ) -> Result<(), String> {
        let Socket { stream, reset } = socket;
        let (mut from_pod, mut to_pod) = tokio::io::split(stream);
        let route = format!("tcp4 127.0.0.1:{}->127.0.0.1:{port}", 32768 + data.id % 28000);
        let down = async {
            down(connection, data, &mut from_pod, meter).await;
            if reset.load(std::sync::atomic::Ordering::SeqCst) {
                return Err(format!("read {route}: read: connection reset by peer"));
            }
            Ok(())
        };
        let up = async {
            up(data, &mut to_pod, meter)
                .await
                .map_err(|()| format!("readfrom {route}: write {route}: write: broken pipe"))
        };
        tokio::pin!(down, up);
        let (first, second) = tokio::select! {
            first = &mut down => (first, tokio::time::timeout(GRACE, up).await),
            first = &mut up => (first, tokio::time::timeout(GRACE, down).await),
        };
        first.and(second.unwrap_or_else(|_| {
            self.shared.forwarding.given_up();
            Ok(())
        }))
    }

    fn in_namespace(&self, text: &str) -> String {
        format!("failed to execute portforward in network namespace \"{}\": {text}", self.network())
    }

    fn dial(&self, port: u16) -> Result<Socket, String> {
        let mut state = self.shared.state();
        let store = state.stores.get_mut(&self.cluster);
        let pod = store.as_ref().and_then(|store| store.get("Pod", Some(&self.namespace), &self.name));
        let pod = pod.filter(|pod| pod["metadata"]["uid"] == self.uid.as_str() && !has_ended(pod));
        let (Some(pod), Some(store)) = (pod.cloned(), store) else {
            return Err(self.closed());
        };
        let app = App::of(&pod, port).filter(|_| pod["status"]["phase"] == "Running");
        match app {
            Some(app) => {
                let pen = Pen::of(&self.shared, &self.cluster, &pod);
                let (pod, namespace) = (self.name.clone(), self.namespace.clone());
                Ok(app.accept(Place { pod, namespace, port, pen }, store.life(&self.uid)))
            }
            None => Err(self.in_namespace(&self.refused(port))),
        }
    }

    /// Whether the pod's sandbox is still known. It is for a while after the pod is gone.
    fn closed(&self) -> String {
        let mut since = self.gone_since.lock().unwrap_or_else(PoisonError::into_inner);
        let (sandbox, gone) = (self.sandbox(), since.get_or_insert_with(Instant::now).elapsed());
        if gone < KEPT {
            format!("network namespace for sandbox \"{sandbox}\" is closed")
        } else {
            format!("failed to find sandbox \"{sandbox}\" in store: not found")
        }
    }

    fn refused(&self, port: u16) -> String {
        format!(
            "failed to connect to localhost:{port} inside namespace \"{}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: \
             connection refused IPv6 dial tcp6: address localhost: no suitable address found ",
            self.sandbox()
        )
    }
}

async fn down(connection: &Connection, data: &Stream, from_pod: &mut ReadHalf<DuplexStream>, meter: &Meter) {
    let mut buffer = vec![0; 32 * 1024];
    loop {
        match from_pod.read(&mut buffer).await {
            Ok(length) if length > 0 => {
                meter.sent(length);
                if !connection.data(data, &buffer[..length], false).await {
                    return;
                }
            }
            _ => return,
        }
    }
}

/// The first write to a socket that the pod has closed still succeeds, as TCP has it; the next one fails.
async fn up(data: &Stream, to_pod: &mut WriteHalf<DuplexStream>, meter: &Meter) -> Result<(), ()> {
    let (mut outbox, mut lost) = (data.outbox.lock().await, false);
    while let Some(bytes) = outbox.recv().await {
        if to_pod.write_all(&bytes).await.is_err() {
            if lost {
                return Err(());
            }
            lost = true;
        } else {
            meter.received(bytes.len());
        }
    }
    Ok(())
}
