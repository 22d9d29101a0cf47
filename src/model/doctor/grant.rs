//! The grant: what the portal gives, and who that is to AWS.

pub(crate) mod assumed;

use crate::error::is_untrusted_certificate;
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::doctor::{untrusted, wait_for_network};

pub(crate) const CHECKS: &[&Check] = &[&ASSIGNMENT, &IDENTITY, &CACHED];

pub(crate) const FINDINGS: &[&Finding] = &[
    &SESSION_OVER,
    &NOT_ASSIGNED,
    &MOVED,
    &assumed::SOURCE_MISSING,
    &assumed::SOURCE_UNUSABLE,
    &assumed::SOURCE_OVER,
    &assumed::CODE_NEEDED,
    &assumed::NOT_ASSUMED,
    &assumed::UNREACHABLE,
    &THROTTLED,
    &UNREACHABLE,
    &UNTRUSTED,
    &TIMEOUT,
    &OTHER_IDENTITY,
    &STS_REFUSED,
    &STS_UNREACHABLE,
    &STS_TIMEOUT,
    &CACHED_REFUSED,
];

pub(crate) const ASSIGNMENT: Check = Check {
    id: "grant.assignment",
    group: Group::Grant,
    title: "role",
    what: "Whether the portal gives credentials for the permission set in the account (GetRoleCredentials), whether the role can be assumed (AssumeRole), or whether your own profile has credentials.",
    uses: Uses::Network,
    needs: &["session.renewal", "profile.values"],
};

pub(crate) const IDENTITY: Check = Check {
    id: "grant.identity",
    group: Group::Grant,
    title: "AWS identity",
    what: "The identity of the credentials (GetCallerIdentity).",
    uses: Uses::Network,
    needs: &["grant.assignment", "machine.clock"],
};

pub(crate) const CACHED: Check = Check {
    id: "grant.cached",
    group: Group::Grant,
    title: "cached credentials",
    what: "Whether AWS accepts the credentials cached for kubectl (GetCallerIdentity).",
    uses: Uses::Network,
    needs: &["grant.assignment", "machine.clock"],
};

pub(crate) const SESSION_OVER: Finding = Finding {
    id: "grant.session-over",
    check: "grant.assignment",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The portal answers 401, even after renewing the session: the session was ended on the server.",
    repair: "Sign in: `nsaccess login NAMESPACE`.",
};

pub(crate) const NOT_ASSIGNED: Finding = Finding {
    id: "grant.not-assigned",
    check: "grant.assignment",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The portal answers 403: the permission set is not assigned to you in this account, or was assigned after you signed in.",
    repair: "Ask your platform team to assign the permission set. If it was assigned after you signed in, sign in again: `nsaccess login NAMESPACE --force`.",
};

pub(crate) const MOVED: Finding = Finding {
    id: "grant.moved",
    check: "grant.assignment",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The profile has an account or permission set that is not assigned to you: it is a typo, or the namespace has moved. The portal offers the namespace with another one.",
    repair: "Write the right one: `nsaccess login NAMESPACE --account ACCOUNT --role ROLE --replace`.",
};

pub(crate) const THROTTLED: Finding = Finding {
    id: "grant.throttled",
    check: "grant.assignment",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The portal answers 429: too many requests for your user, often from several tools at once.",
    repair: "Wait a minute, then run doctor again.",
};

pub(crate) const UNREACHABLE: Finding = Finding {
    id: "grant.unreachable",
    check: "grant.assignment",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The portal is unreachable: there is no network, its name does not resolve, or a proxy or firewall blocks it.",
    repair: "Check the network and HTTPS_PROXY, then run doctor again.",
};

pub(crate) const TIMEOUT: Finding = Finding {
    id: "grant.timeout",
    check: "grant.assignment",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The portal did not respond within 5 seconds.",
    repair: "Check the network, the VPN and HTTPS_PROXY, then run doctor again.",
};

pub(crate) const OTHER_IDENTITY: Finding = Finding {
    id: "grant.other-identity",
    check: "grant.identity",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The credentials belong to a different role or account than the profile's.",
    repair: "Rewrite the profile: `nsaccess login NAMESPACE --replace`.",
};

pub(crate) const STS_REFUSED: Finding = Finding {
    id: "grant.sts-refused",
    check: "grant.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "AWS rejects credentials that the portal has just issued: they are not active everywhere yet, or STS is not enabled in this region. The clock is not the cause, as machine.clock was checked first.",
    repair: "Run doctor again with `--wait`. If the problem remains, show the message to your platform team.",
};

pub(crate) const STS_UNREACHABLE: Finding = Finding {
    id: "grant.sts-unreachable",
    check: "grant.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "AWS STS is unreachable, but the portal is not: a firewall or proxy allows one and blocks the other.",
    repair: "Allow the host shown in the message, or set HTTPS_PROXY.",
};

pub(crate) const STS_TIMEOUT: Finding = Finding {
    id: "grant.sts-timeout",
    check: "grant.identity",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "AWS STS did not respond within 5 seconds.",
    repair: "Check the network, the VPN and HTTPS_PROXY, then run doctor again.",
};

pub(crate) const CACHED_REFUSED: Finding = Finding {
    id: "grant.cached-refused",
    check: "grant.cached",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "AWS rejects the credentials cached for kubectl although they have not expired: the role was recreated, or its sessions were revoked.",
    repair: "The next nsaccess command that contacts the cluster fetches new ones: `nsaccess whoami -n NAMESPACE`.",
};

pub(crate) const UNTRUSTED: Finding = Finding::fail(
    "grant.untrusted",
    "grant.assignment",
    "The server's certificate is not AWS's, and this machine does not trust its CA. Usually your organisation's proxy inspects TLS.",
    "Set AWS_CA_BUNDLE to a PEM file with your organisation's CA: `export AWS_CA_BUNDLE=FILE`.",
);

/// How a call to AWS ended, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    Given(T),
    /// 401: what signed the call is not taken, with the words of the refusal.
    Unauthorized(String),
    /// 403.
    Denied(String),
    /// 404 and similar.
    NotFound(String),
    Throttled(String),
    /// No connection.
    Unreachable(String),
    /// No answer in time.
    Late,
    /// Anything else.
    Broken(String),
}

impl Answer<()> {
    /// The same with what was given.
    pub(crate) fn with<T>(&self, given: T) -> Answer<T> {
        match self {
            Answer::Given(()) => Answer::Given(given),
            Answer::Unauthorized(words) => Answer::Unauthorized(words.clone()),
            Answer::Denied(words) => Answer::Denied(words.clone()),
            Answer::NotFound(words) => Answer::NotFound(words.clone()),
            Answer::Throttled(words) => Answer::Throttled(words.clone()),
            Answer::Unreachable(words) => Answer::Unreachable(words.clone()),
            Answer::Late => Answer::Late,
            Answer::Broken(words) => Answer::Broken(words.clone()),
        }
    }
}

/// Where a person's namespace is, when the portal refuses it where it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// In this account, by this permission set.
    In {
        account: String,
        role: String,
    },
    Nowhere,
    /// The portal's list did not come in time.
    NotKnown,
}

/// Whether the portal gives credentials of the permission set.
pub(crate) fn judge_assignment(answer: &Answer<()>, target: &Target, elsewhere: &Elsewhere, host: &str) -> Judgement {
    let (namespace, role, account) = (target.access.name.as_str(), target.role(), target.account());
    let problem = match answer {
        Answer::Given(()) => return Judgement::ok(format!("{role} in account {account}")),
        Answer::Unauthorized(why) => Problem::of(&SESSION_OVER, "the portal no longer accepts the session")
            .because(why)
            .try_next(format!("nsaccess login {namespace}"))
            .repair(Repair::Login),
        Answer::Denied(why) | Answer::NotFound(why) => not_given(why, target, elsewhere),
        Answer::Throttled(why) => Problem::of(&THROTTLED, "the portal is throttling requests")
            .because(why)
            .try_next(format!("nsaccess doctor {namespace} --wait")),
        Answer::Unreachable(why) if is_untrusted_certificate(why) => {
            untrusted(Problem::of(&UNTRUSTED, format!("the certificate of {host} is not trusted")), why)
        }
        Answer::Unreachable(why) => {
            Problem::of(&UNREACHABLE, format!("cannot reach {host}")).because(why).try_next(wait_for_network(namespace))
        }
        Answer::Late => Problem::of(&TIMEOUT, format!("{host} did not respond within 5 seconds"))
            .try_next(wait_for_network(namespace)),
        Answer::Broken(why) => return Judgement::unknown(format!("the request to the portal failed: {why}")),
    };
    Judgement::problem(problem)
}

fn not_given(why: &str, target: &Target, elsewhere: &Elsewhere) -> Problem {
    let (namespace, role, account) = (&target.access, target.role(), target.account());
    match elsewhere {
        Elsewhere::In { account: other, role: set } if (other.as_str(), set.as_str()) != (account, role) => {
            Problem::of(&MOVED, format!("{namespace} has moved to {set} in account {other}"))
                .because(format!("the profile has {role} in account {account}, which is not assigned to you"))
                .try_next(format!("nsaccess login {namespace} --account {other} --role {set} --replace"))
        }
        Elsewhere::In { .. } | Elsewhere::Nowhere | Elsewhere::NotKnown => {
            Problem::of(&NOT_ASSIGNED, format!("{role} is not assigned to you in account {account}"))
                .because(why)
                .ask_platform_team(format_args!("for {role} in account {account}"))
                .try_next(format!("nsaccess login {namespace} --force   # if it was assigned after you signed in"))
        }
    }
}

/// Whether the credentials are those of the role that is meant.
pub(crate) fn judge_identity(answer: &Answer<String>, target: &Target, host: &str) -> Judgement {
    let namespace = target.access.name.as_str();
    let problem = match answer {
        Answer::Given(arn) if is_role_of(arn, target) => return Judgement::ok(arn),
        Answer::Given(arn) => Problem::of(&OTHER_IDENTITY, format!("the credentials belong to {arn}"))
            .because(format!("the profile has {} in account {}", target.role(), target.account()))
            .try_next(format!("nsaccess login {namespace} --replace")),
        Answer::Unauthorized(why) | Answer::Denied(why) | Answer::NotFound(why) => {
            Problem::of(&STS_REFUSED, "AWS rejects new credentials")
                .because(why)
                .because("this machine's clock may be wrong")
                .try_next("wait a minute, then run the same command again")
        }
        Answer::Unreachable(why) => Problem::of(&STS_UNREACHABLE, format!("cannot reach {host}"))
            .because(why)
            .try_next(wait_for_network(namespace)),
        Answer::Late => Problem::of(&STS_TIMEOUT, format!("{host} did not respond within 5 seconds"))
            .try_next(wait_for_network(namespace)),
        Answer::Throttled(why) | Answer::Broken(why) => {
            return Judgement::unknown(format!("GetCallerIdentity failed: {why}"));
        }
    };
    Judgement::problem(problem)
}

/// Whether a caller's ARN is that of the role, or of the one that Identity Center makes for a permission set.
fn is_role_of(arn: &str, target: &Target) -> bool {
    if let Identity::Profile(_) = target.identity {
        // Whoever it is.
        return true;
    }
    let mut parts = arn.splitn(6, ':');
    let account = parts.nth(4).unwrap_or_default();
    let role = parts.next().and_then(|resource| resource.split('/').nth(1)).unwrap_or_default();
    let name =
        role.strip_prefix("AWSReservedSSO_").and_then(|rest| rest.rsplit_once('_')).map_or(role, |(name, _)| name);
    account == target.account() && name == target.role()
}

/// Whether AWS takes what is cached for kubectl. `None`: nothing is cached that it would use.
pub(crate) fn judge_cached(answer: Option<&Answer<String>>, namespace: &str) -> Judgement {
    match answer {
        None => Judgement::ok("none; the next kubectl command fetches new ones"),
        Some(Answer::Given(_)) => Judgement::ok("accepted by AWS"),
        Some(Answer::Unauthorized(why) | Answer::Denied(why) | Answer::NotFound(why)) => Judgement::problem(
            Problem::of(&CACHED_REFUSED, "AWS rejects the credentials cached for kubectl")
                .because(why)
                .try_next(format!("nsaccess whoami -n {namespace}")),
        ),
        Some(Answer::Late) => Judgement::unknown("AWS did not respond within 5 seconds"),
        Some(Answer::Throttled(why) | Answer::Unreachable(why) | Answer::Broken(why)) => Judgement::unknown(why),
    }
}
