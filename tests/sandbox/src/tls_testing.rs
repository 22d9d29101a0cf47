//! A client of TLS.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use tokio_rustls::TlsConnector;

/// A client that trusts an authority, and nobody else.
pub(crate) fn connector(authority_pem: &str) -> TlsConnector {
    let encoded: String = authority_pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(STANDARD.decode(encoded).expect("base64"))).expect("a certificate");
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}
