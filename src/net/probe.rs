//! The way to a cluster's endpoint, one step at a time: name, connection, TLS. For finding out which step fails; calls go
//! the way of [`crate::net::kube`].

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::select_ok;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;

use crate::error::plain_io;
use crate::model::doctor::cluster::tls::Handshake;
use crate::model::doctor::cluster::way::Connection;
use crate::model::wire::certificate;
use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::{Proxy, check_endpoint};
use crate::net::proxy::{self, Stream};
use crate::net::tls;
use crate::net::trust::Trust;

/// An endpoint, and the proxy on the way to it.
pub(crate) struct Probe {
    pub(crate) endpoint: Endpoint,
    proxy: Option<Proxy>,
    /// For the proxy only.
    trust: Trust,
}

/// A connection to an endpoint.
pub(crate) struct Opened(Stream);

impl Probe {
    /// # Errors
    /// When the endpoint is no address.
    pub(crate) fn of(endpoint: &str, proxy: Option<Proxy>, trust: &Trust) -> Result<Self, String> {
        check_endpoint(endpoint)?;
        let uri: http::Uri = endpoint.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
        let endpoint = Endpoint::of(&uri).ok_or("it has no host")?;
        Ok(Probe { endpoint, proxy, trust: trust.clone() })
    }

    /// What is connected to first: the proxy, else the endpoint.
    fn first_hop(&self) -> &Endpoint {
        self.proxy.as_ref().map_or(&self.endpoint, Proxy::endpoint)
    }

    /// Host and port of the proxy.
    pub(crate) fn proxy(&self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| proxy.endpoint().to_string())
    }

    /// The addresses of what is connected to first.
    ///
    /// # Errors
    /// In the resolver's words.
    pub(crate) async fn resolve(&self) -> Result<Vec<IpAddr>, String> {
        let Endpoint { host, port } = self.first_hop();
        let found = tokio::net::lookup_host((host.as_str(), *port)).await.map_err(|error| plain_io(&error))?;
        let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        addresses.dedup();
        if addresses.is_empty() { Err("the name has no address".to_owned()) } else { Ok(addresses) }
    }

    /// Connects to one of the addresses, and through the proxy to the endpoint.
    ///
    /// # Errors
    /// When nothing answered, in the system's words.
    pub(crate) async fn connect(&self, addresses: &[IpAddr]) -> Result<(Connection, Option<Opened>), String> {
        let port = self.first_hop().port;
        let attempts = addresses.iter().map(|address| TcpStream::connect((*address, port)).boxed());
        let stream = match select_ok(attempts).await {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Ok((Connection::Refused, None)),
            Err(error) => return Err(plain_io(&error)),
        };
        let Some(proxy) = &self.proxy else {
            return Ok((Connection::Open, Some(Opened(Box::new(stream)))));
        };
        Ok(match proxy::through(stream, proxy, &self.endpoint, &self.trust).await {
            Ok(stream) => (Connection::Open, Some(Opened(stream))),
            Err(why) => (Connection::NotByProxy(why), None),
        })
    }
}

impl Opened {
    /// TLS with this name, trusting only this authority (PEM in base64).
    ///
    /// # Errors
    /// When the connection was broken off, in the system's words.
    pub(crate) async fn shake_hands(self, name: &str, authority_data: &str) -> Result<Handshake, String> {
        let verifier = Arc::new(Witness::trusting(authority_data)?);
        let connector = tls::judged_by(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)?;
        let name = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        match connector.connect(name, self.0).await {
            Ok(stream) => {
                let version = stream.get_ref().1.protocol_version();
                Ok(Handshake::Done(version.map_or_else(|| "TLS".to_owned(), |version| format!("{version:?}"))))
            }
            Err(error) => match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
                Some(error) => classify(error, || verifier.issuer()),
                None => Err(plain_io(&error)),
            },
        }
    }
}

fn classify(error: &rustls::Error, issuer: impl FnOnce() -> Option<String>) -> Result<Handshake, String> {
    use CertificateError as Wrong;
    Ok(match error {
        rustls::Error::InvalidMessage(_) => Handshake::NotTls,
        // An authority of the same name and another key leaves a bad signature.
        rustls::Error::InvalidCertificate(Wrong::UnknownIssuer | Wrong::BadSignature) => {
            Handshake::OtherAuthority(issuer())
        }
        rustls::Error::InvalidCertificate(
            wrong @ (Wrong::Expired
            | Wrong::ExpiredContext { .. }
            | Wrong::NotValidYet
            | Wrong::NotValidYetContext { .. }),
        ) => Handshake::NotNow(validity(wrong)),
        rustls::Error::InvalidCertificate(Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }) => {
            Handshake::OtherName
        }
        other => return Err(other.to_string()),
    })
}

/// When a certificate that is not valid now was, or will be.
fn validity(wrong: &CertificateError) -> String {
    let day = |time: &UnixTime| {
        let time = i64::try_from(time.as_secs()).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        time.map_or_else(|| "another day".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
    };
    match wrong {
        CertificateError::ExpiredContext { not_after, .. } => format!("it was valid until {}", day(not_after)),
        CertificateError::NotValidYetContext { not_before, .. } => format!("it is valid from {}", day(not_before)),
        other => other.to_string(),
    }
}

/// Judges a certificate as usual, and remembers it: its issuer tells who stands in the way.
#[derive(Debug)]
struct Witness {
    judge: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<CertificateDer<'static>>>,
}

impl Witness {
    fn trusting(authority_data: &str) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = Arc::new(tls::roots(authority_data)?);
        let judge = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
        Ok(Witness { judge: judge.map_err(|error| error.to_string())?, seen: Mutex::default() })
    }

    fn issuer(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        certificate::issuer(seen.as_ref()?)
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.clone().into_owned());
        self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}
