//! An API server's place on loopback: for one kubeconfig, which has its address, its certificate and its token. Nobody else
//! on this machine gets an answer, and no web page does.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use kube::client::Body;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::error::{Error, Result, plain_io};
use crate::host::random;
use crate::model::kube::read_only::Asked;
use crate::net::kube::pass_on::{PassedAnswer, PassedRequest};
use crate::secret::{Secret, constant_time_eq};

/// More than a program like k9s keeps open for its watches.
const MOST_CONNECTIONS: usize = 512;
/// The questions that are let through are far shorter.
const LARGEST_BODY: usize = 1024 * 1024;
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
/// The pause after a failed `accept`.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// What is answered, and how.
pub(crate) trait Gate {
    /// Why a request is not passed on. `None`: it is.
    fn refusal(&self, asked: Asked<'_>) -> Option<String>;

    /// The answer to a request.
    async fn answer(&self, request: PassedRequest) -> PassedAnswer;
}

/// A bound server.
pub(crate) struct LoopbackServer {
    listener: TcpListener,
    address: SocketAddr,
    acceptor: TlsAcceptor,
    certificate: String,
    token: Secret<String>,
}

impl LoopbackServer {
    /// Binds a port that the system chooses, with a certificate and a token made for it.
    ///
    /// # Errors
    /// When this machine does not let us.
    pub(crate) async fn bind() -> Result<Self> {
        let cannot = |why: String| Error::failure("cannot listen on 127.0.0.1").because(why);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| cannot(plain_io(&error)))?;
        let address = listener.local_addr().map_err(|error| cannot(plain_io(&error)))?;
        let (acceptor, certificate) = certified(address).map_err(|error| cannot(error.to_string()))?;
        let token = Secret::new(URL_SAFE_NO_PAD.encode(random::<32>()));
        Ok(LoopbackServer { listener, address, acceptor, certificate, token })
    }

    /// The `server` of a kubeconfig.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Its `certificate-authority-data`.
    pub(crate) fn certificate_authority_data(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// The `token` of its user.
    pub(crate) fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// Answers for as long as the future lives.
    pub(crate) async fn serve(&self, gate: &impl Gate) -> Infallible {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                // At the limit, new connections wait in the system's queue.
                stream = accept(&self.listener), if open.len() < MOST_CONNECTIONS => open.push(self.connection(stream, gate)),
                Some(()) = open.next() => {}
            }
        }
    }

    async fn connection(&self, stream: TcpStream, gate: &impl Gate) {
        // A line of a log is passed on when it comes.
        let _ = stream.set_nodelay(true);
        let handshake = tokio::time::timeout(LONGEST_HANDSHAKE, self.acceptor.accept(stream)).await;
        let Ok(Ok(stream)) = handshake else { return };
        let service = service_fn(async |request| Ok::<_, Infallible>(self.respond(request, gate).await.0));
        // What ends a connection early is the client's, who knows why.
        let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    }

    async fn respond(&self, request: Request<Incoming>, gate: &impl Gate) -> PassedAnswer {
        if let Some((status, why)) = self.stranger(request.headers()) {
            return PassedAnswer::status(status, &why);
        }
        let (head, body) = request.into_parts();
        // To its end first: a client reads the answer only after it has sent its request.
        let body = read(body).await;
        let upgrades =
            head.headers.contains_key(header::UPGRADE) || head.headers.contains_key(header::SEC_WEBSOCKET_KEY);
        if let Some(why) = gate.refusal(Asked { method: head.method.as_str(), path: head.uri.path(), upgrades }) {
            return PassedAnswer::status(StatusCode::FORBIDDEN, &why);
        }
        let Some(body) = body else {
            return PassedAnswer::status(StatusCode::PAYLOAD_TOO_LARGE, "the request is longer than 1 MiB");
        };
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        gate.answer(PassedRequest::new(head.method, target, head.headers, body)).await
    }

    /// Why a request is not of the kubeconfig's owner. A web page can reach us by a name that leads to 127.0.0.1, and says
    /// so; it has no token either.
    fn stranger(&self, headers: &HeaderMap) -> Option<(StatusCode, String)> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if text(header::HOST) != Some(&self.address.to_string()) || headers.contains_key(header::ORIGIN) {
            return Some((StatusCode::FORBIDDEN, "this server is for programs on this machine".to_owned()));
        }
        let token = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        match constant_time_eq(token.as_bytes(), self.token.expose().as_bytes()) {
            true => None,
            false => Some((StatusCode::UNAUTHORIZED, "the token is not the one of this shell's kubeconfig".to_owned())),
        }
    }
}

impl PassedAnswer {
    /// An answer of our own, as the API server words it.
    pub(crate) fn status(code: StatusCode, message: &str) -> Self {
        let reason = match code {
            StatusCode::FORBIDDEN => "Forbidden",
            StatusCode::UNAUTHORIZED => "Unauthorized",
            StatusCode::PAYLOAD_TOO_LARGE => "RequestEntityTooLarge",
            StatusCode::BAD_REQUEST => "BadRequest",
            _ => "ServiceUnavailable",
        };
        let status = serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code.as_u16(),
        });
        let mut answer = Response::new(Body::from(status.to_string().into_bytes()));
        *answer.status_mut() = code;
        answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        PassedAnswer(answer)
    }
}

/// A certificate for this address, which vouches for itself.
fn certified(address: SocketAddr) -> std::result::Result<(TlsAcceptor, String), Box<dyn std::error::Error>> {
    let key = rcgen::KeyPair::generate()?;
    let certificate = rcgen::CertificateParams::new(vec![address.ip().to_string()])?.self_signed(&key)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    Ok((TlsAcceptor::from(Arc::new(config)), certificate.pem()))
}

/// A request's body. `None` if it is too long: its rest is read and dropped, since closing a connection on unread bytes
/// resets it, and the client may lose the answer.
async fn read(mut body: Incoming) -> Option<Bytes> {
    let mut bytes = Some(Vec::new());
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else { return None };
        let (Some(kept), Some(data)) = (&mut bytes, frame.data_ref()) else { continue };
        if kept.len() + data.len() > LARGEST_BODY {
            bytes = None;
        } else {
            kept.extend_from_slice(data);
        }
    }
    bytes.map(Bytes::from)
}

/// The next connection. Without free file descriptors `accept` fails again and again until a connection ends, hence the
/// pause.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => tokio::time::sleep(ACCEPT_RETRY_DELAY).await,
        }
    }
}
