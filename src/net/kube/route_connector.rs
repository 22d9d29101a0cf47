//! Connections on a route to the cluster, as hyper asks for them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tower::Service;

use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::Proxy;
use crate::net::route::{FirstAnswer, Route};
use crate::net::trust::Trust;

/// Makes them.
#[derive(Debug, Clone)]
pub(super) struct RouteConnector {
    /// The name in the cluster's certificate, if it is not the one in the URL.
    pub(super) tls_server_name: Option<String>,
    /// With whom to trust, if it is spoken to over TLS.
    pub(super) proxy: Option<(Proxy, Trust)>,
}

impl Service<Uri> for RouteConnector {
    type Response = TokioIo<FirstAnswer>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<FirstAnswer>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let RouteConnector { tls_server_name, proxy } = self.clone();
        let is_plain = url.scheme_str() == Some("http");
        Box::pin(async move {
            let endpoint = Endpoint::of(&url).ok_or_else(|| io::Error::other("the endpoint has no host"))?;
            let proxy = proxy.as_ref().map(|(proxy, trust)| (proxy, trust));
            let route = Route::to(endpoint, tls_server_name.as_deref(), proxy);
            let stream = if is_plain { route.open_plain().await? } else { route.open().await? };
            Ok(TokioIo::new(stream))
        })
    }
}
