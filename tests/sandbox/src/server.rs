//! Listeners and connections: HTTP/1.1 with keep-alive, plain or over TLS. A listener can be closed and opened again.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::message::{Content, Reply, Request, Upgrade};
use crate::services::{self, Service};
use crate::state::Shared;

/// A listener of the sandbox.
pub(crate) struct Door {
    pub(crate) service: Service,
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) open: watch::Receiver<bool>,
}

/// Serves a listener until the runtime ends. While it is closed, it refuses connections.
pub(crate) async fn serve(shared: Arc<Shared>, door: Door) {
    let Door { service, listener, address, tls, mut open } = door;
    let (mut port, for_connections) = (Port::Open(listener), open.clone());
    loop {
        let Port::Open(current) = &port else {
            if open.wait_for(|is_open| *is_open).await.is_err() {
                return;
            }
            match TcpListener::bind(address).await {
                Ok(again) => port = Port::Open(again),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
            continue;
        };
        tokio::select! {
            accepted = current.accept() => if let Ok((stream, _)) = accepted {
                tokio::spawn(connection(Arc::clone(&shared), service.clone(), stream, tls.clone(), for_connections.clone()));
            },
            changed = open.wait_for(|is_open| !*is_open) => {
                if changed.is_err() {
                    return;
                }
                drop(changed);
                drop(std::mem::replace(&mut port, Port::Closed { _reserved: None }));
                port = Port::Closed { _reserved: reserve(address).ok() };
            }
        }
    }
}

/// The port of a door.
enum Port {
    Open(TcpListener),
    Closed { _reserved: Option<TcpSocket> },
}

/// Keeps a port that refuses from being given to another sandbox, which would answer there.
fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Who listens there later needs not wait until this is gone.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// How a connection begins.
enum Tls {
    Plain,
    /// With a handshake; None for one that nobody answers.
    Begin(Option<TlsAcceptor>),
}

async fn connection(
    shared: Arc<Shared>,
    service: Service,
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    mut open: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let for_upgrades = open.clone();
    let tls = match (&service, tls) {
        (Service::Kubernetes(cluster), Some(usual)) => match shared.state().handshakes.get(cluster) {
            Some(other) => Tls::Begin(other.clone()),
            None => Tls::Begin(Some(usual)),
        },
        (_, None) => Tls::Plain,
        (_, usual) => Tls::Begin(usual),
    };
    let talk = async {
        match tls {
            Tls::Begin(Some(acceptor)) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    converse(shared, service, stream, for_upgrades).await;
                }
            }
            Tls::Begin(None) => std::future::pending().await,
            Tls::Plain => converse(shared, service, stream, for_upgrades).await,
        }
    };
    tokio::select! {
        () = talk => {}
        _ = open.wait_for(|is_open| !*is_open) => {}
    }
}

async fn converse<Stream>(shared: Arc<Shared>, service: Service, stream: Stream, open: watch::Receiver<bool>)
where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handler = service_fn(move |request| answer(Arc::clone(&shared), service.clone(), request, open.clone()));
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), handler)
        .with_upgrades()
        .await;
}

async fn answer(
    shared: Arc<Shared>,
    service: Service,
    mut request: hyper::Request<Incoming>,
    open: watch::Receiver<bool>,
) -> io::Result<hyper::Response<Outgoing>> {
    let upgrading = hyper::upgrade::on(&mut request);
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(header).collect(),
        body,
        region: None,
    };
    let mut service = service;
    if matches!(service, Service::Oidc | Service::Portal | Service::StartPage) {
        let found = shared.state().regions.of_host(request.header("host").unwrap_or_default());
        if let Some((of_host, region)) = found {
            (service, request.region) = (of_host, Some(region));
        }
    }
    let mut reply = services::answer(&shared, &service, &request).await;
    match reply.content {
        Content::Upgrade(upgrade) => {
            tokio::spawn(upgraded(upgrading, upgrade, open));
            reply.content = Content::Full(Bytes::new());
        }
        content => reply.content = content,
    }
    respond(&shared, reply)
}

/// Runs another protocol on a connection while the listener is open.
async fn upgraded(upgrading: hyper::upgrade::OnUpgrade, upgrade: Upgrade, mut open: watch::Receiver<bool>) {
    let talk = async {
        if let Ok(connection) = upgrading.await {
            upgrade.talk(connection).await;
        }
    };
    tokio::select! {
        () = talk => {}
        _ = open.wait_for(|is_open| !*is_open) => {}
    }
}

fn respond(shared: &Shared, reply: Reply) -> io::Result<hyper::Response<Outgoing>> {
    let mut builder = hyper::Response::builder().status(reply.status).header("date", shared.clock.http_date());
    for (name, value) in &reply.headers {
        // No server can send these in a header, and the whole answer would be lost.
        let value: String = value.chars().filter(|letter| !letter.is_ascii_control()).collect();
        builder = builder.header(*name, value);
    }
    let body = match reply.content {
        Content::Nothing | Content::Upgrade(_) => return Err(io::Error::other("cut before the reply")),
        Content::Full(bytes) => Outgoing::Full(Some(bytes)),
        Content::Stream(chunks) => Outgoing::Stream { chunks, failed: None },
        Content::Cut(bytes) => {
            builder = builder.header("content-length", bytes.len());
            Outgoing::Cut(Some(bytes.slice(..bytes.len() / 2)))
        }
    };
    builder.body(body).map_err(io::Error::other)
}

/// A reply's body on its way out.
enum Outgoing {
    Full(Option<Bytes>),
    Cut(Option<Bytes>),
    Stream { chunks: tokio::sync::mpsc::Receiver<io::Result<Bytes>>, failed: Option<io::Error> },
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Outgoing::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Outgoing::Cut(bytes) => Poll::Ready(Some(match bytes.take() {
                Some(bytes) => Ok(Frame::data(bytes)),
                None => Err(io::Error::other("cut in the middle of the body")),
            })),
            Outgoing::Stream { failed, .. } if failed.is_some() => Poll::Ready(failed.take().map(Err)),
            Outgoing::Stream { chunks, failed } => match chunks.poll_recv(context) {
                Poll::Ready(Some(Err(error))) => {
                    // Report nothing in this turn, so that what was sent before the failure goes out first.
                    *failed = Some(error);
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                other => other.map(|chunk| chunk.map(|chunk| chunk.map(Frame::data))),
            },
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Full(Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            Outgoing::Full(None) => SizeHint::with_exact(0),
            Outgoing::Cut(_) | Outgoing::Stream { .. } => SizeHint::default(),
        }
    }
}
