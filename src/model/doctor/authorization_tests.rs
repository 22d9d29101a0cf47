//! Each finding about rights, and what is near to it and none.

use super::*;
use crate::model::reviews::tasks::QUESTIONS;

const FLOOR: &[Question] = &[GET_PODS, GET_SERVICES, CREATE_PORT_FORWARD];

fn answers(allowed: &[Question], minor: u32) -> Answers {
    let verdict = |question: &Question| match allowed.contains(question) {
        true => (*question, Verdict::Allowed),
        false => (*question, Verdict::Denied(None)),
    };
    Answers { verdicts: QUESTIONS.iter().map(verdict).collect(), minor: Some(minor) }
}

fn ids(judgement: &Judgement) -> Vec<&'static str> {
    judgement.problems.iter().map(|problem| problem.finding.id).collect()
}

#[test]
fn a_namespace_is_there_or_not_or_cannot_be_seen() {
    let judged = |lookup| judge_namespace(&lookup, &Access::of("idp-dev"), "demo");
    assert_eq!(ids(&judged(NamespaceLookup::Found("Active".into()))), [""; 0]);
    assert_eq!(ids(&judged(NamespaceLookup::Found("Terminating".into()))), ["authorization.namespace-ending"]);
    assert_eq!(ids(&judged(NamespaceLookup::Missing)), ["authorization.namespace-missing"]);
    assert_eq!(judged(NamespaceLookup::Forbidden), Judgement::skipped("not allowed to get the namespace"));
    assert_eq!(judged(NamespaceLookup::NotKnown("late".into())), Judgement::unknown("late"));
}

#[test]
fn the_baseline_is_pods_and_services_by_name() {
    let judged = |allowed: &[Question]| judge_tasks(&answers(allowed, 33), &["idp"], &Access::of("idp-dev"));
    assert_eq!(ids(&judged(FLOOR)), [""; 0]);
    assert_eq!(ids(&judged(&QUESTIONS)), [""; 0]);
    assert_eq!(ids(&judged(&[])), ["authorization.no-rights"]);
    assert_eq!(ids(&judged(&[GET_PODS, CREATE_PORT_FORWARD])), ["authorization.rights-missing"]);
    assert_eq!(ids(&judged(&[CREATE_PORT_FORWARD])), ["authorization.rights-missing"; 2]);
    let problem = &judged(&[GET_PODS]).problems[0];
    let rule = r#"this rule of a Role would allow it: - {apiGroups: [""], resources: ["services"], verbs: [get]}"#;
    assert_eq!(problem.because, [rule]);
    assert_eq!(problem.try_next[0], "ask your platform team for: get services in namespace idp-dev");
    let mut failed = answers(FLOOR, 33);
    failed.verdicts[0].1 = Verdict::Unknown("500".to_owned());
    assert_eq!(
        judge_tasks(&failed, &[], &Access::of("x")),
        Judgement::unknown("your permissions could not be checked: 500")
    );
}

#[test]
fn what_get_alone_is_worth_depends_on_the_version() {
    let both = [CREATE_PORT_FORWARD, GET_PORT_FORWARD];
    for (allowed, minor, expected) in [
        (&both[..], 36, &[][..]),
        (&[CREATE_PORT_FORWARD], 28, &[]),
        (&[CREATE_PORT_FORWARD], 36, &[]),
        (&[GET_PORT_FORWARD], 34, &["authorization.port-forward-ends"]),
        (&[GET_PORT_FORWARD], 35, &["authorization.port-forward-needs-create"]),
        (&[GET_PODS], 34, &["authorization.no-port-forward"]),
        (&[], 34, &[]),
    ] {
        let judged = judge_port_forward(&answers(allowed, minor), &Access::of("idp-dev"));
        assert_eq!(ids(&judged), expected, "{allowed:?} {minor}");
    }
    assert_eq!(
        judge_port_forward(&answers(&[], 34), &Access::of("idp-dev")),
        Judgement::skipped("depends on authorization.no-rights").because_of("authorization.no-rights")
    );
}
