//! A local port that leads to a port of a target.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use kube_port_forward::Connection;

use crate::actions::port_forward::resolve::ForwardTarget;
use crate::actions::port_forward::serve::Forward;
use crate::error::{Error, Result, plain_io};
use crate::model::kube::workload::Workload;
use crate::model::port_forward::ports::{PortPair, RemotePort};
use crate::net::port_forward::listen::{self, BindError, Listeners};

/// How long no connection is accepted when there are no more file descriptors: some come back when connections end.
const PAUSE: Duration = Duration::from_millis(50);

/// A port that is listened on.
pub(crate) struct OpenPort {
    pub(crate) forward: Rc<Forward>,
    pub(crate) remote: RemotePort,
    /// The pod that connections go to at first.
    pub(crate) pod: String,
    listeners: Listeners,
}

impl OpenPort {
    /// Listens on the local port of a pair. Nothing is accepted yet.
    ///
    /// # Errors
    /// When the target has no such port, or the local one is taken or may not be bound.
    pub(crate) async fn listen(
        forward: &Rc<Forward>,
        found: &ForwardTarget,
        pair: PortPair,
        addresses: &[IpAddr],
    ) -> Result<Self> {
        let number = found.port(&pair.remote).map_err(Error::failure)?;
        let same = match &pair.remote {
            RemotePort::Number(number) => *number,
            RemotePort::Name(_) => number,
        };
        let listeners = listen::bind(addresses, pair.local, same)
            .await
            .map_err(|failed| cannot_listen(&failed, forward.resolver().target(), &pair.remote))?;
        Ok(OpenPort { forward: forward.clone(), remote: pair.remote, pod: found.pod.name.clone(), listeners })
    }

    /// The local port.
    pub(crate) fn number(&self) -> u16 {
        self.listeners.port
    }

    /// The local port with the addresses that it is open on.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.listeners.addresses
    }

    /// The port that was wanted and is taken, if that is why it is another one.
    pub(crate) fn instead_of(&self) -> Option<u16> {
        self.listeners.instead_of
    }

    /// Accepts connections for as long as the process lives.
    pub(crate) fn accept(self) {
        for listener in self.listeners.listeners {
            let (forward, remote) = (self.forward.clone(), self.remote.clone());
            tokio::task::spawn_local(async move {
                loop {
                    match listener.accept().await {
                        Ok((stream, _)) => {
                            let connection = Connection::new(stream);
                            tokio::task::spawn_local(forward.clone().serve(connection, remote.clone()));
                        }
                        Err(_) => tokio::time::sleep(PAUSE).await,
                    }
                }
            });
        }
    }
}

fn cannot_listen(failed: &BindError, target: &Workload, remote: &RemotePort) -> Error {
    let BindError { port, error } = failed;
    let failure = Error::failure(format!("cannot listen on port {port}")).because(plain_io(error));
    match error.kind() {
        std::io::ErrorKind::AddrInUse => failure
            .try_next(format!("nsaccess port-forward {target} :{remote}   # any port that is free"))
            .try_next(format!("lsof -nP -iTCP:{port} -sTCP:LISTEN   # who has it")),
        std::io::ErrorKind::PermissionDenied => failure.try_next(format!(
            "nsaccess port-forward {target} {}:{remote}   # ports below 1024 are for root",
            u32::from(*port) + 8000
        )),
        _ => failure,
    }
}
