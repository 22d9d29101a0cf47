//! Handshakes as a client that trusts the cluster's authority sees them.

use rustls::pki_types::ServerName;

use super::testing::connector;
use super::*;

async fn shake_hands(authority: &Authority, handshake: Handshake) -> Result<(), String> {
    let acceptor = authority.acceptor_of(handshake).expect("certificates").expect("somebody answers");
    let (near, far) = tokio::io::duplex(64 * 1024);
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let (_, met) = tokio::join!(acceptor.accept(far), connector(authority.pem()).connect(name, near));
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
