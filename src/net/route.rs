//! The way that connections to a cluster go: straight, through a proxy, or through a tunnel. Errors say where on it they happened.

mod first_answer;

use std::io;
use std::time::Duration;

use crate::error::plain_io;
use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::Proxy;
use crate::net::between::Between;
use crate::net::proxy::{self, Stream};
use crate::net::tcp;
use crate::net::trust::Trust;

pub(super) use first_answer::FirstAnswer;

/// How long a connection may take, and then the first answer on it.
const LIMIT: Duration = Duration::from_secs(5);

/// A way to a cluster.
#[derive(Debug, Clone)]
pub(super) struct Route {
    endpoint: Endpoint,
    by: By,
}

#[derive(Debug, Clone)]
enum By {
    Straight,
    /// With whom to trust, if it is spoken to over TLS.
    Proxy(Proxy, Trust),
    /// The endpoint is its near end.
    Tunnel,
}

impl Route {
    /// The way to an endpoint. It is the near end of a tunnel when the certificate is to have another name.
    pub(super) fn to(endpoint: Endpoint, tls_server_name: Option<&str>, by: Option<(&Proxy, &Trust)>) -> Self {
        let by = match (by, tls_server_name) {
            (Some((proxy, trust)), _) => By::Proxy(proxy.clone(), trust.clone()),
            (None, Some(name)) if !name.eq_ignore_ascii_case(&endpoint.host) => By::Tunnel,
            (None, _) => By::Straight,
        };
        Route { endpoint, by }
    }

    /// What is connected to.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A stream to the endpoint, for TLS.
    ///
    /// # Errors
    /// They name the endpoint, or what stands between.
    pub(super) async fn open(&self) -> io::Result<FirstAnswer> {
        Ok(FirstAnswer::awaited(self.connect().await?, self.clone(), LIMIT))
    }

    /// The same for plain HTTP, whose first answer may take its time.
    ///
    /// # Errors
    /// As [`Route::open`].
    pub(super) async fn open_plain(&self) -> io::Result<FirstAnswer> {
        Ok(FirstAnswer::not_awaited(self.connect().await?))
    }

    async fn connect(&self) -> io::Result<Stream> {
        let connecting = async {
            match &self.by {
                By::Straight | By::Tunnel => Ok(Box::new(connected(&self.endpoint).await?) as Stream),
                By::Proxy(proxy, trust) => {
                    proxy::through(connected(proxy.endpoint()).await?, proxy, &self.endpoint, trust).await
                }
            }
        };
        let connected = tokio::time::timeout(LIMIT, connecting).await;
        connected.unwrap_or_else(|_| Err(silence(LIMIT))).map_err(|why| self.fault(&why))
    }

    fn fault(&self, why: &str) -> io::Error {
        match &self.by {
            By::Straight => io::Error::other(format!("{}: {why}", self.endpoint)),
            By::Proxy(proxy, _) => Between::Proxy.fault(proxy.endpoint(), why),
            By::Tunnel => Between::Tunnel.fault(&self.endpoint, why),
        }
    }
}

async fn connected(endpoint: &Endpoint) -> Result<tokio::net::TcpStream, String> {
    tcp::connect(endpoint).await.map_err(|error| plain_io(&error))
}

fn silence(limit: Duration) -> String {
    format!("no answer within {}s", limit.as_secs())
}
