//! Each finding about the way to a cluster, and what is near to it and none.

use super::*;

const WAY: Way<'static> = Way {
    namespace: "idp-dev",
    host: "abc.eks.amazonaws.com",
    proxy: None,
    proxy_url_of: None,
    is_tunnel: false,
    is_clock_right: false,
    details: None,
};

fn details(public_access: bool, networks: &[&str]) -> ClusterDetails {
    let public_networks = networks.iter().map(|network| (*network).to_owned()).collect();
    ClusterDetails { public_access, private_access: true, public_networks, ..ClusterDetails::default() }
}

fn id(judgement: &Judgement) -> &'static str {
    judgement.problems.first().map_or("ok", |problem| problem.finding.id)
}

#[test]
fn a_name_that_does_not_resolve_is_private_or_not() {
    let (public, private) = (details(true, &[]), details(false, &[]));
    let failed = Step::Failed("no such host".to_owned());
    for (details, proxy, step, expected) in [
        (None, None, Step::Done(vec![]), "ok"),
        (None, None, failed.clone(), "cluster.unresolved"),
        (Some(&public), None, failed.clone(), "cluster.unresolved"),
        (Some(&private), None, failed.clone(), "cluster.private-unresolved"),
        (Some(&private), Some("proxy:3128"), failed, "cluster.proxy-unresolved"),
        (Some(&private), None, Step::Late, "cluster.name-timeout"),
    ] {
        let way = Way { details, proxy, ..WAY };
        assert_eq!(id(&judge_name(&way, &step)), expected, "{way:?} {step:?}");
    }
}

#[test]
fn an_endpoint_that_does_not_answer_is_private_limited_or_unreachable() {
    let (open, limited, private) =
        (details(true, &["0.0.0.0/0"]), details(true, &["198.51.100.0/24"]), details(false, &[]));
    let failed = || Step::Failed("no route".to_owned());
    for (details, address, step, expected) in [
        (Some(&open), "203.0.113.1", Step::Done(Connection::Open), "ok"),
        (Some(&open), "203.0.113.1", Step::Late, "cluster.timeout"),
        (Some(&open), "203.0.113.1", failed(), "cluster.unreachable"),
        (None, "203.0.113.1", failed(), "cluster.unreachable"),
        (Some(&limited), "203.0.113.1", Step::Late, "cluster.not-in-networks"),
        (Some(&limited), "10.1.2.3", Step::Late, "cluster.private-no-answer"),
        (Some(&private), "203.0.113.1", Step::Late, "cluster.private-no-answer"),
        (None, "10.1.2.3", Step::Late, "cluster.private-no-answer"),
        (None, "100.64.0.1", failed(), "cluster.private-no-answer"),
        (None, "100.128.0.1", failed(), "cluster.unreachable"),
        (None, "fd00::1", failed(), "cluster.private-no-answer"),
        (None, "2001:db8::1", failed(), "cluster.unreachable"),
        (Some(&private), "10.1.2.3", Step::Done(Connection::Refused), "cluster.refused"),
    ] {
        let way = Way { details, ..WAY };
        let addresses = [address.parse().expect("an address")];
        assert_eq!(id(&judge_connection(&way, &addresses, &step)), expected, "{way:?} {address} {step:?}");
    }
}

#[test]
fn a_tunnel_that_is_not_open_is_opened_first() {
    let way = Way { host: "localhost", is_tunnel: true, ..WAY };
    let judged = judge_connection(&way, &[], &Step::Done(Connection::Refused));
    assert_eq!(id(&judged), "cluster.refused");
    assert_eq!(judged.problems[0].try_next, ["nsaccess doctor idp-dev --wait   # open the tunnel in the meantime"]);
    assert_eq!(id(&judge_connection(&way, &[], &Step::Done(Connection::Open))), "ok");
}

#[test]
fn with_a_proxy_it_is_the_proxy_that_answers_or_not() {
    let way = Way { proxy: Some("proxy:3128"), ..WAY };
    let judged = |way: &Way<'_>, step| judge_connection(way, &[], &step);
    for (step, expected) in [
        (Step::Done(Connection::Open), "ok"),
        (Step::Done(Connection::Refused), "cluster.proxy-unreachable"),
        (Step::Late, "cluster.proxy-unreachable"),
        (Step::Done(Connection::NotByProxy("returned status 403".to_owned())), "cluster.proxy-refuses"),
        (Step::Done(Connection::NotByProxy("TLS: invalid peer certificate: x".to_owned())), "cluster.proxy-untrusted"),
    ] {
        assert_eq!(id(&judged(&way, step.clone())), expected, "{step:?}");
    }
    let try_of = |way: &Way<'_>| judged(way, Step::Late).problems[0].try_next[0].clone();
    assert_eq!(try_of(&way), "export NO_PROXY=\"${NO_PROXY:-$no_proxy},abc.eks.amazonaws.com\"");
    let of_entry = Way { proxy_url_of: Some("idp-ns-idp-dev"), ..way };
    assert_eq!(try_of(&of_entry), "kubectl config unset clusters.idp-ns-idp-dev.proxy-url");
}
