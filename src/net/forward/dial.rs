//! From nothing to an upgraded connection: TCP (through a proxy if one applies), TLS, an HTTP upgrade.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::{Error, Result};
use crate::model::kube::cluster::Cluster;
use crate::model::websocket::TUNNEL_PROTOCOL;
use crate::model::wire::proxy::Proxy;
use crate::net::forward::pipe::{DialFailure, Pipe, parse_status, read_head, tcp};
use crate::net::forward::tunnel;
use crate::net::trust::Trust;
use crate::secret::Secret;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How long a refusal's words are listened to.
const REFUSAL_LIMIT: Duration = Duration::from_secs(5);
/// Bytes of a refusal that are read for its words.
const LARGEST_REFUSAL: usize = 64 * 1024;
/// Encrypted bytes that are taken from the kernel at once.
const READ_AHEAD: usize = 64 * 1024;
/// The two ways to carry SPDY; each is authorised by another verb (docs/port-forward.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// GET: a WebSocket that tunnels SPDY, which passes proxies.
    Tunnel,
    /// POST: SPDY at once, which every server version takes with `create` alone.
    Spdy,
}

impl Transport {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Transport::Tunnel => Transport::Spdy,
            Transport::Spdy => Transport::Tunnel,
        }
    }

    /// Its name in messages and in the cache.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Tunnel => "websocket",
            Transport::Spdy => "spdy",
        }
    }

    /// The transport of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Transport::Tunnel, Transport::Spdy].into_iter().find(|transport| transport.name() == name)
    }

    /// The verb on pods/portforward that it is authorised by.
    pub fn verb(self) -> &'static str {
        match self {
            Transport::Tunnel => "get",
            Transport::Spdy => "create",
        }
    }
}

/// An upgraded connection, with the bytes that came behind the answer's head.
pub struct Upgraded {
    /// The pipe.
    pub stream: TlsStream<Box<dyn Pipe>>,
    /// What the server sent at once.
    pub first_bytes: Vec<u8>,
    /// What the bytes are wrapped in.
    pub transport: Transport,
}

/// A cluster's API as a place to connect to.
#[derive(Clone)]
pub struct Endpoint {
    host: String,
    port: u16,
    path: String,
    server_name: ServerName<'static>,
    tls: Arc<ClientConfig>,
    proxy: Option<Proxy>,
    /// For the proxy alone.
    trust: Trust,
}

impl Endpoint {
    /// From the cluster's facts.
    ///
    /// # Errors
    /// When the endpoint or the certificate authority cannot be used.
    pub fn new(cluster: &Cluster, proxy: Option<Proxy>, trust: &Trust) -> Result<Self> {
        let unusable = |why: String| {
            Error::failure(format!("the endpoint of the cluster {} cannot be used", cluster.name)).because(why)
        };
        let uri: http::Uri =
            cluster.endpoint.parse().map_err(|error: http::uri::InvalidUri| unusable(error.to_string()))?;
        let name =
            uri.host().ok_or_else(|| unusable("it names no host".to_owned()))?.trim_matches(['[', ']']).to_owned();
        let server_name = ServerName::try_from(name.clone()).map_err(|error| unusable(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        for certificate in crate::net::kube::certificates(&cluster.certificate_authority_data).map_err(&unusable)? {
            roots.add(CertificateDer::from(certificate)).map_err(|error| unusable(error.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Endpoint {
            port: uri.port_u16().unwrap_or(443),
            path: uri.path().trim_end_matches('/').to_owned(),
            host: name,
            server_name,
            tls: Arc::new(tls),
            proxy,
            trust: trust.clone(),
        })
    }

    /// Whether a proxy is on the way.
    pub fn has_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    /// Opens a port-forward connection to a pod.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn forward(
        &self,
        token: &Secret<String>,
        namespace: &str,
        pod: &str,
        transport: Transport,
    ) -> Result<Upgraded, DialFailure> {
        let mut stream = self.connect().await?;
        let head = self.request_head(token, namespace, pod, transport);
        let answer = async {
            stream.write_all(head.expose().as_bytes()).await?;
            stream.flush().await?;
            read_head(&mut stream).await
        };
        let answered = tokio::time::timeout(ANSWER_LIMIT, answer).await;
        let (head, rest) = answered
            .map_err(|_| DialFailure::Unreachable("no answer in time".to_owned()))?
            .map_err(|error| DialFailure::io("no answer", &error))?;
        match parse_status(&head) {
            Some(101) => Ok(Upgraded { stream, first_bytes: rest, transport }),
            Some(status) => {
                let body = read_body(&mut stream, rest).await;
                Err(DialFailure::Refused { status, words: words_of(&body, status) })
            }
            None => Err(DialFailure::Unreachable("the answer is not HTTP".to_owned())),
        }
    }

    /// Whether the API can be reached at all: a TCP connection and a TLS handshake.
    pub async fn is_reachable(&self) -> bool {
        self.connect().await.is_ok()
    }

    async fn connect(&self) -> Result<TlsStream<Box<dyn Pipe>>, DialFailure> {
        let connecting = async {
            let tcp = self.pipe().await?;
            let connector = TlsConnector::from(self.tls.clone());
            connector.connect(self.server_name.clone(), tcp).await.map_err(|error| DialFailure::io("TLS", &error))
        };
        tokio::time::timeout(CONNECT_LIMIT, connecting)
            .await
            .unwrap_or_else(|_| Err(DialFailure::Unreachable(format!("no connection to {} in time", self.host))))
    }

    async fn pipe(&self) -> Result<Box<dyn Pipe>, DialFailure> {
        match &self.proxy {
            None => Ok(Box::new(buffered(tcp(&self.host, self.port).await?))),
            Some(proxy) => Ok(Box::new(buffered(tunnel::open(proxy, &self.host, self.port, &self.trust).await?))),
        }
    }

    fn request_head(&self, token: &Secret<String>, namespace: &str, pod: &str, transport: Transport) -> Secret<String> {
        let path = format!("{}/api/v1/namespaces/{namespace}/pods/{pod}/portforward", self.path);
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let upgrade = match transport {
            Transport::Spdy => "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\nContent-Length: 0\r\n".to_owned(),
            Transport::Tunnel => format!(
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\nSec-WebSocket-Protocol: {TUNNEL_PROTOCOL}\r\n",
                STANDARD.encode(random_16())
            ),
        };
        let method = if transport == Transport::Spdy { "POST" } else { "GET" };
        Secret::new(format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}:{}\r\nAuthorization: Bearer {}\r\nUser-Agent: nsaccess/{}\r\n{upgrade}\r\n",
            self.port,
            token.expose(),
            env!("CARGO_PKG_VERSION")
        ))
    }
}

/// rustls reads 4 KiB at a time; that many system calls cost more than all the cryptography.
fn buffered<T: AsyncRead>(stream: T) -> tokio::io::BufReader<T> {
    tokio::io::BufReader::with_capacity(READ_AHEAD, stream)
}

fn random_16() -> [u8; 16] {
    let mut bytes = [0; 16];
    // The key only keeps caches from answering; without randomness it still does.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

/// A refusal's body as far as it comes: by its length, or until the server closes, says nothing for a while, or says
/// too little for too long.
async fn read_body(stream: &mut (impl AsyncRead + Unpin), mut body: Vec<u8>) -> Vec<u8> {
    let pause = Duration::from_millis(500);
    let end = tokio::time::Instant::now() + REFUSAL_LIMIT;
    while body.len() < LARGEST_REFUSAL && serde_json::from_slice::<serde_json::Value>(&body).is_err() {
        let until = end.min(tokio::time::Instant::now() + pause);
        match tokio::time::timeout_at(until, stream.read_buf(&mut body)).await {
            Ok(Ok(read)) if read > 0 => {}
            _ => break,
        }
    }
    body
}

/// The message of a Kubernetes Status, else the beginning of whatever was said.
fn words_of(body: &[u8], status: u16) -> String {
    let message = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|value| value["message"].as_str().map(str::to_owned));
    message.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(body);
        let line = text.lines().next().unwrap_or_default().chars().take(200).collect::<String>();
        if line.is_empty() { format!("HTTP status {status}") } else { line }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        assert_eq!(words_of(br#"{"kind":"Status","message":"pods \"x\" not found"}"#, 404), "pods \"x\" not found");
        assert_eq!(words_of(b"", 502), "HTTP status 502");
    }
}
