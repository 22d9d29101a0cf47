//! Handshakes as a client that trusts the cluster's authority sees them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;

use super::*;

fn client(authority: &Authority) -> TlsConnector {
    let encoded: String = authority.pem().lines().filter(|line| !line.starts_with("-----")).collect();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(STANDARD.decode(encoded).expect("base64"))).expect("a certificate");
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn shake_hands(authority: &Authority, handshake: Handshake) -> Result<(), String> {
    let acceptor = authority.acceptor_of(handshake).expect("certificates").expect("somebody answers");
    let (near, far) = tokio::io::duplex(64 * 1024);
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let (_, met) = tokio::join!(acceptor.accept(far), client(authority).connect(name, near));
    met.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_client_refuses_every_handshake_but_the_fine_one() {
    let authority = Authority::of_cluster("c").expect("an authority");
    assert_eq!(shake_hands(&authority, Handshake::Fine).await, Ok(()));
    for (handshake, why) in [
        (Handshake::OtherName, "not valid for name"),
        (Handshake::OtherAuthority, "UnknownIssuer"),
        (Handshake::Expired, "certificate expired"),
    ] {
        let error = shake_hands(&authority, handshake).await.expect_err(why);
        assert!(error.contains(why), "{error} instead of {why}");
    }
    assert!(authority.acceptor_of(Handshake::Hang).expect("no certificate").is_none());
}
