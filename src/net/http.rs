//! The HTTP client of the AWS SDK: rustls on ring, with the same certificates and proxies as for Kubernetes.

use std::sync::OnceLock;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::wire::proxy::ProxyVariables;
use crate::net::outbound::Outbound;
use crate::net::trust::Trust;

/// A client for the AWS services.
///
/// # Errors
/// When the proxy that the environment names cannot be used.
pub(crate) fn client(host: &Host, outbound: &Outbound) -> Result<SharedHttpClient> {
    let (proxy, trust) = (proxy(host)?, outbound.trust().clone());
    // Certificates are read for the first connection: many commands make none.
    let context = OnceLock::new();
    Ok(outbound.wrap(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(
            components.and_then(aws_smithy_runtime_api::client::runtime_components::RuntimeComponents::sleep_impl),
        );
        builder
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .tls_context(context.get_or_init(|| tls_context(&trust)).clone())
            .build()
    })))
}

fn tls_context(trust: &Trust) -> TlsContext {
    let store = TrustStore::empty().with_pem_certificate(trust.pem());
    // Only a FIPS build can refuse.
    TlsContext::builder().with_trust_store(store).build().unwrap_or_default()
}

fn proxy(host: &Host) -> Result<ProxyConfig> {
    let variables = ProxyVariables::read(|name| host.env(name));
    // Any public address tells which proxy applies; the client checks NO_PROXY for each request's own host.
    let Some(url) = (ProxyVariables { no_proxy: None, ..variables.clone() }).for_url("https://amazonaws.com") else {
        return Ok(ProxyConfig::disabled());
    };
    let config = ProxyConfig::https(url.as_str()).map_err(|error| {
        Error::usage("invalid proxy in $HTTPS_PROXY").because(error.to_string()).try_next("unset HTTPS_PROXY")
    })?;
    Ok(match variables.no_proxy {
        Some(rules) => config.no_proxy(rules),
        None => config,
    })
}
