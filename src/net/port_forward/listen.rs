//! Where local programs connect to.

use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpListener;

use crate::error::{Error, Kind, Result, plain_io};
use crate::model::port_forward::addresses::LOOPBACK;
use crate::model::port_forward::ports::{LocalPort, RemotePort};

/// Bound listeners for one port pair, all with the same port.
#[derive(Debug)]
pub(crate) struct Listeners {
    /// One an address.
    pub listeners: Vec<TcpListener>,
    /// What they listen on.
    pub addresses: Vec<SocketAddr>,
    /// The port.
    pub port: u16,
    /// The port that was wanted and is taken, if that is why it is another one.
    pub instead_of: Option<u16>,
}

/// Binds the port that is wanted on all addresses.
///
/// # Errors
/// When the port is taken or may not be bound.
pub(crate) async fn bind(
    addresses: &[IpAddr],
    local: LocalPort,
    remote: &RemotePort,
    remote_number: u16,
) -> Result<Listeners> {
    let wanted = match local {
        LocalPort::Exactly(port) => port,
        LocalPort::SameAsRemote => remote_number,
        LocalPort::Any => return any(addresses, None).await.map_err(|error| explain(&error, 0, remote)),
        LocalPort::Preferably => {
            return match all(addresses, remote_number, None).await {
                Ok(listeners) => Ok(listeners),
                Err(_) => any(addresses, Some(remote_number)).await.map_err(|error| explain(&error, 0, remote)),
            };
        }
    };
    all(addresses, wanted, None).await.map_err(|error| explain(&error, wanted, remote))
}

/// A port that is free on all addresses: what one address gives may be taken on another, so a few tries.
async fn any(addresses: &[IpAddr], instead_of: Option<u16>) -> std::io::Result<Listeners> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrInUse);
    for _ in 0..16 {
        match all(addresses, 0, instead_of).await {
            Ok(listeners) => return Ok(listeners),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn all(addresses: &[IpAddr], port: u16, instead_of: Option<u16>) -> std::io::Result<Listeners> {
    let (mut listeners, mut bound, mut port) = (Vec::new(), Vec::new(), port);
    let mut failure = None;
    for address in addresses {
        match TcpListener::bind((*address, port)).await {
            Ok(listener) => {
                let at = listener.local_addr()?;
                port = at.port();
                bound.push(at);
                listeners.push(listener);
            }
            // A machine without IPv6 has no ::1; a port that is taken is another matter.
            Err(error) if addresses == LOOPBACK && is_absent(&error) => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    match failure {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(Listeners { listeners, addresses: bound, port, instead_of }),
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, Unsupported};
    matches!(error.kind(), AddrNotAvailable | Unsupported) || error.raw_os_error() == Some(97)
}

fn explain(error: &std::io::Error, port: u16, remote: &RemotePort) -> Error {
    let failure = Error::new(Kind::Failure, format!("cannot listen on port {port}")).because(plain_io(error));
    match error.kind() {
        std::io::ErrorKind::AddrInUse => failure
            .try_next(format!("nsaccess port-forward TARGET :{remote}   # any port that is free"))
            .try_next(format!("lsof -nP -iTCP:{port} -sTCP:LISTEN   # who has it")),
        std::io::ErrorKind::PermissionDenied => failure.try_next(format!(
            "nsaccess port-forward TARGET {}:{remote}   # ports below 1024 are for root",
            u32::from(port) + 8000
        )),
        _ => failure,
    }
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
            let remote = RemotePort::Number(80);
            let taken = bind(&v4, LocalPort::Any, &remote, 80).await.expect("a free port");
            let error = bind(&v4, LocalPort::Exactly(taken.port), &remote, 80).await.expect_err("it is taken");
            assert!(error.try_next[0].contains(":80"), "{error:?}");
            let other = bind(&v4, LocalPort::Preferably, &remote, taken.port).await.expect("another port");
            assert_eq!(other.instead_of, Some(taken.port));
            assert_ne!(other.port, taken.port);
        });
    }
}
