//! A local port that leads to a port of a target.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use kube_port_forward::Connection;

use crate::actions::port_forward::resolve::ForwardTarget;
use crate::actions::port_forward::serve::Forward;
use crate::error::{Error, Result, plain_io};
use crate::model::kube::workload::Workload;
use crate::model::port_forward::local::{self, instead_of_privileged};
use crate::model::port_forward::ports::{PortPair, RemotePort};
use crate::model::port_forward::scheme::Scheme;
use crate::net::port_forward::listen::{self, BindError, Listeners};

/// How long no connection is accepted when there are no more file descriptors: some come back when connections end.
const PAUSE: Duration = Duration::from_millis(50);

/// A port that is listened on.
pub(crate) struct OpenPort {
    pub(crate) forward: Rc<Forward>,
    pub(crate) remote: RemotePort,
    /// The pod that connections go to at first.
    pub(crate) pod: String,
    scheme: Option<Scheme>,
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
        let number = found.port(&pair.remote).map_err(|why| forward.resolver().no_port(why))?;
        let same = match &pair.remote {
            RemotePort::Number(number) => *number,
            RemotePort::Name(_) => number,
        };
        let listeners = listen::bind(addresses, pair.local, same)
            .await
            .map_err(|failed| cannot_listen(&failed, forward.resolver().target(), &pair.remote))?;
        let (pod, scheme) = (found.pod.name.clone(), found.scheme(&pair.remote));
        Ok(OpenPort { forward: forward.clone(), remote: pair.remote, pod, scheme, listeners })
    }

    /// `http://localhost:8080`, if it can be opened in a browser.
    pub(crate) fn url(&self) -> Option<String> {
        local::url(self.addresses(), self.scheme)
    }

    /// The URL, else what to connect to.
    pub(crate) fn shown(&self) -> String {
        local::shown(self.addresses(), self.scheme)
    }

    /// The local port.
    pub(crate) fn number(&self) -> u16 {
        self.listeners.port
    }

    /// The local port with the addresses that it is open on.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.listeners.addresses
    }

    /// Why it is not the port that was preferred, if it is not.
    pub(crate) fn instead(&self) -> Option<String> {
        let failed = self.listeners.instead_of.as_ref()?;
        let why = if failed.is_privileged() { "requires root privileges" } else { "is already in use" };
        Some(format!("port {} {why}; using {}", failed.port, self.number()))
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
    let BindError { address, port, error } = failed;
    let failure = Error::failure(match port {
        0 => "cannot listen on a free port".to_owned(),
        port => format!("cannot listen on port {port}"),
    });
    match (error.kind(), instead_of_privileged(*port)) {
        (std::io::ErrorKind::AddrNotAvailable, _) => {
            let local = if *port == 0 { String::new() } else { port.to_string() };
            Error::failure(format!("cannot listen on {address}"))
                .because("this machine has no such address")
                .try_next(format!("nsaccess port-forward {target} {local}:{remote}   # on localhost"))
        }
        (std::io::ErrorKind::AddrInUse, _) => failure
            .because("the port is already in use")
            .try_next(format!("nsaccess port-forward {target} :{remote}   # picks a free port"))
            .try_next(format!("lsof -nP -iTCP:{port} -sTCP:LISTEN   # shows what uses it")),
        (std::io::ErrorKind::PermissionDenied, Some(usual)) => failure
            .because("ports below 1024 require root privileges")
            .try_next(format!("nsaccess port-forward {target} {usual}:{remote}")),
        _ => failure.because(plain_io(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kube::workload::Kind;

    #[test]
    fn the_error_says_why_a_port_cannot_be_listened_on() {
        let target = Workload { kind: Kind::Service, name: "web".to_owned() };
        let failure = |port, kind: std::io::ErrorKind| {
            let address = [10, 9, 8, 7].into();
            let failed = BindError { address, port, error: kind.into() };
            cannot_listen(&failed, &target, &RemotePort::Name("http".to_owned()))
        };
        let privileged = failure(80, std::io::ErrorKind::PermissionDenied);
        assert_eq!(privileged.because, ["ports below 1024 require root privileges"]);
        assert_eq!(privileged.try_next, ["nsaccess port-forward svc/web 8080:http"]);
        let taken = failure(80, std::io::ErrorKind::AddrInUse);
        assert_eq!(taken.because, ["the port is already in use"]);
        assert_eq!(taken.try_next[0], "nsaccess port-forward svc/web :http   # picks a free port");
        let absent = |port| failure(port, std::io::ErrorKind::AddrNotAvailable);
        assert_eq!(absent(0).message, "cannot listen on 10.9.8.7");
        assert_eq!(absent(0).try_next, ["nsaccess port-forward svc/web :http   # on localhost"]);
        assert_eq!(absent(8080).try_next, ["nsaccess port-forward svc/web 8080:http   # on localhost"]);
    }
}
