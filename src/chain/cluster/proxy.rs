//! Which proxy is on the way to the cluster.

use crate::chain::Chain;
use crate::disk::kubeconfig::Kubeconfigs;
use crate::error::{Error, Result};
use crate::model::kube::namespace::Namespace;
use crate::model::wire::proxy::{Proxy, ProxyVariables};

impl Chain<'_> {
    /// The `proxy-url` that the namespace's context has in the kubeconfig, since kubectl goes that way; else the one of
    /// the environment.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn proxy(&self, namespace: &Namespace, endpoint: &str, kubeconfigs: &Kubeconfigs) -> Result<Option<Proxy>> {
        let Some((name, url)) = self.proxy_of_context(namespace, kubeconfigs)? else {
            return self.proxy_of_environment(endpoint);
        };
        Proxy::parse(&url).map(Some).map_err(|why| {
            Error::usage(format!("the proxy-url of the cluster {name} in the kubeconfig cannot be used"))
                .because(why)
                .try_next(format!("kubectl config set clusters.{name}.proxy-url http://HOST:PORT"))
        })
    }

    /// The `proxy-url` of the namespace's context as it stands, and the name of the cluster that has it.
    ///
    /// # Errors
    /// When the kubeconfig cannot be read.
    pub fn proxy_of_context(
        &self,
        namespace: &Namespace,
        kubeconfigs: &Kubeconfigs,
    ) -> Result<Option<(String, String)>> {
        let merged = kubeconfigs.merged()?;
        let context = merged.context(&self.access_name(namespace));
        let cluster = context.and_then(|context| merged.config.cluster(&context.cluster));
        Ok(cluster.and_then(|cluster| Some((cluster.name.clone(), cluster.proxy_url.clone()?))))
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
