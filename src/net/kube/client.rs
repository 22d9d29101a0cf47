//! The HTTP client of a cluster, straight or through a proxy. kube has one of its own, but verifies an https proxy with the
//! cluster's certificate authority, signs in to no SOCKS proxy, and lets small packets wait.

use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Builder;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ClientBuilder, ConfigExt};
use tower::retry::RetryLayer;
use tower::util::BoxService;
use tower::{BoxError, Service, ServiceBuilder};

use crate::model::wire::proxy::{Proxy, ProxyScheme};
use crate::net::trust::Trust;

type ClusterService = BoxService<Request<Body>, Response<Incoming>, BoxError>;

/// A client by this configuration, but for its `proxy_url`. `trust`: for an https proxy.
pub(super) fn builder(
    config: &Config,
    proxy: Option<&Proxy>,
    trust: &Trust,
) -> kube::Result<ClientBuilder<ClusterService>> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // Otherwise a request waits until the end of the handshake before it is acknowledged: a whole round trip.
    tcp.set_nodelay(true);
    let Some(proxy) = proxy else { return over(config, tcp) };
    match proxy.scheme() {
        ProxyScheme::Http => over(config, tunnel(proxy, tcp)),
        ProxyScheme::Https => {
            let mut of_proxy = Config::new(proxy.uri().clone());
            of_proxy.root_cert = Some(trust.usable().map(|certificate| certificate.to_vec()).collect());
            over(config, tunnel(proxy, of_proxy.rustls_https_connector_with_connector(tcp)?))
        }
        ProxyScheme::Socks5 => {
            let socks = SocksV5::new(proxy.uri().clone(), tcp);
            over(
                config,
                match proxy.login() {
                    Some((user, password)) => socks.with_auth(user, password.expose().clone()),
                    None => socks,
                },
            )
        }
    }
}

fn tunnel<C>(proxy: &Proxy, to_proxy: C) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
    match proxy.basic_login().and_then(|login| HeaderValue::from_str(login.expose()).ok()) {
        Some(login) => tunnel.with_auth(login),
        None => tunnel,
    }
}

/// TLS to the cluster over such connections, and requests over that.
fn over<C>(config: &Config, connections: C) -> kube::Result<ClientBuilder<ClusterService>>
where
    C: Service<http::Uri, Error: std::error::Error + Send + Sync + 'static, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
{
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(connections)?);
    connector.set_connect_timeout(config.connect_timeout);
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
