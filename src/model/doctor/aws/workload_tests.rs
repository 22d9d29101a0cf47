//! Each finding about a workload's role, and what is near to it and none.

use super::*;

fn ids(judgement: &Judgement) -> Vec<&'static str> {
    judgement.problems.iter().map(|problem| problem.finding.id).collect()
}

fn role(trust: Trust, has_pod_identity: Option<bool>) -> Found {
    Found::Role(RoleFacts {
        arn: "arn:aws:iam::111122223333:role/billing".to_owned(),
        by: "the annotation".to_owned(),
        subject: "system:serviceaccount:idp-dev:billing".to_owned(),
        audience: "sts.amazonaws.com".to_owned(),
        issuer: Some("https://oidc.eks.eu-west-1.amazonaws.com/id/ABC".to_owned()),
        has_pod_identity,
        trust,
    })
}

#[test]
fn each_way_to_fail_has_its_finding() {
    let words = || "words".to_owned();
    let lacking = || Lacking { service_account: "billing".to_owned(), why: words() };
    for (found, expected) in [
        (role(Trust::Policy(Ok(())), Some(false)), &[][..]),
        (role(Trust::Taken, None), &[]),
        (Found::PodIdentity, &[]),
        (Found::NotReadable(words()), &[]),
        (role(Trust::NotReadable, None), &[]),
        (Found::NoWorkload, &["aws.workload-missing"]),
        (Found::NoRole(lacking()), &["aws.no-role"]),
        (Found::InvalidRole(lacking()), &["aws.role-invalid"]),
        (role(Trust::NoRole(words()), None), &["aws.role-missing"]),
        (role(Trust::Policy(Err(TrustFault::Provider(vec![]))), None), &["aws.trust-provider"]),
        (role(Trust::Policy(Err(TrustFault::Subject(vec![words()]))), None), &["aws.trust-subject"]),
        (role(Trust::Policy(Err(TrustFault::Audience(vec![]))), None), &["aws.trust-audience"]),
        (role(Trust::OtherAudience(words()), None), &["aws.trust-audience"]),
        (role(Trust::NoProvider(words()), None), &["aws.provider-missing"]),
        (role(Trust::Refused(words()), Some(true)), &["aws.role-refused", "aws.pod-identity-too"]),
        (role(Trust::Policy(Ok(())), Some(true)), &["aws.pod-identity-too"]),
    ] {
        assert_eq!(ids(&judge_workload("deploy/billing", &found, "idp-dev")), expected, "{found:?}");
    }
}

#[test]
fn what_could_not_be_read_is_not_called_good() {
    let skipped = judge_workload("deploy/billing", &role(Trust::NotReadable, None), "idp-dev");
    assert!(
        matches!(&skipped.verdict, crate::model::doctor::judgement::Verdict::Skipped(why) if why.contains("iam:GetRole"))
    );
    let unknown = judge_workload("deploy/billing", &role(Trust::NotKnown("late".into()), None), "idp-dev");
    assert!(matches!(unknown.verdict, crate::model::doctor::judgement::Verdict::Unknown(_)));
}
