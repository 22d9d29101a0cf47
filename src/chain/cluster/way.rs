//! The way to the cluster that the namespace's context in the kubeconfig has. kubectl goes it, and so do we: through a proxy
//! (`proxy-url`), or through a tunnel to a private endpoint, whose near end is the context's `server` and whose
//! `tls-server-name` is the endpoint's name.

use std::collections::BTreeMap;

use crate::chain::{Chain, target};
use crate::error::Result;
use crate::model::aws::target::Target;
use crate::model::kube::access::Access;
use crate::model::kube::cluster::Cluster;
use crate::model::kube::tunnel::is_near_end;
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
    tls_server_name: Option<String>,
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
        proxy_url: cluster.proxy_url.clone().or_else(|| beyond(PROXY_URL)).map(Secret::new),
    }))
}

impl ContextWay {
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

/// The server that our own entry keeps or gets. Only beside its own `tls-server-name` a near end is of use: a context may
/// go through a cluster entry of another name, which others share.
pub(crate) fn kept_server(chain: &Chain<'_>, target: &Target, cluster: &Cluster) -> String {
    let way = of_context(chain, &target.access).ok().flatten();
    match way.is_some_and(|way| way.cluster == target.entry) {
        true => through_tunnel(chain, &target.access, cluster).endpoint,
        false => cluster.endpoint.clone(),
    }
}

/// The cluster as it is connected to: through the context's tunnel, if that leads to it.
pub(crate) fn through_tunnel(chain: &Chain<'_>, access: &Access, cluster: &Cluster) -> Cluster {
    let way = of_context(chain, access).ok().flatten();
    let near_end = way.filter(|way| is_near_end(&way.server, way.tls_server_name.as_deref(), &cluster.endpoint));
    match near_end {
        Some(way) => Cluster { endpoint: way.server, tls_server_name: way.tls_server_name, ..cluster.clone() },
        None => cluster.clone(),
    }
}
