//! A certificate authority for each cluster.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

/// A cluster's certificates: the authority for the clients, the acceptor for the listener.
pub(crate) struct Certificates {
    pub(crate) authority_pem: String,
    pub(crate) acceptor: TlsAcceptor,
}

/// Creates an authority and a serving certificate for loopback.
pub(crate) fn certificates(cluster: &str) -> Result<Certificates, Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, format!("kubernetes ({cluster})"));
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc"].map(str::to_owned);
    let mut serving = CertificateParams::new(names.to_vec())?;
    serving.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    let serving_key = KeyPair::generate()?;
    let serving_certificate = serving.signed_by(&serving_key, &issuer)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![serving_certificate.der().clone()],
            PrivateKeyDer::try_from(serving_key.serialize_der())?,
        )?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certificates { authority_pem: authority_certificate.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
}
