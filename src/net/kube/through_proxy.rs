//! Connections through a proxy, as hyper asks for them. Its own ways through one do not say that the proxy was the fault.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tower::Service;

use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::Proxy;
use crate::net::proxy::{self, Tunnel};
use crate::net::trust::Trust;

/// Makes them.
#[derive(Debug, Clone)]
pub(super) struct ThroughProxy {
    pub(super) proxy: Proxy,
    /// For an https proxy.
    pub(super) trust: Trust,
}

impl Service<Uri> for ThroughProxy {
    type Response = TokioIo<Tunnel>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Tunnel>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let ThroughProxy { proxy, trust } = self.clone();
        Box::pin(async move {
            let target = Endpoint::of(&url).ok_or_else(|| io::Error::other("the endpoint has no host"))?;
            Ok(TokioIo::new(proxy::open(&proxy, &target, &trust).await?))
        })
    }
}
