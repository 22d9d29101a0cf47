//! A certificate authority for each cluster, and serving certificates that a client should or should not accept.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// What a client meets when it begins TLS with a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// A certificate of the cluster's authority for its address.
    Fine,
    /// Nothing: the connection is accepted, and then nobody speaks.
    Hang,
    /// A certificate of the cluster's authority for another name.
    OtherName,
    /// A certificate of an authority that nobody knows, as of a proxy that looks into TLS.
    OtherAuthority,
    /// A certificate of the cluster's authority that has expired.
    Expired,
}

type Failure = Box<dyn std::error::Error>;

/// A certificate authority.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Authority")
    }
}

const LOOPBACK: &[&str] = &["127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc"];

impl Authority {
    /// Creates an authority.
    pub(crate) fn new(common_name: &str) -> Result<Authority, Failure> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.distinguished_name.push(DnType::CommonName, common_name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate()?;
        let pem = authority.self_signed(&key)?.pem();
        Ok(Authority { pem, issuer: Issuer::new(authority, key) })
    }

    /// The authority of a cluster.
    pub(crate) fn of_cluster(cluster: &str) -> Result<Authority, Failure> {
        Authority::new(&format!("kubernetes ({cluster})"))
    }

    /// Its certificate.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Serves with a certificate for loopback.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, Failure> {
        self.serving(CertificateParams::new(names(LOOPBACK))?)
    }

    /// Serves as a kind of handshake wants it; None for the one that hangs.
    pub(crate) fn acceptor_of(&self, handshake: Handshake) -> Result<Option<TlsAcceptor>, Failure> {
        let acceptor = match handshake {
            Handshake::Hang => return Ok(None),
            Handshake::Fine => self.acceptor(),
            Handshake::OtherName => self.serving(CertificateParams::new(names(&["elsewhere.invalid"]))?),
            Handshake::OtherAuthority => Authority::new("somebody else")?.acceptor(),
            Handshake::Expired => {
                let mut old = CertificateParams::new(names(LOOPBACK))?;
                (old.not_before, old.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
                self.serving(old)
            }
        };
        acceptor.map(Some)
    }

    /// Serves with a certificate for whatever name is asked for.
    pub(crate) fn acceptor_for_all(self: Arc<Self>) -> Result<TlsAcceptor, Failure> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ForAll(self)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn serving(&self, mut serving: CertificateParams) -> Result<TlsAcceptor, Failure> {
        serving.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        let key = KeyPair::generate()?;
        let certificate = serving.signed_by(&key, &self.issuer)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der())?)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Makes a certificate for each name that is asked for.
#[derive(Debug)]
struct ForAll(Arc<Authority>);

impl ResolvesServerCert for ForAll {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or("127.0.0.1");
        let key = KeyPair::generate().ok()?;
        let certificate = CertificateParams::new(names(&[name])).ok()?.signed_by(&key, &self.0.issuer).ok()?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).ok()?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key).ok()?;
        Some(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[cfg(test)]
#[path = "tls_testing.rs"]
pub(crate) mod testing;

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
