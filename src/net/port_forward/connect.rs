//! Connections to the API server: the route to it, then TLS.

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
use crate::net::route::Route;
use crate::net::tls;
use crate::net::trust::Trust;

/// For the handshake, whose first answer has the route's limit.
const TLS_LIMIT: Duration = Duration::from_secs(10);
/// The read buffer below TLS.
const READ_AHEAD: usize = 64 * 1024;

/// Connects to a cluster's API.
pub(super) struct Connector {
    route: Route,
    server_name: ServerName<'static>,
    tls: TlsConnector,
}

impl Connector {
    /// The connector, and the path of the cluster's endpoint.
    ///
    /// # Errors
    /// When the endpoint or the certificate authority cannot be used.
    pub(super) fn new(cluster: &Cluster, proxy: Option<(&Proxy, &Trust)>) -> Result<(Self, String)> {
        let unusable =
            |why: String| Error::failure(format!("invalid endpoint of cluster {:?}", cluster.name)).because(why);
        let uri: http::Uri =
            cluster.endpoint.parse().map_err(|error: http::uri::InvalidUri| unusable(error.to_string()))?;
        let endpoint = Endpoint::of(&uri).ok_or_else(|| unusable("it has no host".to_owned()))?;
        let name = cluster.tls_server_name.as_ref().unwrap_or(&endpoint.host).clone();
        let server_name = ServerName::try_from(name).map_err(|error| unusable(error.to_string()))?;
        let tls = tls::roots(&cluster.certificate_authority_data).and_then(tls::trusting).map_err(unusable)?;
        let route = Route::to(endpoint, cluster.tls_server_name.as_deref(), proxy);
        Ok((Connector { route, server_name, tls }, uri.path().trim_end_matches('/').to_owned()))
    }

    /// The value of the `Host` header.
    pub(super) fn authority(&self) -> String {
        self.route.endpoint().to_string()
    }

    async fn open(&self) -> io::Result<Box<dyn ByteStream>> {
        let stream = buffered(self.route.open().await?);
        match tokio::time::timeout(TLS_LIMIT, self.tls.connect(self.server_name.clone(), stream)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(of_tls(error)),
            Err(_) => Err(io::Error::other(format!("TLS: no answer within {}s", TLS_LIMIT.as_secs()))),
        }
    }
}

impl Connect for Connector {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(self.open())
    }
}

/// The error of a handshake, unless it is one of what stands between.
fn of_tls(error: io::Error) -> io::Error {
    match Between::blamed_by(&error.to_string()) {
        Some(_) => error,
        None => io::Error::other(format!("TLS: {}", plain_io(&error))),
    }
}

/// rustls reads 4 KiB at a time; without a buffer, the system calls cost more than the cryptography.
fn buffered<T: AsyncRead>(stream: T) -> BufReader<T> {
    BufReader::with_capacity(READ_AHEAD, stream)
}
