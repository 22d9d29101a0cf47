//! The API of a context of the kubeconfig, as the user that is in it: a certificate, a token, an exec plugin.

use std::path::PathBuf;
use std::sync::Arc;

use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::error::{Error, Result, root_cause};
use crate::model::wire::proxy::Proxy;
use crate::net::kube::refusal_retry::RefusalRetry;
use crate::net::kube::{KubeApi, Silence, client};
use crate::net::outbound::Outbound;

impl KubeApi {
    /// As kubectl would use the context. `files`: those of the kubeconfig that exist, in kubectl's order.
    ///
    /// # Errors
    /// When the context is not there or cannot be used, or its exec plugin fails.
    pub(crate) async fn of_context(files: &[PathBuf], context: &str, outbound: &Outbound) -> Result<Self> {
        let unusable = |why: String| {
            Error::usage(format!("cannot use context {context:?} from the kubeconfig"))
                .because(why)
                .try_next(format!("kubectl --context {context} version"))
        };
        let mut merged = Kubeconfig::default();
        for file in files {
            let one = Kubeconfig::read_from(file).map_err(|error| unusable(error.to_string()))?;
            merged = merged.merge(one).map_err(|error| unusable(error.to_string()))?;
        }
        let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
        let config = kube::Config::from_custom_kubeconfig(merged, &options).await;
        let mut config = config.map_err(|error| unusable(error.to_string()))?;
        config.read_timeout = Some(Silence::OfCalls.timeout());
        let memory = Arc::default();
        let proxy =
            config.proxy_url.as_ref().map(|url| Proxy::parse(&url.to_string())).transpose().map_err(unusable)?;
        let builder = client::builder(&config, proxy.as_ref().map(|proxy| (proxy, outbound.trust())));
        let builder = builder.map_err(|error| unusable(root_cause(&error)))?;
        let client = builder.with_layer(&RefusalRetry::layer(&memory)).with_layer(outbound).build();
        Ok(KubeApi { client, outbound: outbound.clone(), memory, cluster_name: context.to_owned() })
    }
}
