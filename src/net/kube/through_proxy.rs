//! Connections through a proxy, as hyper asks for them. Its own ways through one do not say that the proxy was the fault.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tower::Service;

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

/// One of them.
pub(super) struct Tunnelled(TokioIo<Tunnel>);

impl Service<Uri> for ThroughProxy {
    type Response = Tunnelled;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Tunnelled>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, endpoint: Uri) -> Self::Future {
        let ThroughProxy { proxy, trust } = self.clone();
        Box::pin(async move {
            let host = endpoint.host().unwrap_or_default().trim_matches(['[', ']']);
            let default = if endpoint.scheme_str() == Some("http") { 80 } else { 443 };
            let tunnel = proxy::open(&proxy, host, endpoint.port_u16().unwrap_or(default), &trust).await?;
            Ok(Tunnelled(TokioIo::new(tunnel)))
        })
    }
}

impl Connection for Tunnelled {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Tunnelled {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Tunnelled {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
