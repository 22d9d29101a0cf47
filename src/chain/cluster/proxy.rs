//! Which proxy is on the way to the cluster.

use crate::chain::Chain;
use crate::chain::target;
use crate::error::{Error, Result};
use crate::model::kube::access::Access;
use crate::model::wire::proxy::{Proxy, ProxyVariables};
use crate::secret::Secret;

/// The item of a cluster's `extensions` that is ours, and its key.
const EXTENSION: &str = "nsaccess";
const PROXY_URL: &str = "proxy-url";

/// The `proxy-url` that the namespace's context has in the kubeconfig, since kubectl goes that way; else the one of
/// the environment.
///
/// # Errors
/// When it cannot be used.
pub(crate) fn of(chain: &Chain<'_>, access: &Access, endpoint: &str) -> Result<Option<Proxy>> {
    let Some((name, url)) = of_context(chain, access)? else {
        return of_environment(chain, endpoint);
    };
    Proxy::parse(&url).map(Some).map_err(|why| {
        Error::usage(format!("invalid proxy-url of the cluster {name} in the kubeconfig"))
            .because(why)
            .try_next(format!("kubectl config set clusters.{name}.proxy-url http://HOST:PORT"))
    })
}

/// The `proxy-url` of the namespace's context as it stands, in a read-only shell that of the context outside, and the name
/// of the cluster that has it.
///
/// # Errors
/// When the kubeconfig cannot be read.
pub(crate) fn of_context(chain: &Chain<'_>, access: &Access) -> Result<Option<(String, String)>> {
    let merged = chain.kubeconfigs.merged()?;
    let context = merged.context(&target::entry(chain, access));
    let cluster = context.and_then(|context| merged.config.cluster(&context.cluster));
    Ok(cluster.and_then(|cluster| {
        let beyond = || cluster.extension(EXTENSION, PROXY_URL).map(str::to_owned);
        Some((cluster.name.clone(), cluster.proxy_url.clone().or_else(beyond)?))
    }))
}

/// The item of a cluster's `extensions` that says which proxy is on the way to the real cluster, where the entry's server
/// is the one of a read-only shell.
pub(crate) fn beyond(url: &Secret<String>) -> serde_json::Value {
    serde_json::json!({"name": EXTENSION, "extension": {PROXY_URL: url.expose()}})
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
