//! Each finding about TLS, and what is near to it and none.

use super::*;

#[test]
fn handshakes_are_told_apart() {
    let way =
        Way { namespace: "idp-dev", host: "abc.eks.amazonaws.com", proxy: None, proxy_url_of: None, details: None };
    let other = |issuer: Option<&str>| Step::Done(Handshake::OtherAuthority(issuer.map(str::to_owned)));
    for (step, expected) in [
        (Step::Done(Handshake::Done("TLSv1_3".to_owned())), "ok"),
        (other(Some("kubernetes")), "cluster.other-authority"),
        (other(None), "cluster.other-authority"),
        (other(Some("Zscaler Root CA")), "cluster.intercepted"),
        (Step::Done(Handshake::NotNow("expired".to_owned())), "cluster.certificate-expired"),
        (Step::Done(Handshake::OtherName), "cluster.other-name"),
        (Step::Done(Handshake::NotTls), "cluster.not-tls"),
        (Step::Failed("connection reset".to_owned()), "cluster.broken-off"),
        (Step::Late, "cluster.tls-timeout"),
    ] {
        let judged = judge_tls(&way, &step);
        assert_eq!(judged.problems.first().map_or("ok", |problem| problem.finding.id), expected, "{step:?}");
    }
}
