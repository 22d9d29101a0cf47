//! Connections to a cluster through an HTTPS proxy. kube would verify the proxy with the cluster's certificate authority;
//! we use the authorities that are trusted for AWS.

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Builder;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ClientBuilder, ConfigExt};
use tower::retry::RetryLayer;
use tower::{BoxError, Service, ServiceBuilder};

use crate::model::wire::proxy::Proxy;
use crate::net::trust::Trust;

/// The client that kube builds for other proxies, but with separate certificates for the proxy.
pub(super) fn builder(
    config: &Config,
    proxy: &Proxy,
    trust: &Trust,
) -> kube::Result<
    ClientBuilder<
        impl Service<
            Request<Body>,
            Response = Response<impl http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
            Error = BoxError,
            Future: Send + 'static,
        > + Send
        + 'static,
    >,
> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let mut of_proxy = Config::new(proxy.uri().clone());
    of_proxy.root_cert = Some(trust.usable().map(|certificate| certificate.to_vec()).collect());
    let mut tunnel = Tunnel::new(proxy.uri().clone(), of_proxy.rustls_https_connector_with_connector(tcp)?);
    if let Some(login) = proxy.basic_login().and_then(|login| HeaderValue::from_str(login.expose()).ok()) {
        tunnel = tunnel.with_auth(login);
    }
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(tunnel)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    let client = Builder::new(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(RetryLayer::new(RetryPolicy::server_retry()))
        .option_layer(config.auth_layer()?)
        .map_err(BoxError::from)
        .service(client);
    Ok(ClientBuilder::new(service, "default"))
}
