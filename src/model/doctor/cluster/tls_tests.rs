//! Each finding about TLS, and what is near to it and none.

use super::*;

#[test]
fn handshakes_are_told_apart() {
    let way = Way {
        namespace: "idp-dev",
        host: "abc.eks.amazonaws.com",
        proxy: None,
        proxy_url_of: None,
        is_tunnel: false,
        is_clock_right: false,
        details: None,
    };
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

#[test]
fn a_clock_that_is_right_is_not_blamed_for_a_certificate() {
    let way = Way {
        namespace: "idp-dev",
        host: "abc.eks.amazonaws.com",
        proxy: None,
        proxy_url_of: None,
        is_tunnel: false,
        is_clock_right: false,
        details: None,
    };
    let try_of = |way: &Way<'_>| {
        let judged = judge_tls(way, &Step::Done(Handshake::NotNow("expired".to_owned())));
        judged.problems[0].try_next[0].clone()
    };
    assert!(try_of(&way).contains("date -u"));
    let right = try_of(&Way { is_clock_right: true, ..way });
    assert!(!right.contains("clock") && right.contains("platform team"), "{right}");
}
