//! Whether the cluster knows the role.

use crate::model::doctor::authentication::Asked;
use crate::model::doctor::authentication::unmapped::{self, Evidence};
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::doctor::wait_for_network;
use crate::model::reviews::review::ClusterIdentity;

pub(crate) const FORBIDDEN: Finding = Finding {
    id: "authentication.forbidden",
    check: "authentication.identity",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The cluster recognizes the role but does not allow SelfSubjectReview: the default ClusterRoleBinding system:basic-user was changed.",
    repair: "Show the message to your platform team.",
};

pub(crate) const SERVER_ERROR: Finding = Finding {
    id: "authentication.server-error",
    check: "authentication.identity",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The API server returns a server error: it has just started, is overloaded, or is being upgraded.",
    repair: "Wait a minute, then run doctor again.",
};

pub(crate) const UNREACHABLE: Finding = Finding {
    id: "authentication.unreachable",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The connection to the cluster is closed before a response arrives, by a proxy, a firewall or a load balancer.",
    repair: "Check the network, the VPN and the proxy, then run doctor again.",
};

pub(crate) const TIMEOUT: Finding = Finding {
    id: "authentication.timeout",
    check: "authentication.identity",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The API server accepts connections but did not respond within 5 seconds: it is overloaded, or something in between blocks the response.",
    repair: "Wait a minute, then run doctor again.",
};

/// The cluster's answer to SelfSubjectReview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Known(ClusterIdentity),
    /// 401.
    Unknown,
    /// Another status, with the cluster's words.
    Status(u16, String),
    /// No usable answer, with the reason.
    Broken(String),
    /// No answer in time.
    Late,
}

/// Whether the cluster knows the role; if not, why.
pub(crate) fn judge_identity(reply: &Reply, evidence: &Evidence, asked: &Asked<'_>) -> Judgement {
    let Asked { namespace, cluster, host, .. } = asked;
    let wait = format!("nsaccess doctor {namespace} --wait");
    let problem = match reply {
        Reply::Known(identity) => return known(identity),
        Reply::Unknown => unmapped::problem(evidence, asked),
        Reply::Status(404, _) => {
            return Judgement::ok(format!("{cluster} recognizes the role, but is too old to show the user"));
        }
        Reply::Status(403, words) => {
            Problem::of(&FORBIDDEN, format!("{cluster} does not allow you to see your own user"))
                .because(words)
                .ask(asked, &format!("why SelfSubjectReview is forbidden: {words}"))
        }
        Reply::Status(code @ 500.., words) => {
            Problem::of(&SERVER_ERROR, format!("{cluster} returned status {code}")).because(words).try_next(wait)
        }
        Reply::Status(code, words) => return Judgement::unknown(format!("{cluster} returned status {code}: {words}")),
        Reply::Broken(why) => {
            let problem = Problem::of(&UNREACHABLE, format!("{host} returned no usable response"));
            return Judgement::problem(problem.try_next(wait_for_network(namespace))).fact(why);
        }
        Reply::Late => {
            Problem::of(&TIMEOUT, format!("{host} did not respond to a request within 5 seconds")).try_next(wait)
        }
    };
    Judgement::problem(problem)
}

fn known(identity: &ClusterIdentity) -> Judgement {
    let groups = match identity.groups.is_empty() {
        true => "groups: none".to_owned(),
        false => format!("groups: {}", identity.groups.join(", ")),
    };
    Judgement::ok(identity.username.clone()).fact(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_cluster_are_told_apart() {
        let asked =
            Asked { namespace: "idp-dev", cluster: "demo", region: "eu-west-1", host: "abc", role: "idp-ns-idp-dev" };
        let words = || "words".to_owned();
        for (reply, expected) in [
            (Reply::Known(ClusterIdentity::default()), "ok"),
            (Reply::Unknown, "authentication.not-mapped"),
            (Reply::Status(404, words()), "ok"),
            (Reply::Status(403, words()), "authentication.forbidden"),
            (Reply::Status(503, words()), "authentication.server-error"),
            (Reply::Status(400, words()), "ok"),
            (Reply::Broken(words()), "authentication.unreachable"),
            (Reply::Late, "authentication.timeout"),
        ] {
            let judged = judge_identity(&reply, &Evidence::default(), &asked);
            assert_eq!(judged.problems.first().map_or("ok", |problem| problem.finding.id), expected, "{reply:?}");
        }
    }
}
