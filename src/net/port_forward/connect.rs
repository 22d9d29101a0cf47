//! Connections to the API server: TCP, through a proxy if one applies, then TLS.

use std::io;
use std::time::Duration;

use kube_port_forward::{ByteStream, Connect, Connecting};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, BufReader};
use tokio_rustls::TlsConnector;

use crate::error::{Error, Result, plain_io};
use crate::model::kube::cluster::Cluster;
use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::Proxy;
use crate::net::between::Between;
use crate::net::trust::Trust;
use crate::net::{proxy, tcp, tls};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The read buffer below TLS.
const READ_AHEAD: usize = 64 * 1024;

/// Connects to a cluster's API.
pub(super) struct Connector {
    endpoint: Endpoint,
    /// Whether the endpoint is the near end of a tunnel.
    is_tunnel: bool,
    server_name: ServerName<'static>,
    tls: TlsConnector,
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
        let endpoint = Endpoint::of(&uri).ok_or_else(|| unusable("it has no host".to_owned()))?;
        let name = cluster.tls_server_name.as_ref().unwrap_or(&endpoint.host).clone();
        let server_name = ServerName::try_from(name).map_err(|error| unusable(error.to_string()))?;
        let tls = tls::roots(&cluster.certificate_authority_data).and_then(tls::trusting).map_err(unusable)?;
        let path = uri.path().trim_end_matches('/').to_owned();
        let is_tunnel = cluster.tls_server_name.is_some();
        Ok((Connector { endpoint, is_tunnel, server_name, tls, proxy, trust: trust.clone() }, path))
    }

    /// The value of the `Host` header.
    pub(super) fn authority(&self) -> String {
        self.endpoint.to_string()
    }

    async fn open(&self) -> io::Result<Box<dyn ByteStream>> {
        let connecting = async {
            match &self.proxy {
                None => {
                    let stream = tcp::connect(&self.endpoint).await;
                    self.start_tls(stream.map_err(|error| self.not_connected(&error))?).await
                }
                Some(proxy) => self.start_tls(proxy::open(proxy, &self.endpoint, &self.trust).await?).await,
            }
        };
        let connected = tokio::time::timeout(CONNECT_LIMIT, connecting).await;
        connected.unwrap_or_else(|_| Err(io::Error::other(format!("connecting to {} timed out", self.endpoint.host))))
    }

    fn not_connected(&self, error: &io::Error) -> io::Error {
        match self.is_tunnel {
            true => Between::Tunnel.fault(&self.endpoint, &plain_io(error)),
            false => with_context(&self.endpoint.to_string(), error),
        }
    }

    async fn start_tls(&self, stream: impl ByteStream + 'static) -> io::Result<Box<dyn ByteStream>> {
        let stream = self.tls.connect(self.server_name.clone(), buffered(stream)).await;
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
