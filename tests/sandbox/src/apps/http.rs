//! The HTTP server in a pod. It logs each request to the pod's log.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::DuplexStream;

use super::Place;

type Response = hyper::Response<Pattern>;

/// Serves one connection, request after request.
pub(super) async fn serve(stream: DuplexStream, place: Place) -> io::Result<()> {
    let handler = service_fn(move |request| answer(place.clone(), request));
    let builder = hyper::server::conn::http1::Builder::new();
    builder.serve_connection(TokioIo::new(stream), handler).await.map_err(io::Error::other)
}

async fn answer(place: Place, request: hyper::Request<Incoming>) -> Result<Response, Infallible> {
    let (parts, mut body) = request.into_parts();
    let (mut count, mut digest, mut kept) = (0_u64, Sha256::new(), Vec::new());
    let echoes = parts.uri.path() == "/echo";
    while let Some(frame) = body.frame().await {
        let Some(bytes) = frame.ok().and_then(|frame| frame.into_data().ok()) else { continue };
        count += bytes.len() as u64;
        digest.update(&bytes);
        if echoes {
            kept.extend(bytes);
        }
    }
    let path = parts.uri.path().to_owned();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let full = |text: String| Pattern::Full(Some(Bytes::from(text)));
    let (status, body) = match segments.as_slice() {
        ["name"] => (200, full(format!("{}\n", place.pod))),
        ["healthz"] => (200, full("ok\n".to_owned())),
        ["echo"] => (200, Pattern::Full(Some(Bytes::from(kept)))),
        ["bytes", length] => (200, Pattern::Counted { left: number(length), sized: false }),
        ["sized", length] => (200, Pattern::Counted { left: number(length), sized: true }),
        ["status", code] => (u16::try_from(number(code)).unwrap_or(500), full(format!("{code}\n"))),
        ["slow", milliseconds] => {
            tokio::time::sleep(Duration::from_millis(number(milliseconds))).await;
            (200, full(format!("{}\n", place.pod)))
        }
        ["upload"] => {
            let sum = crate::text::hex(&digest.finalize());
            (200, full(format!("{}\n", json!({"pod": place.pod, "bytes": count, "sha256": sum}))))
        }
        _ => {
            let headers: serde_json::Map<String, serde_json::Value> = parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))))
                .collect();
            let told = json!({"pod": place.pod, "namespace": place.namespace, "port": place.port,
                "method": parts.method.as_str(), "path": parts.uri.to_string(), "headers": headers, "bytes": count});
            (200, full(format!("{told}\n")))
        }
    };
    place.pen.line(&format!("{} {} {status}", parts.method, parts.uri));
    let mut builder = hyper::Response::builder().status(status).header("x-pod", &place.pod);
    if path == "/close" {
        builder = builder.header("connection", "close");
    }
    Ok(builder.body(body).unwrap_or_else(|_| Response::new(Pattern::Full(None))))
}

/// A body: text, or this many bytes of a pattern.
enum Pattern {
    Full(Option<Bytes>),
    Counted { left: u64, sized: bool },
}

/// One period is 251 bytes; a chunk is 256 periods.
static CHUNK: std::sync::LazyLock<Bytes> =
    std::sync::LazyLock::new(|| (0..251 * 256_u32).map(|index| (index % 251) as u8).collect::<Vec<u8>>().into());

impl Body for Pattern {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(match &mut *self {
            Pattern::Full(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Pattern::Counted { left: 0, .. } => None,
            Pattern::Counted { left, .. } => {
                let length = (*left).min(CHUNK.len() as u64);
                *left -= length;
                Some(Ok(Frame::data(CHUNK.slice(..length as usize))))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Pattern::Full(None) | Pattern::Counted { left: 0, .. })
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Pattern::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Pattern::Counted { left, sized: true } => SizeHint::with_exact(*left),
            Pattern::Counted { .. } => SizeHint::default(),
        }
    }
}
