//! TLS of our own connections: rustls on ring.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use tokio_rustls::TlsConnector;

/// Starts TLS, and trusts the server by these roots.
pub(super) fn trusting(roots: RootCertStore) -> Result<TlsConnector, String> {
    Ok(TlsConnector::from(Arc::new(builder()?.with_root_certificates(roots).with_no_client_auth())))
}

/// Starts TLS, and lets this judge the server's certificate.
pub(super) fn judged_by(judge: Arc<dyn ServerCertVerifier>) -> Result<TlsConnector, String> {
    let config = builder()?.dangerous().with_custom_certificate_verifier(judge).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.map_err(|error| error.to_string())
}

/// The roots that a kubeconfig names: PEM in base64.
pub(super) fn roots(authority_data: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authority_data)? {
        roots.add(CertificateDer::from(certificate)).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

/// The DER of each certificate in base64-encoded PEM.
pub(super) fn certificates(data: &str) -> Result<Vec<Vec<u8>>, String> {
    let pem = STANDARD.decode(data.trim()).map_err(|error| error.to_string())?;
    let pem = String::from_utf8(pem).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let mut certificates = Vec::new();
    for block in pem.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let body = block.split("-----END CERTIFICATE-----").next().unwrap_or_default();
        let body: String = body.split_whitespace().collect();
        certificates.push(STANDARD.decode(body).map_err(|error| error.to_string())?);
    }
    if certificates.is_empty() { Err("it contains no PEM certificate".to_owned()) } else { Ok(certificates) }
}
