//! Which proxy is on the way to the cluster.

use crate::access::Access;
use crate::disk::kubeconfig::Kubeconfigs;
use crate::error::{Error, Result};
use crate::model::namespace::Namespace;
use crate::model::proxy::{Proxy, ProxyVariables};

impl Access<'_> {
    /// The `proxy-url` that the namespace's context has in the kubeconfig, since kubectl goes that way; else the one of
    /// the environment.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn proxy(&self, namespace: &Namespace, endpoint: &str, kubeconfigs: &Kubeconfigs) -> Result<Option<Proxy>> {
        let merged = kubeconfigs.merged()?;
        let context = merged.context(&self.access_name(namespace));
        let cluster = context.and_then(|context| merged.config.cluster(&context.cluster));
        let Some((name, url)) = cluster.and_then(|cluster| Some((&cluster.name, cluster.proxy_url.as_deref()?))) else {
            return self.proxy_of_environment(endpoint);
        };
        Proxy::parse(url).map(Some).map_err(|why| {
            Error::usage(format!("the proxy-url of the cluster {name} in the kubeconfig cannot be used"))
                .because(why)
                .try_next(format!("kubectl config set clusters.{name}.proxy-url http://HOST:PORT"))
        })
    }

    /// The proxy of the environment alone: for a cluster that has no context yet.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn proxy_of_environment(&self, endpoint: &str) -> Result<Option<Proxy>> {
        let url = ProxyVariables::read(|name| self.host.env(name)).for_url(endpoint);
        url.map(|url| Proxy::parse(&url)).transpose().map_err(|why| {
            Error::usage("the proxy of $HTTPS_PROXY cannot be used").because(why).try_next("unset HTTPS_PROXY")
        })
    }
}
