//! The HTTP client under the AWS SDK: rustls on ring, the system's trust store and the person's own bundle, proxies
//! by the same rules as for Kubernetes.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::proxy::ProxyVariables;

/// A client for the AWS services.
///
/// # Errors
/// When the certificate bundle or the proxy that the environment names cannot be used.
pub fn client(host: &Host) -> Result<SharedHttpClient> {
    let trust = TlsContext::builder().with_trust_store(trust_store(host)?).build();
    let trust = trust.map_err(|error| Error::failure("cannot set up TLS").because(error.to_string()))?;
    let proxy = proxy(host)?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(
            components.and_then(aws_smithy_runtime_api::client::runtime_components::RuntimeComponents::sleep_impl),
        );
        builder
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .tls_context(trust.clone())
            .build()
    }))
}

/// The system's certificate authorities, and those of `AWS_CA_BUNDLE` or `SSL_CERT_FILE`.
fn trust_store(host: &Host) -> Result<TrustStore> {
    let store = TrustStore::default();
    match extra_bundle(host)? {
        Some(pem) => Ok(store.with_pem_certificate(pem)),
        None => Ok(store),
    }
}

/// The PEM of the person's own bundle.
///
/// # Errors
/// When the environment names a file that cannot be read or holds no certificate.
pub fn extra_bundle(host: &Host) -> Result<Option<Vec<u8>>> {
    for variable in [env_vars::AWS_CA_BUNDLE, env_vars::SSL_CERT_FILE] {
        let Some(path) = host.env(variable) else { continue };
        let unusable = |why: String| {
            Error::usage(format!("the certificate bundle {path} of ${variable} cannot be used"))
                .because(why)
                .try_next(format!("unset {variable}"))
        };
        let pem = host.read_file(&host.expand_home(path)).map_err(|error| unusable(crate::error::plain_io(&error)))?;
        check(&pem).map_err(unusable)?;
        return Ok(Some(pem));
    }
    Ok(None)
}

/// Whether every certificate in it can be used. The TLS library panics on those that cannot.
fn check(pem: &[u8]) -> Result<(), String> {
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        count += 1;
        let what = format!("its certificate number {count}");
        let certificate = certificate.map_err(|error| format!("{what} cannot be read: {error}"))?;
        let used = RootCertStore::empty().add(certificate);
        used.map_err(|error| format!("{what} is no certificate authority's: {error}"))?;
    }
    if count == 0 { Err("it holds no PEM certificate".to_owned()) } else { Ok(()) }
}

fn proxy(host: &Host) -> Result<ProxyConfig> {
    let variables = ProxyVariables::read(|name| host.env(name));
    // Any public address tells which proxy applies; NO_PROXY is then judged for each request's own host.
    let Some(url) = (ProxyVariables { no_proxy: None, ..variables.clone() }).for_url("https://amazonaws.com") else {
        return Ok(ProxyConfig::disabled());
    };
    let config = ProxyConfig::https(url.as_str()).map_err(|error| {
        Error::usage("the proxy of $HTTPS_PROXY cannot be used")
            .because(error.to_string())
            .try_next("unset HTTPS_PROXY")
    })?;
    Ok(match variables.no_proxy {
        Some(rules) => config.no_proxy(rules),
        None => config,
    })
}
