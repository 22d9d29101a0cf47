//! The way to the cluster that the namespace's context in the kubeconfig has. kubectl goes it, and so do we: through a proxy
//! (`proxy-url`), or through a tunnel to a private endpoint, whose near end is the context's `server` and whose
//! `tls-server-name` is the endpoint's name.

use std::collections::BTreeMap;

use crate::chain::cluster::proxy;
use crate::chain::{Chain, target};
use crate::error::{Error, Result};
use crate::model::aws::target::Target;
use crate::model::kube::access::Access;
use crate::model::kube::cluster::Cluster;
use crate::model::kube::tunnel::{is_near_end, is_same_url};
use crate::model::wire::proxy::Proxy;
use crate::secret::Secret;

/// The item of a cluster's `extensions` that is ours, and its keys.
const EXTENSION: &str = "nsaccess";
const SERVER: &str = "server";
const TLS_SERVER_NAME: &str = "tls-server-name";
const PROXY_URL: &str = "proxy-url";

/// What a context says of the way.
#[derive(Debug)]
pub(crate) struct ContextWay {
    /// The name of the cluster in the kubeconfig.
    pub(crate) cluster: String,
    server: String,
    pub(crate) tls_server_name: Option<String>,
    certificate_authority_data: Option<String>,
    /// It may have a password.
    pub(crate) proxy_url: Option<Secret<String>>,
}

/// The way of the namespace's context as it stands; in a read-only shell, that of the context outside.
///
/// # Errors
/// When the kubeconfig cannot be read.
pub(crate) fn of_context(chain: &Chain<'_>, access: &Access) -> Result<Option<ContextWay>> {
    let merged = chain.kubeconfigs.merged()?;
    let context = merged.context(&target::entry(chain, access));
    let Some(cluster) = context.and_then(|context| merged.config.cluster(&context.cluster)) else { return Ok(None) };
    let beyond = |key: &str| cluster.extension(EXTENSION, key).map(str::to_owned);
    Ok(Some(ContextWay {
        cluster: cluster.name.clone(),
        server: beyond(SERVER).unwrap_or_else(|| cluster.server.clone()),
        tls_server_name: cluster.tls_server_name.clone().or_else(|| beyond(TLS_SERVER_NAME)),
        certificate_authority_data: cluster.certificate_authority_data.clone(),
        proxy_url: cluster.proxy_url.clone().or_else(|| beyond(PROXY_URL)).map(Secret::new),
    }))
}

impl ContextWay {
    /// Whether its server and certificate authority are those of the cluster.
    pub(crate) fn leads_to(&self, cluster: &Cluster) -> bool {
        is_same_url(&self.server, &cluster.endpoint)
            && self.certificate_authority_data.as_deref() == Some(&cluster.certificate_authority_data)
    }

    /// The item of a cluster's `extensions` that says how the real cluster is reached, where the entry's server is the one
    /// of a read-only shell. `None` when the way is straight.
    pub(crate) fn as_extension(&self) -> Option<serde_json::Value> {
        let ContextWay { server, tls_server_name, proxy_url, .. } = self;
        let said = [(TLS_SERVER_NAME, tls_server_name.as_ref()), (PROXY_URL, proxy_url.as_ref().map(Secret::expose))];
        let said: Vec<_> = said.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let values: BTreeMap<_, _> = std::iter::once((SERVER, server)).chain(said.iter().copied()).collect();
        (!said.is_empty()).then(|| serde_json::json!({"name": EXTENSION, "extension": values}))
    }
}

/// How the cluster is reached from here: its facts with the address that is connected to, and the proxy on the way.
///
/// # Errors
/// When the kubeconfig cannot be read, or the proxy cannot be used.
pub(crate) fn to(chain: &Chain<'_>, access: &Access, cluster: &Cluster) -> Result<(Cluster, Option<Proxy>)> {
    let way = of_context(chain, access)?;
    let reached = through(way.as_ref(), cluster);
    let proxy = proxy_on(chain, way.as_ref(), &reached.endpoint)?;
    Ok((reached, proxy))
}

/// The proxy on the way to an endpoint: the `proxy-url` of the context, else the one of the environment.
///
/// # Errors
/// When the kubeconfig cannot be read, or the proxy cannot be used.
pub(crate) fn proxy(chain: &Chain<'_>, access: &Access, endpoint: &str) -> Result<Option<Proxy>> {
    proxy_on(chain, of_context(chain, access)?.as_ref(), endpoint)
}

fn proxy_on(chain: &Chain<'_>, way: Option<&ContextWay>, endpoint: &str) -> Result<Option<Proxy>> {
    let Some((name, url)) = way.and_then(|way| Some((&way.cluster, way.proxy_url.as_ref()?))) else {
        return proxy::of_environment(chain, endpoint);
    };
    Proxy::parse(url.expose()).map(Some).map_err(|why| {
        Error::usage(format!("invalid proxy-url of the cluster {name} in the kubeconfig"))
            .because(why)
            .try_next(format!("kubectl config set clusters.{name}.proxy-url http://HOST:PORT"))
    })
}

/// The cluster as it is connected to: through the context's tunnel, if that leads to it.
pub(crate) fn through_tunnel(chain: &Chain<'_>, access: &Access, cluster: &Cluster) -> Cluster {
    through(of_context(chain, access).ok().flatten().as_ref(), cluster)
}

/// The cluster as our own entry has it. Only beside its own `tls-server-name` a near end is of use: a context may go
/// through a cluster entry of another name, which others share.
pub(crate) fn as_kept(chain: &Chain<'_>, target: &Target, cluster: &Cluster) -> Cluster {
    let way = of_context(chain, &target.access).ok().flatten();
    through(way.filter(|way| way.cluster == target.entry).as_ref(), cluster)
}

/// The cluster as it is connected to this way.
pub(crate) fn through(way: Option<&ContextWay>, cluster: &Cluster) -> Cluster {
    let near_end = way.filter(|way| is_near_end(&way.server, way.tls_server_name.as_deref(), &cluster.endpoint));
    match near_end {
        Some(way) => {
            Cluster { endpoint: way.server.clone(), tls_server_name: way.tls_server_name.clone(), ..cluster.clone() }
        }
        None => cluster.clone(),
    }
}
