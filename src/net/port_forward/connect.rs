//! Connections to the API server: TCP, through a proxy if one applies, then TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kube_port_forward::{ByteStream, Connect, Connecting};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, BufReader};
use tokio_rustls::TlsConnector;

use crate::error::{Error, Result, plain_io};
use crate::model::kube::cluster::Cluster;
use crate::model::wire::proxy::Proxy;
use crate::net::trust::Trust;
use crate::net::{proxy, tcp};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The read buffer below TLS.
const READ_AHEAD: usize = 64 * 1024;

/// Connects to a cluster's API.
pub(super) struct Connector {
    host: String,
    port: u16,
    server_name: ServerName<'static>,
    tls: Arc<ClientConfig>,
    proxy: Option<Proxy>,
    /// For the proxy only.
    trust: Trust,
}

impl Connector {
    /// The connector, and the path of the cluster's endpoint.
    ///
    /// # Errors
    /// When the endpoint or the certificate authority cannot be used.
    pub(super) fn new(cluster: &Cluster, proxy: Option<Proxy>, trust: &Trust) -> Result<(Self, String)> {
        let unusable =
            |why: String| Error::failure(format!("invalid endpoint of cluster {:?}", cluster.name)).because(why);
        let uri: http::Uri =
            cluster.endpoint.parse().map_err(|error: http::uri::InvalidUri| unusable(error.to_string()))?;
        let host = uri.host().ok_or_else(|| unusable("it has no host".to_owned()))?.trim_matches(['[', ']']).to_owned();
        let server_name = ServerName::try_from(host.clone()).map_err(|error| unusable(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        for certificate in crate::net::kube::certificates(&cluster.certificate_authority_data).map_err(&unusable)? {
            roots.add(CertificateDer::from(certificate)).map_err(|error| unusable(error.to_string()))?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let port = uri.port_u16().unwrap_or(443);
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok((Connector { host, port, server_name, tls: Arc::new(tls), proxy, trust: trust.clone() }, path))
    }

    /// The value of the `Host` header.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }

    async fn open(&self) -> io::Result<Box<dyn ByteStream>> {
        let connecting = async {
            match &self.proxy {
                None => {
                    let stream = tcp::connect(&self.host, self.port).await;
                    let address = format!("{}:{}", self.host, self.port);
                    self.start_tls(stream.map_err(|error| with_context(&address, &error))?).await
                }
                Some(proxy) => self.start_tls(proxy::open(proxy, &self.host, self.port, &self.trust).await?).await,
            }
        };
        let connected = tokio::time::timeout(CONNECT_LIMIT, connecting).await;
        connected.unwrap_or_else(|_| Err(io::Error::other(format!("connecting to {} timed out", self.host))))
    }

    async fn start_tls(&self, stream: impl ByteStream + 'static) -> io::Result<Box<dyn ByteStream>> {
        let connector = TlsConnector::from(self.tls.clone());
        let stream = connector.connect(self.server_name.clone(), buffered(stream)).await;
        Ok(Box::new(stream.map_err(|error| with_context("TLS", &error))?))
    }
}

impl Connect for Connector {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(self.open())
    }
}

/// rustls reads 4 KiB at a time; without a buffer, the system calls cost more than the cryptography.
fn buffered<T: AsyncRead>(stream: T) -> BufReader<T> {
    BufReader::with_capacity(READ_AHEAD, stream)
}

/// Adds what was being done.
fn with_context(what: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!("{what}: {}", plain_io(error)))
}
