//! Which proxy is on the way to the cluster.

use crate::chain::Chain;
use crate::chain::cluster::way;
use crate::error::{Error, Result};
use crate::model::kube::access::Access;
use crate::model::wire::proxy::{Proxy, ProxyVariables};

/// The `proxy-url` that the namespace's context has in the kubeconfig, since kubectl goes that way; else the one of
/// the environment.
///
/// # Errors
/// When it cannot be used.
pub(crate) fn of(chain: &Chain<'_>, access: &Access, endpoint: &str) -> Result<Option<Proxy>> {
    let way = way::of_context(chain, access)?;
    let Some((name, url)) = way.and_then(|way| Some((way.cluster, way.proxy_url?))) else {
        return of_environment(chain, endpoint);
    };
    Proxy::parse(url.expose()).map(Some).map_err(|why| {
        Error::usage(format!("invalid proxy-url of the cluster {name} in the kubeconfig"))
            .because(why)
            .try_next(format!("kubectl config set clusters.{name}.proxy-url http://HOST:PORT"))
    })
}

/// The proxy of the environment alone: for a cluster that has no context yet.
///
/// # Errors
/// When it cannot be used.
pub(crate) fn of_environment(chain: &Chain<'_>, endpoint: &str) -> Result<Option<Proxy>> {
    let url = ProxyVariables::read(|name| chain.host.env(name)).for_url(endpoint);
    url.map(|url| Proxy::parse(&url))
        .transpose()
        .map_err(|why| Error::usage("invalid proxy in $HTTPS_PROXY").because(why).try_next("unset HTTPS_PROXY"))
}
