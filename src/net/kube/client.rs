//! The HTTP client of a cluster, straight or through a proxy. kube has one of its own, but verifies an https proxy with the
//! cluster's certificate authority, signs in to no SOCKS proxy, does not say when the proxy is the fault, lets small packets
//! wait, and waits long for a machine that is gone.

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Builder;
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ClientBuilder, ConfigExt};
use tower::retry::RetryLayer;
use tower::util::{BoxService, MapErr};
use tower::{BoxError, Service, ServiceBuilder};

use super::through_proxy::ThroughProxy;
use crate::error::plain_io;
use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::Proxy;
use crate::net::between::Between;
use crate::net::tcp;
use crate::net::trust::Trust;

type ClusterService = BoxService<Request<Body>, Response<Incoming>, BoxError>;

/// A client by this configuration, but for its `proxy_url`. `trust`: for an https proxy.
pub(super) fn builder(
    config: &Config,
    proxy: Option<&Proxy>,
    trust: &Trust,
) -> kube::Result<ClientBuilder<ClusterService>> {
    if let Some(proxy) = proxy {
        return over(config, ThroughProxy { proxy: proxy.clone(), trust: trust.clone() });
    }
    if let (Some(_), Some(near_end)) = (&config.tls_server_name, Endpoint::of(&config.cluster_url)) {
        let fault = move |error| Between::Tunnel.fault(&near_end, &plain_io(&tcp::cause(&error)));
        return over(config, MapErr::new(tcp::connector(), fault));
    }
    over(config, tcp::connector())
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
