//! The Kubernetes API of one cluster, as one identity. The token is passed in instead of using an exec plugin, which kube
//! would run three times per client, and the proxy follows client-go's rules, not kube's.

mod client;
mod context;
pub(crate) mod logs;
pub(crate) mod objects;
pub(crate) mod pass_on;
pub(crate) mod rbac;
pub(crate) mod refusal_retry;
pub(crate) mod reviews;
mod route_connector;
pub(crate) mod tokens;
pub(crate) mod write;

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use secrecy::SecretString;

use crate::error::{Error, Kind, Result, is_untrusted_certificate, root_cause};
use crate::model::kube::cluster::Cluster;
use crate::model::wire::proxy::{Proxy, check_endpoint};
use crate::net::between::Between;
use crate::net::kube::refusal_retry::{RefusalMemory, RefusalRetry};
use crate::net::outbound::Outbound;
use crate::net::tls;
use crate::secret::Secret;

pub(crate) use rbac::unless_missing;

/// A cluster's API for one bearer token.
#[derive(Clone)]
pub(crate) struct KubeApi {
    pub(super) client: Client,
    pub(super) memory: Arc<RefusalMemory>,
    pub(super) outbound: Outbound,
    cluster_name: String,
}

/// How long an answer may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// 20 s.
    OfCalls,
    /// 120 s, for logs and watches. A silent one is closed and opened again, because load balancers drop silent connections
    /// after 350 s without notice.
    OfStreams,
    /// 30 minutes, for what is passed on to another client: it cannot be opened again, and the API server, whose packets
    /// keep load balancers from forgetting the connection, ends its own watches by then.
    ForOthers,
}

impl Silence {
    fn timeout(self) -> Duration {
        Duration::from_secs(match self {
            Silence::OfCalls => 20,
            Silence::OfStreams => 120,
            Silence::ForOthers => 30 * 60,
        })
    }
}

/// A call to the cluster that failed.
#[derive(Debug)]
pub(crate) enum KubeFailure {
    /// 401: the cluster does not know the identity behind the token.
    Unauthorized,
    /// Another status, with the cluster's message.
    Status(u16, String),
    /// No usable answer.
    Unreachable(String),
}

impl std::fmt::Debug for KubeApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KubeApi({})", self.cluster_name)
    }
}

impl KubeApi {
    /// `memory` is shared by all clients of a cluster.
    ///
    /// # Errors
    /// When the cluster's endpoint or certificate authority cannot be used.
    pub(crate) fn new(
        cluster: &Cluster,
        proxy: Option<&Proxy>,
        token: &Secret<String>,
        (outbound, memory): (&Outbound, &Arc<RefusalMemory>),
        silence: Silence,
    ) -> Result<Self> {
        let unusable = |what: &str, why: String| {
            Error::failure(format!("invalid {what} of cluster {:?}", cluster.name)).because(why)
        };
        check_endpoint(&cluster.endpoint).map_err(|why| unusable("endpoint", why))?;
        let url: http::Uri =
            cluster.endpoint.parse().map_err(|error: http::uri::InvalidUri| unusable("endpoint", error.to_string()))?;
        let mut config = kube::Config::new(url);
        config.root_cert = Some(
            tls::certificates(&cluster.certificate_authority_data)
                .map_err(|why| unusable("certificate authority", why))?,
        );
        config.auth_info.token = Some(SecretString::from(token.expose().as_str()));
        config.tls_server_name.clone_from(&cluster.tls_server_name);
        config.read_timeout = Some(silence.timeout());
        let cannot = |error: kube::Error| unusable("endpoint", root_cause(&error));
        let builder = client::builder(&config, proxy.map(|proxy| (proxy, outbound.trust()))).map_err(cannot)?;
        // The limits are outermost, because they apply to all retries together.
        let client = builder.with_layer(&RefusalRetry::layer(memory)).with_layer(outbound).build();
        let (outbound, memory) = (outbound.clone(), Arc::clone(memory));
        Ok(KubeApi { client, outbound, memory, cluster_name: cluster.name.clone() })
    }

    /// The server's minor version, like 34.
    pub(crate) async fn get_minor_version(&self) -> Result<Option<u32>, KubeFailure> {
        let info = self.client.apiserver_version().await.map_err(failure)?;
        // EKS returns "34" or "34+".
        Ok(info.minor.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok())
    }
}

impl KubeFailure {
    /// As an error about the cluster. A caller that knows the role can explain [`KubeFailure::Unauthorized`] better.
    pub(crate) fn into_error(self, cluster: &str) -> Error {
        let what = format!("request to cluster {cluster:?} failed");
        match self {
            KubeFailure::Unauthorized => {
                Error::new(Kind::Denied, what).because("401 Unauthorized: the cluster does not recognize this identity")
            }
            KubeFailure::Status(code @ 500.., words) => {
                Error::new(Kind::Unreachable, what).because(format!("{code}: {words}"))
            }
            KubeFailure::Status(403, words) => Error::new(Kind::Denied, what).because(words),
            KubeFailure::Status(code, words) => Error::failure(what).because(format!("{code}: {words}")),
            KubeFailure::Unreachable(words) => {
                let next = advice(&words);
                let error = Error::new(Kind::Unreachable, format!("cannot reach cluster {cluster:?}")).because(words);
                next.into_iter().fold(error, Error::try_next).ask_doctor()
            }
        }
    }
}

/// What helps when a cluster cannot be reached. `None` where only `doctor` can tell.
fn advice(words: &str) -> Option<String> {
    let between = Between::blamed_by(words);
    // Somebody answered, and is not trusted.
    if is_untrusted_certificate(words) {
        let trust = "export AWS_CA_BUNDLE=FILE   # a PEM file with the CA of the proxy";
        return matches!(between, Some(Between::Proxy)).then(|| trust.to_owned());
    }
    let first = match between {
        Some(Between::Proxy) => "see that the proxy runs and reaches the cluster",
        Some(Between::Tunnel) => {
            "open the tunnel that the context in the kubeconfig goes through, or see what it leads to"
        }
        None => "check the network and VPN (a private EKS endpoint is reachable only from inside)",
    };
    Some(format!("{first}, then run the same command again"))
}

pub(super) fn failure(error: kube::Error) -> KubeFailure {
    match error {
        kube::Error::Api(status) if status.code == 401 => KubeFailure::Unauthorized,
        kube::Error::Api(status) => KubeFailure::Status(status.code, status.message.clone()),
        other => KubeFailure::Unreachable(root_cause(&other)),
    }
}
