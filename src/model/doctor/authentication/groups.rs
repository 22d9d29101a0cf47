//! Whether the identity has groups of its own, or rights without them.

use crate::model::doctor::authentication::Asked;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::reviews::review::{ClusterIdentity, Question, Verdict};

pub(crate) const NO_GROUPS: Finding = Finding {
    id: "authentication.no-groups",
    check: "authentication.groups",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role is mapped without groups, and nothing else gives it permissions in the namespace. An access entry without groups and access policies allows sign-in and nothing else.",
    repair: "Ask your platform team to add the namespace's group to the access entry or to the mapping in aws-auth.",
};

pub(crate) const ENTRY_HIDES_AWS_AUTH: Finding = Finding {
    id: "authentication.entry-hides-aws-auth",
    check: "authentication.groups",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role has an access entry without groups, and groups in aws-auth. Once a principal has an access entry, aws-auth is ignored for it.",
    repair: "Ask your platform team to add the groups from aws-auth to the access entry.",
};

/// What the identity has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) identity: ClusterIdentity,
    /// Whether anything may be done in the namespace.
    pub(crate) rights: Verdict,
    /// The groups of the role in aws-auth, where an access entry hides them.
    pub(crate) hidden: Vec<String>,
}

/// The groups that somebody gave the identity.
pub(crate) fn own_groups(identity: &ClusterIdentity) -> Vec<&str> {
    identity.groups.iter().map(String::as_str).filter(|group| *group != "system:authenticated").collect()
}

/// Whether any of these answers is a yes.
pub(crate) fn any_right(verdicts: &[(Question, Verdict)]) -> Verdict {
    let all = || verdicts.iter().map(|(_, verdict)| verdict);
    let said = all().find(|verdict| verdict.is_allowed());
    let said = said.or_else(|| all().find(|verdict| matches!(verdict, Verdict::Unknown(_))));
    said.or_else(|| all().next()).cloned().unwrap_or_else(|| Verdict::Unknown("not checked".to_owned()))
}

/// Whether somebody gave the identity groups, or rights without them.
pub(crate) fn judge_groups(membership: &Membership, asked: &Asked<'_>) -> Judgement {
    let Membership { identity, rights, hidden } = membership;
    let own = own_groups(identity);
    let username = format!("user: {}", identity.username);
    if !own.is_empty() {
        return Judgement::ok(own.join(", ")).fact(username);
    }
    if identity.username.is_empty() {
        return Judgement::ok("unknown");
    }
    match rights {
        Verdict::Allowed => Judgement::ok("none (permissions come from the user name or access policies)"),
        Verdict::Unknown(why) => Judgement::unknown(format!("none, and the permissions could not be checked: {why}")),
        Verdict::Denied(_) if !hidden.is_empty() => Judgement::problem(
            Problem::of(
                &ENTRY_HIDES_AWS_AUTH,
                format!("the access entry of {} overrides its groups in aws-auth", asked.role),
            )
            .because(format!(
                "aws-auth maps it to {}, but the access entry has no groups and takes precedence",
                hidden.join(", ")
            ))
            .ask(
                asked,
                &format!(
                    "to add {} to the groups of the access entry of {} in {}",
                    hidden.join(", "),
                    asked.role,
                    asked.cluster
                ),
            ),
        ),
        Verdict::Denied(_) => Judgement::problem(
            Problem::of(&NO_GROUPS, format!("{} is not mapped to any group in {}", asked.role, asked.cluster))
                .because("its only group is system:authenticated, which has no permissions in the namespace")
                .ask(asked, &format!("to map {} to the group of {} in {}", asked.role, asked.namespace, asked.cluster)),
        ),
    }
    .fact(username)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_groups_are_a_problem_only_without_rights() {
        let asked =
            Asked { namespace: "idp-dev", cluster: "demo", region: "eu-west-1", host: "abc", role: "idp-ns-idp-dev" };
        let membership = |groups: &[&str], rights, hidden: &[&str]| Membership {
            identity: ClusterIdentity {
                username: "sso:ada".to_owned(),
                groups: groups.iter().map(|group| (*group).to_owned()).collect(),
                ..ClusterIdentity::default()
            },
            rights,
            hidden: hidden.iter().map(|group| (*group).to_owned()).collect(),
        };
        let (yes, no) = (Verdict::Allowed, Verdict::Denied(None));
        for (membership, expected) in [
            (membership(&["idp", "system:authenticated"], no.clone(), &[]), "ok"),
            (membership(&["system:authenticated"], yes.clone(), &[]), "ok"),
            (membership(&["system:authenticated"], yes, &["idp"]), "ok"),
            (membership(&["system:authenticated"], no.clone(), &[]), "authentication.no-groups"),
            (membership(&[], no.clone(), &[]), "authentication.no-groups"),
            (membership(&["system:authenticated"], no.clone(), &["idp"]), "authentication.entry-hides-aws-auth"),
            (membership(&["system:authenticated"], Verdict::Unknown("500".to_owned()), &[]), "ok"),
        ] {
            let judged = judge_groups(&membership, &asked);
            assert_eq!(judged.problems.first().map_or("ok", |problem| problem.finding.id), expected, "{membership:?}");
        }
        let not_told = Membership { identity: ClusterIdentity::default(), rights: no, hidden: Vec::new() };
        assert_eq!(judge_groups(&not_told, &asked), Judgement::ok("unknown"));
    }

    #[test]
    fn one_right_is_enough_and_what_was_not_said_is_no_denial() {
        use crate::model::reviews::review::{CREATE_PORT_FORWARD, GET_PODS, GET_SERVICES};
        let (no, silent) = (Verdict::Denied(None), Verdict::Unknown("500".to_owned()));
        let judged = |verdicts: [&Verdict; 3]| {
            any_right(
                &[GET_PODS, GET_SERVICES, CREATE_PORT_FORWARD]
                    .into_iter()
                    .zip(verdicts.map(Clone::clone))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(judged([&no, &silent, &Verdict::Allowed]), Verdict::Allowed);
        assert_eq!(judged([&no, &silent, &no]), silent);
        assert_eq!(judged([&no, &no, &no]), no);
        assert!(matches!(any_right(&[]), Verdict::Unknown(_)));
    }
}
