//! The listeners of a running sandbox: they are closed and opened again, and a cluster's can be replaced.

mod silence;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::server::{self, Door};
use crate::services::Service;
use crate::state::{ClusterAddress, Shared};
use crate::tls::Authority;
use silence::Silence;

/// The listeners by the service's name.
#[derive(Default)]
pub(crate) struct Doors(Mutex<BTreeMap<String, Served>>);

struct Served {
    open: watch::Sender<bool>,
    address: SocketAddr,
    silence: Option<Silence>,
    task: JoinHandle<()>,
}

impl Doors {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Served>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a listener, instead of the one that the service may have had.
    pub(crate) fn serve(
        &self,
        shared: &Arc<Shared>,
        service: Service,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
    ) {
        self.serve_as(service.name(), shared, service, listener, tls);
    }

    /// Serves a listener under a name, for a service that has several.
    pub(crate) fn serve_as(
        &self,
        name: String,
        shared: &Arc<Shared>,
        service: Service,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
    ) {
        let Ok(address) = listener.local_addr() else { return };
        let (open, opened) = watch::channel(true);
        let door = Door { service, listener, address, tls, open: opened };
        let task = shared.runtime.spawn(server::serve(Arc::clone(shared), door));
        let replaced = self.all().insert(name, Served { open, address, silence: None, task });
        if let Some(Served { open, task, .. }) = replaced {
            // Without its sender the old listener ends; wait until its port refuses.
            drop(open);
            tokio::task::block_in_place(|| shared.runtime.block_on(task)).ok();
        }
    }

    /// Opens or closes a service's port. False if there is no such service.
    pub(crate) fn set_open(&self, service: &str, open: bool) -> bool {
        self.all().get_mut(service).is_some_and(|served| {
            served.silence = None;
            served.open.send(open).is_ok()
        })
    }

    /// Lets a service's port answer nothing at all. False if there is no such service.
    pub(crate) fn silence(&self, service: &str, runtime: &tokio::runtime::Handle) -> io::Result<bool> {
        let mut all = self.all();
        let Some(served) = all.get_mut(service) else { return Ok(false) };
        if served.silence.is_none() {
            let _ = served.open.send(false);
            // Who listened there is a task, perhaps one that this thread would run next.
            served.silence = Some(tokio::task::block_in_place(|| Silence::at(served.address, runtime))?);
        }
        Ok(true)
    }

    /// Opens all ports.
    pub(crate) fn open_all(&self) {
        for served in self.all().values_mut() {
            served.silence = None;
            let _ = served.open.send(true);
        }
    }
}

/// Listens on loopback, on a port that the system chooses.
pub(crate) fn listen(shared: &Shared) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let _runtime = shared.runtime.enter();
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Gives a cluster a listener and a certificate authority; those that it may have had are gone.
pub(crate) fn serve_cluster(shared: &Arc<Shared>, cluster: &str) -> Result<(), Box<dyn std::error::Error>> {
    let authority = Authority::of_cluster(cluster)?;
    let acceptor = authority.acceptor()?;
    let (listener, address) = listen(shared)?;
    let shown = ClusterAddress { endpoint: format!("https://{address}"), authority: Arc::new(authority) };
    {
        let mut state = shared.state();
        state.cluster_addresses.insert(cluster.to_owned(), shown);
        state.handshakes.remove(cluster);
    }
    shared.doors.serve(shared, Service::Kubernetes(cluster.to_owned()), listener, Some(acceptor));
    Ok(())
}
