//! Secrets below the namespace's prefix.

use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::grant::Answer;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(crate) const READ_DENIED: Finding = Finding {
    id: "aws.secrets-read-denied",
    check: "aws.secrets",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The permission set is not allowed to read a secret under the namespace's prefix: it lacks secretsmanager:GetSecretValue, or the setting patterns.secrets_prefix differs from the policy.",
    repair: "Compare the prefix (`nsaccess config`) with the policy, or ask your platform team to allow secretsmanager:GetSecretValue under it.",
};

pub(crate) const KEY_DENIED: Finding = Finding {
    id: "aws.secrets-key-denied",
    check: "aws.secrets",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "You are allowed to read the secret but not to use its KMS key: the key policy or the permission set lacks kms:Decrypt.",
    repair: "Ask your platform team to allow kms:Decrypt with the secret's key.",
};

pub(crate) const UNREACHABLE: Finding = Finding {
    id: "aws.secrets-unreachable",
    check: "aws.secrets",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "AWS Secrets Manager is unreachable, but other AWS services are not: a firewall or proxy blocks it.",
    repair: "Allow the host shown in the message, or set HTTPS_PROXY.",
};

pub(crate) const TIMEOUT: Finding = Finding {
    id: "aws.secrets-timeout",
    check: "aws.secrets",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "AWS Secrets Manager did not respond within 5 seconds.",
    repair: "Check the network, the VPN and HTTPS_PROXY, then run doctor again.",
};

/// What Secrets Manager answered.
#[derive(Debug, Clone)]
pub(crate) struct SecretsFacts<'a> {
    pub(crate) namespace: &'a str,
    /// The permission set.
    pub(crate) role: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) host: &'a str,
    /// How many secrets there are below the prefix, on the first page.
    pub(crate) listed: Answer<usize>,
    /// The secret that was read, and whether it could be.
    pub(crate) read: Option<(&'a str, Answer<()>)>,
}

/// Whether secrets can be listed and read.
pub(crate) fn judge_secrets(facts: &SecretsFacts<'_>) -> Judgement {
    let SecretsFacts { role, prefix, .. } = facts;
    let listed = match &facts.listed {
        Answer::Given(count) => count,
        Answer::Denied(why) | Answer::Unauthorized(why) => {
            // A role that uses no secrets needs none of these rights.
            return Judgement::skipped(format!(
                "not allowed to list secrets under {prefix} (needs secretsmanager:ListSecrets); reading one by name may still work"
            ))
            .fact(why);
        }
        other => return not_answered(facts, other),
    };
    let Some((name, read)) = &facts.read else {
        return Judgement::ok(match listed {
            0 => format!("none under {prefix}"),
            _ => format!("all secrets under {prefix} are marked for deletion"),
        });
    };
    match read {
        Answer::Given(()) => {
            Judgement::ok(format!("can list and read {prefix}*")).fact(format!("{listed} secrets under {prefix}"))
        }
        // It has no value yet.
        Answer::NotFound(_) => Judgement::ok(format!("can list {prefix}*")),
        Answer::Denied(why) | Answer::Broken(why) if is_about_key(why) => Judgement::problem(
            Problem::of(&KEY_DENIED, format!("{role} is not allowed to use the KMS key of the secret {name}"))
                .because(why)
                .ask_platform_team(format_args!("for kms:Decrypt with the key of {name} for {role}"))
                .try_next(format!("nsaccess secrets describe {name} -n {}   # its key", facts.namespace)),
        ),
        Answer::Denied(why) | Answer::Unauthorized(why) => Judgement::problem(
            Problem::of(&READ_DENIED, format!("{role} is not allowed to read the secret {name}"))
                .because(why)
                .ask_platform_team(format_args!("for secretsmanager:GetSecretValue under {prefix} for {role}")),
        ),
        other => not_answered(facts, other),
    }
}

fn is_about_key(words: &str) -> bool {
    words.to_lowercase().contains("kms") || words.contains("DecryptionFailure")
}

fn not_answered<T>(facts: &SecretsFacts<'_>, answer: &Answer<T>) -> Judgement {
    let (host, namespace) = (facts.host, facts.namespace);
    match answer {
        Answer::Unreachable(why) => Judgement::problem(
            Problem::of(&UNREACHABLE, format!("cannot reach {host}"))
                .because(why)
                .try_next(format!("nsaccess doctor {namespace} --only aws   # after allowing {host}")),
        ),
        Answer::Late => Judgement::problem(
            Problem::of(&TIMEOUT, format!("{host} did not respond within 5 seconds"))
                .try_next(format!("nsaccess doctor {namespace} --only aws --wait")),
        ),
        Answer::Throttled(why)
        | Answer::Broken(why)
        | Answer::NotFound(why)
        | Answer::Denied(why)
        | Answer::Unauthorized(why) => Judgement::unknown(format!("the request to Secrets Manager failed: {why}")),
        Answer::Given(_) => Judgement::ok("answered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::doctor::judgement::Verdict;

    #[test]
    fn refusals_are_told_apart() {
        let facts = |listed, read: Option<Answer<()>>| SecretsFacts {
            namespace: "idp-dev",
            role: "idp-ns-idp-dev",
            prefix: "customer/idp-dev/",
            host: "secretsmanager",
            listed,
            read: read.map(|read| ("db", read)),
        };
        let words = |text: &str| text.to_owned();
        for (facts, expected) in [
            (facts(Answer::Given(2), Some(Answer::Given(()))), "ok"),
            (facts(Answer::Given(0), None), "ok"),
            (facts(Answer::Given(1), None), "ok"),
            (facts(Answer::Given(1), Some(Answer::NotFound(words("no value")))), "ok"),
            (facts(Answer::Denied(words("no")), None), "ok"),
            (facts(Answer::Given(1), Some(Answer::Denied(words("no")))), "aws.secrets-read-denied"),
            (
                facts(Answer::Given(1), Some(Answer::Denied(words("Access to KMS is not allowed")))),
                "aws.secrets-key-denied",
            ),
            (facts(Answer::Given(1), Some(Answer::Broken(words("DecryptionFailure: x")))), "aws.secrets-key-denied"),
            (facts(Answer::Unreachable(words("no route")), None), "aws.secrets-unreachable"),
            (facts(Answer::Late, None), "aws.secrets-timeout"),
            (facts(Answer::Given(1), Some(Answer::Late)), "aws.secrets-timeout"),
            (facts(Answer::Throttled(words("slow down")), None), "ok"),
        ] {
            let judged = judge_secrets(&facts);
            assert_eq!(judged.problems.first().map_or("ok", |problem| problem.finding.id), expected, "{facts:?}");
        }
        let denied = judge_secrets(&facts(Answer::Denied(words("no")), None)).verdict;
        let is_skipped = matches!(&denied, Verdict::Skipped(why) if why.contains("(needs secretsmanager:ListSecrets)"));
        assert!(is_skipped, "{denied:?}");
    }
}
