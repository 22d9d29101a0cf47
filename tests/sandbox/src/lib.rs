//! The sandbox: AWS and Kubernetes on loopback, for the tests of `nsaccess` and for trying it.
//!
//! It is written from the services' side and is as strict as the real ones: it verifies every signature, every code
//! challenge and every token against what it issued, and it evaluates RBAC from real objects. It knows nothing about
//! `nsaccess`; every client of AWS and Kubernetes can use it.
//!
//! ```text
//! World ──► Sandbox::start_with ──► oidc    sign-in: clients, device codes, PKCE, tokens, pages for a person
//! (what exists)    │                portal  accounts, roles, role credentials
//!                  │                sts     GetCallerIdentity, roles to assume
//!              Control              eks     clusters, access entries
//!       (what happens to it)        iam     roles
//!                                   secrets Secrets Manager
//!                                   signin  the console: credentials become a sign-in
//!                                   page    the start page of every host, behind a proxy
//!                                   kube    one TLS listener a cluster: tokens, RBAC, objects, reviews
//! ```
//!
//! ```no_run
//! let sandbox = sandbox::Sandbox::start();
//! sandbox.control().approve_device_codes(true);
//! for (name, value) in sandbox.env() {
//!     println!("export {name}={value}");
//! }
//! ```

#![allow(clippy::disallowed_methods, reason = "a tool for tests reads its clock, its environment and its files itself")]

mod apps;
mod clock;
mod cluster;
mod containers;
mod control;
mod control_administrator;
mod control_aws;
mod control_cluster;
mod control_http;
mod control_kube;
mod control_logs;
mod control_many;
mod control_mfa;
mod control_portals;
mod control_roles;
mod control_way;
mod credentials;
mod doors;
mod eks;
mod faults;
mod hostile;
pub mod iam;
mod identity_token;
mod journal;
mod kube;
mod logs;
mod message;
pub mod objects;
mod oidc;
mod portal;
mod query;
mod random;
mod regions;
mod secretsmanager;
mod server;
mod services;
mod signin;
mod sigv4;
mod spdy;
mod start_page;
mod state;
mod sts;
mod text;
mod tls;
mod traffic;
mod workloads;
mod world;

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use apps::{App, PORTS};
pub use cluster::{AccessEntry, AssociatedPolicy, Cluster, HealthIssue, PodIdentity, RoleMapping};
pub use control::Control;
pub use control_logs::Container;
pub use control_way::Way;
pub use credentials::{Credentials, role_name, role_path_arn, role_suffix};
pub use faults::{Fault, FaultKind};
pub use iam::{MfaDevice, Role, User};
pub use journal::Call;
pub use kube::store::SelfReview;
pub use secretsmanager::{Encryption, Secret, SecretValue, SecretVersion};
pub use signin::ConsoleSignIn;
pub use start_page::StartPage;
pub use tls::Handshake;
pub use traffic::{Counts, Traffic};
pub use workloads::Rollout;
pub use world::{Account, ClusterVersion, Portal, Settings, World, write_home};

use services::Service;
use state::{Addresses, Shared};

/// A running sandbox. Dropping it stops everything.
pub struct Sandbox {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts the default world.
    pub fn start() -> Sandbox {
        Sandbox::start_with(World::default())
    }

    /// Starts a world, on ports that the system chooses.
    ///
    /// # Panics
    ///
    /// When loopback cannot be listened on.
    pub fn start_with(world: World) -> Sandbox {
        let (ready, started) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || run(world, &ready, stopped));
        let shared = started.recv().expect("the sandbox's thread tells how it started").expect("the sandbox starts");
        Sandbox { shared, stop: Some(stop), thread: Some(thread) }
    }

    /// The environment that makes any AWS client use the sandbox.
    pub fn env(&self) -> Vec<(String, String)> {
        self.shared.addresses.env().map(|(name, url)| (name.to_owned(), url.clone())).to_vec()
    }

    /// The start URL of the Identity Center. It is an identifier, and is never resolved.
    pub fn start_url(&self) -> String {
        self.shared.state().world.start_url.clone()
    }

    /// A proxy for HTTPS that connects every host but this machine to the start page: `http://127.0.0.1:…`
    pub fn start_page_proxy(&self) -> String {
        self.shared.addresses.start_page_proxy.clone()
    }

    /// The certificate authority of the start page, for whatever host it is asked.
    pub fn start_page_ca_pem(&self) -> String {
        self.shared.addresses.start_page_authority_pem.clone()
    }

    /// The region of the Identity Center.
    pub fn sso_region(&self) -> String {
        self.shared.state().world.sso_region.clone()
    }

    /// The controls.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }

    /// Where `POST /_control/…` goes.
    pub fn control_url(&self) -> String {
        format!("{}/_control", self.shared.addresses.oidc)
    }

    /// The certificate authority of a cluster, if there is such a cluster.
    pub fn kube_ca_pem(&self, cluster: &str) -> Option<String> {
        self.shared.state().cluster_addresses.get(cluster).map(|address| address.authority.pem().to_owned())
    }

    /// The endpoint of a cluster, if there is such a cluster: `https://127.0.0.1:…`
    pub fn kube_endpoint(&self, cluster: &str) -> Option<String> {
        self.shared.state().cluster_addresses.get(cluster).map(|address| address.endpoint.clone())
    }

    /// All addresses as one JSON document, for scripts.
    pub fn addresses(&self) -> Value {
        addresses(&self.shared)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// All addresses as one JSON document.
pub(crate) fn addresses(shared: &Shared) -> Value {
    let addresses = &shared.addresses;
    let state = shared.state();
    let clusters: Vec<Value> = state
        .world
        .clusters
        .iter()
        .filter_map(|cluster| {
            let address = state.cluster_addresses.get(&cluster.name)?;
            Some(
                json!({"name": cluster.name, "account": cluster.account, "region": cluster.region, "arn": cluster.arn(),
                "endpoint": address.endpoint, "ca_pem": address.authority.pem()}),
            )
        })
        .collect();
    let env: Map<String, Value> =
        addresses.env().into_iter().map(|(name, url)| (name.to_owned(), json!(url))).collect();
    json!({
        "start_url": state.world.start_url,
        "sso_region": state.world.sso_region,
        "start_page_proxy": addresses.start_page_proxy,
        "start_page_ca_pem": addresses.start_page_authority_pem,
        "control": format!("{}/_control", addresses.oidc),
        "env": env,
        "clusters": clusters,
    })
}

type Started = Result<Arc<Shared>, String>;

fn run(world: World, ready: &mpsc::Sender<Started>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error.to_string()));
            return;
        }
    };
    runtime.block_on(async {
        match open(world).await {
            Ok(shared) => {
                let _ = ready.send(Ok(shared));
                let _ = stopped.await;
            }
            Err(error) => {
                let _ = ready.send(Err(error.to_string()));
            }
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
}

/// Opens all listeners of a world.
async fn open(world: World) -> Result<Arc<Shared>, Box<dyn std::error::Error>> {
    let (mut addresses, mut listeners) = (Addresses::default(), Vec::new());
    for service in [
        Service::Oidc,
        Service::Portal,
        Service::Sts,
        Service::Eks,
        Service::Iam,
        Service::SecretsManager,
        Service::SignIn,
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        match &service {
            Service::Oidc => addresses.oidc = url,
            Service::Portal => addresses.portal = url,
            Service::Sts => addresses.sts = url,
            Service::Eks => addresses.eks = url,
            Service::Iam => addresses.iam = url,
            Service::SecretsManager => addresses.secretsmanager = url,
            Service::SignIn => addresses.signin = url,
            Service::StartPage | Service::Kubernetes(_) => {}
        }
        listeners.push((service, listener, None));
    }
    let (page, proxy) = (TcpListener::bind(("127.0.0.1", 0)).await?, TcpListener::bind(("127.0.0.1", 0)).await?);
    let authority = Arc::new(tls::Authority::new("sandbox start page")?);
    addresses.start_page = page.local_addr()?.to_string();
    addresses.start_page_proxy = format!("http://{}", proxy.local_addr()?);
    addresses.start_page_authority_pem = authority.pem().to_owned();
    listeners.push((Service::StartPage, page, Some(authority.acceptor_for_all()?)));
    let clusters: Vec<String> = world.clusters.iter().map(|cluster| cluster.name.clone()).collect();
    let shared = Arc::new(Shared::new(world, addresses));
    for (service, listener, tls) in listeners {
        shared.doors.serve(&shared, service, listener, tls);
    }
    tokio::spawn(start_page::serve_proxy(Arc::clone(&shared), proxy));
    for cluster in clusters {
        doors::serve_cluster(&shared, &cluster)?;
    }
    Ok(shared)
}
