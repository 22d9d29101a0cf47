//! Local listeners: where local programs connect to.

use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpListener;

use crate::model::port_forward::addresses::LOOPBACK;
use crate::model::port_forward::local::instead_of_privileged;
use crate::model::port_forward::ports::LocalPort;

/// Bound listeners for one port pair, all on the same port.
#[derive(Debug)]
pub(crate) struct Listeners {
    /// One per address.
    pub(crate) listeners: Vec<TcpListener>,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) port: u16,
    /// The preferred port and why it is another one, if it is.
    pub(crate) instead_of: Option<BindError>,
}

/// Why a port cannot be listened on.
#[derive(Debug)]
pub(crate) struct BindError {
    pub(crate) address: IpAddr,
    /// The requested port; 0 for any.
    pub(crate) port: u16,
    pub(crate) error: std::io::Error,
}

impl BindError {
    /// Whether the port is for privileged users, and not taken.
    pub(crate) fn is_privileged(&self) -> bool {
        self.error.kind() == std::io::ErrorKind::PermissionDenied
    }
}

/// Binds the requested port on all addresses. `remote_number` is the number of the remote port.
pub(crate) async fn bind(addresses: &[IpAddr], local: LocalPort, remote_number: u16) -> Result<Listeners, BindError> {
    let port = match local {
        LocalPort::Exactly(port) => port,
        LocalPort::SameAsRemote => remote_number,
        LocalPort::Any => 0,
        LocalPort::Preferably => return bind_preferably(addresses, remote_number).await,
    };
    match port {
        0 => bind_any(addresses).await,
        port => bind_all(addresses, port).await,
    }
}

/// This port, else, if it is a privileged one, its usual replacement, else any that is free.
async fn bind_preferably(addresses: &[IpAddr], port: u16) -> Result<Listeners, BindError> {
    let failed = match bind_all(addresses, port).await {
        Ok(listeners) => return Ok(listeners),
        Err(failed) => failed,
    };
    let usual = instead_of_privileged(port).filter(|_| failed.is_privileged());
    let bound = match usual {
        Some(usual) => bind_all(addresses, usual).await.ok(),
        None => None,
    };
    let listeners = match bound {
        Some(listeners) => listeners,
        None => bind_any(addresses).await?,
    };
    Ok(Listeners { instead_of: Some(failed), ..listeners })
}

/// Binds a port that is free on all addresses. A port that is free on one may be taken on another, hence the attempts.
async fn bind_any(addresses: &[IpAddr]) -> Result<Listeners, BindError> {
    for _ in 1..16 {
        if let Ok(listeners) = bind_all(addresses, 0).await {
            return Ok(listeners);
        }
    }
    bind_all(addresses, 0).await
}

/// Binds the same port on all addresses. The error has the port as it was asked for.
async fn bind_all(addresses: &[IpAddr], asked: u16) -> Result<Listeners, BindError> {
    let (mut listeners, mut bound, mut port) = (Vec::new(), Vec::new(), asked);
    let mut absent = None;
    for &address in addresses {
        let failed = |error| BindError { address, port: asked, error };
        match TcpListener::bind((address, port)).await {
            Ok(listener) => {
                let at = listener.local_addr().map_err(failed)?;
                port = at.port();
                bound.push(at);
                listeners.push(listener);
            }
            // A machine without IPv6 has no ::1, which is fine; a taken port is not.
            Err(error) if addresses == LOOPBACK && is_absent(&error) => absent = Some(failed(error)),
            Err(error) => return Err(failed(error)),
        }
    }
    match absent {
        Some(failed) if listeners.is_empty() => Err(failed),
        _ => Ok(Listeners { listeners, addresses: bound, port, instead_of: None }),
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, Unsupported};
    matches!(error.kind(), AddrNotAvailable | Unsupported) || error.raw_os_error() == Some(97)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
    }

    #[test]
    fn a_taken_port_is_an_error_or_another_port_as_asked() {
        run(async {
            let v4 = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
            let taken = bind(&v4, LocalPort::Any, 80).await.expect("a free port");
            let failed = bind(&v4, LocalPort::Exactly(taken.port), 80).await.expect_err("it is taken");
            assert_eq!((failed.port, failed.error.kind()), (taken.port, std::io::ErrorKind::AddrInUse));
            let other = bind(&v4, LocalPort::Preferably, taken.port).await.expect("another port");
            let failed = other.instead_of.expect("the port that was taken");
            assert_eq!((failed.port, failed.is_privileged()), (taken.port, false));
            assert_ne!(other.port, taken.port);
        });
    }
}
