//! The HTTP client of a cluster. kube has one of its own, but verifies an https proxy with the cluster's certificate authority,
//! signs in to no SOCKS proxy, does not say when a proxy or a tunnel is the fault, lets small packets wait, and waits long for a
//! machine that is gone.

use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Builder;
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ClientBuilder, ConfigExt};
use tower::retry::RetryLayer;
use tower::util::BoxService;
use tower::{BoxError, ServiceBuilder};

use super::route_connector::RouteConnector;
use crate::model::wire::proxy::Proxy;
use crate::net::trust::Trust;

type ClusterService = BoxService<Request<Body>, Response<Incoming>, BoxError>;

/// For TCP, a proxy and TLS together. The route has limits of its own, whose words say more.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// A client by this configuration, but for its `proxy_url`. `proxy`: with whom to trust, if it is spoken to over TLS.
pub(super) fn builder(config: &Config, proxy: Option<(&Proxy, &Trust)>) -> kube::Result<ClientBuilder<ClusterService>> {
    let connections = RouteConnector {
        tls_server_name: config.tls_server_name.clone(),
        proxy: proxy.map(|(proxy, trust)| (proxy.clone(), trust.clone())),
    };
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(connections)?);
    connector.set_connect_timeout(Some(CONNECT_LIMIT));
    connector.set_read_timeout(config.read_timeout);
    let client = Builder::new(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(RetryLayer::new(RetryPolicy::server_retry()))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(client);
    Ok(ClientBuilder::new(BoxService::new(service), config.default_namespace.clone()))
}
