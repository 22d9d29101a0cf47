//! Each finding about EKS, and what is near to it and none.

use super::*;

const PLACE: Place<'static> = Place {
    namespace: "idp-dev",
    name: "demo",
    region: "eu-west-1",
    account: "111122223333",
    role: "idp-ns-idp-dev",
    is_pinned: false,
    is_of_context: true,
    host: "eks.eu-west-1.amazonaws.com",
};

fn ids(judgement: &Judgement) -> Vec<&'static str> {
    judgement.problems.iter().map(|problem| problem.finding.id).collect()
}

fn state(status: &str, issues: &[&str]) -> Answer<State> {
    let health_issues = issues.iter().map(|issue| (*issue).to_owned()).collect();
    Answer::Given(State {
        status: status.into(),
        details: ClusterDetails { health_issues, ..ClusterDetails::default() },
        authentication_mode: Some("API".into()),
    })
}

#[test]
fn a_cluster_that_cannot_be_used_is_found() {
    let why = || "words".to_owned();
    for (answer, expected) in [
        (state("ACTIVE", &[]), &[][..]),
        (state("UPDATING", &[]), &[]),
        (state("CREATING", &[]), &["cluster.starting"]),
        (state("DELETING", &[]), &["cluster.ending"]),
        (state("FAILED", &["Ec2SubnetNotFound: gone"]), &["cluster.ending", "cluster.unhealthy"]),
        (state("ACTIVE", &["KmsKeyDisabled: x"]), &["cluster.unhealthy"]),
        (Answer::NotFound(why()), &["cluster.not-found"]),
        (Answer::Denied(why()), &["cluster.describe-denied"]),
        (Answer::Unreachable(why()), &["cluster.eks-unreachable"]),
        (Answer::Late, &["cluster.eks-timeout"]),
    ] {
        assert_eq!(ids(&judge_described(&answer, &PLACE)), expected, "{answer:?}");
    }
    let facts = judge_described(&state("ACTIVE", &[]), &PLACE).facts;
    assert!(facts.contains(&"authentication mode: API".to_owned()), "{facts:?}");
    let throttled = judge_described(&Answer::Throttled(why()), &PLACE);
    assert!(throttled.problems.is_empty() && throttled != Judgement::ok("demo in eu-west-1 is ACTIVE"));
}

#[test]
fn a_pinned_cluster_that_is_gone_is_unpinned_first() {
    let try_of = |is_pinned| {
        let place = Place { is_pinned, ..PLACE };
        let problem = judge_described(&Answer::NotFound("no".into()), &place).problems.remove(0);
        (problem.try_next[0].clone(), problem.repair)
    };
    assert_eq!(try_of(false), ("nsaccess kubeconfig idp-dev --refresh".to_owned(), Some(Repair::WriteContext)));
    assert_eq!(try_of(true), ("nsaccess config unset namespace.idp-dev.cluster".to_owned(), None));
}

#[test]
fn support_is_what_eks_says_of_it() {
    let time = |text: &str| Some(text.parse::<Timestamp>().expect("a time"));
    let support = |support| {
        Answer::Given(Some(VersionSupport {
            support,
            standard_until: time("2025-07-29T00:00:00Z"),
            extended_until: time("2026-07-29T00:00:00Z"),
        }))
    };
    let judged = |answer| judge_version("1.32", &answer, Some(true));
    assert_eq!(ids(&judged(support(Support::Standard))), [""; 0]);
    assert_eq!(ids(&judged(support(Support::NotSaid))), [""; 0]);
    assert_eq!(ids(&judged(Answer::Given(None))), [""; 0]);
    let extended = judged(support(Support::Extended));
    assert_eq!(ids(&extended), ["cluster.extended-support"]);
    assert!(extended.problems[0].because[0].ends_with("extended support ends on 2026-07-29"));
    assert_eq!(ids(&judged(support(Support::Ended))), ["cluster.unsupported"]);
    let denied = judged(Answer::Denied("no".into()));
    assert_eq!(
        denied,
        Judgement::skipped("not allowed to read the end of support of 1.32 (needs eks:DescribeClusterVersions)")
    );
}

#[test]
fn the_near_end_of_a_tunnel_is_not_an_endpoint_that_moved() {
    let endpoint = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
    let entry = |name: Option<&str>, authority: &str| Entry {
        server: "https://localhost:8443".to_owned(),
        authority_data: Some(STANDARD.encode(authority)),
        tls_server_name: name.map(str::to_owned),
        is_unchecked: false,
    };
    let judged = |entry: &Entry| judge_endpoint(entry, endpoint, &STANDARD.encode("PEM"), "idp-dev");
    let through = judged(&entry(Some("abc.gr7.eu-west-1.eks.amazonaws.com"), "PEM"));
    assert_eq!(through, Judgement::ok("via https://localhost:8443").fact("https://localhost:8443"));
    let name = Some("abc.gr7.eu-west-1.eks.amazonaws.com");
    assert_eq!(ids(&judged(&entry(name, "OLD"))), ["cluster.ca-changed"]);
    assert_eq!(ids(&judged(&entry(Some("other"), "PEM"))), ["cluster.endpoint-moved"]);
    assert_eq!(ids(&judged(&entry(None, "PEM"))), ["cluster.endpoint-moved"]);
}

#[test]
fn an_entry_is_compared_with_what_eks_says() {
    let pem = |text: &str| STANDARD.encode(text);
    let entry = |server: &str, authority: Option<&str>, is_unchecked| Entry {
        server: server.to_owned(),
        authority_data: authority.map(pem),
        is_unchecked,
        ..Entry::default()
    };
    let endpoint = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
    for (entry, expected) in [
        (entry(endpoint, Some("PEM"), false), &[][..]),
        (entry("https://abc.gr7.eu-west-1.eks.amazonaws.com:443/", Some("PEM\n"), false), &[]),
        (entry("https://XYZ.gr7.eu-west-1.eks.amazonaws.com", Some("PEM"), false), &["cluster.endpoint-moved"]),
        (entry("https://XYZ.gr7.eu-west-1.eks.amazonaws.com", Some("OLD"), false), &["cluster.endpoint-moved"]),
        (entry(endpoint, Some("OLD"), false), &["cluster.ca-changed"]),
        (entry(endpoint, None, false), &["cluster.ca-missing"]),
        (entry(endpoint, None, true), &["cluster.unchecked"]),
        (entry(endpoint, Some("PEM"), true), &["cluster.unchecked"]),
    ] {
        assert_eq!(ids(&judge_endpoint(&entry, endpoint, &pem("PEM"), "idp-dev")), expected, "{entry:?}");
    }
}
