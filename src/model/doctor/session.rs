//! The session of IAM Identity Center.

use crate::error::{Error, Kind, is_untrusted_certificate};
use crate::model::aws::sso_cache::{SsoToken, TokenReason, TokenState, judge};
use crate::model::aws::target::{Difference, Portal};
use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::doctor::session_region::{TWO_REGIONS, WRONG_REGION};
use crate::model::doctor::{untrusted, wait_for_network};
use jiff::{SignedDuration, Timestamp};

// The region first: with a wrong one a sign-in would not help.
pub(crate) const CHECKS: &[&Check] = &[&REGION, &TOKEN, &RENEWAL];

pub(crate) const FINDINGS: &[&Finding] = &[
    &MISSING,
    &UNREADABLE,
    &OTHER_PORTAL,
    &OVER,
    &REFUSED,
    &NOT_RENEWABLE,
    &WRONG_REGION,
    &TWO_REGIONS,
    &RENEWAL_REFUSED,
    &UNREACHABLE,
    &UNTRUSTED,
    &TIMEOUT,
];

pub(crate) const TOKEN: Check = Check {
    id: "session.token",
    group: Group::Session,
    title: "session token",
    what: "Whether a session for this portal is stored and readable, and is valid or can be renewed.",
    uses: Uses::Files,
    needs: &["profile.sso-session"],
};

pub(crate) const REGION: Check = Check {
    id: "session.region",
    group: Group::Session,
    title: "portal region",
    what: "Whether the sso-session has the portal's region, as far as the portal's start page shows it.",
    uses: Uses::Network,
    needs: &["profile.sso-session"],
};

pub(crate) const RENEWAL: Check = Check {
    id: "session.renewal",
    group: Group::Session,
    title: "renewal",
    what: "Whether IAM Identity Center renews the session, if it is due.",
    uses: Uses::Network,
    needs: &["session.token"],
};

pub(crate) const MISSING: Finding = Finding {
    id: "session.missing",
    check: "session.token",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "You have not signed in to this portal on this machine, or have signed out.",
    repair: "Sign in: `nsaccess login NAMESPACE`.",
};

pub(crate) const UNREADABLE: Finding = Finding {
    id: "session.unreadable",
    check: "session.token",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The session file in ~/.aws/sso/cache cannot be read: two programs wrote it at the same time, or it belongs to another user.",
    repair: "Sign in again to rewrite the file: `nsaccess login NAMESPACE`.",
};

pub(crate) const OTHER_PORTAL: Finding = Finding {
    id: "session.other-portal",
    check: "session.token",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The stored session belongs to a different start URL or region: the sso-session was changed after the last sign-in. The token is not sent to the new portal.",
    repair: "Sign in: `nsaccess login NAMESPACE`.",
};

pub(crate) const OVER: Finding = Finding {
    id: "session.over",
    check: "session.token",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The access token has expired and cannot be renewed: it has no refresh token, or the client registration has expired too.",
    repair: "Sign in: `nsaccess login NAMESPACE`.",
};

pub(crate) const REFUSED: Finding = Finding {
    id: "session.refused",
    check: "session.token",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The portal no longer accepts the stored session, although it has not expired: it was ended by a sign-out elsewhere or by an administrator.",
    repair: "Sign in: `nsaccess login NAMESPACE`.",
};

pub(crate) const NOT_RENEWABLE: Finding = Finding {
    id: "session.not-renewable",
    check: "session.token",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The session works but has no refresh token, so it ends when its access token expires. It was created by a program that did not request the scope sso:account:access.",
    repair: "Sign in with nsaccess, which requests it: `nsaccess login NAMESPACE --force`.",
};

pub(crate) const RENEWAL_REFUSED: Finding = Finding {
    id: "session.renewal-refused",
    check: "session.renewal",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "IAM Identity Center refused to renew the session: it has reached its maximum duration, or was ended elsewhere.",
    repair: "Sign in: `nsaccess login NAMESPACE`.",
};

pub(crate) const UNREACHABLE: Finding = Finding {
    id: "session.unreachable",
    check: "session.renewal",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "IAM Identity Center is unreachable: there is no network, its name does not resolve, or a proxy or firewall blocks it.",
    repair: "Check the network and HTTPS_PROXY, then run doctor again.",
};

pub(crate) const TIMEOUT: Finding = Finding {
    id: "session.timeout",
    check: "session.renewal",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "IAM Identity Center did not respond within 5 seconds: the network or something in between drops packets.",
    repair: "Check the network, the VPN and HTTPS_PROXY, then run doctor again.",
};

pub(crate) const UNTRUSTED: Finding = Finding::fail(
    "session.untrusted",
    "session.renewal",
    "The server's certificate is not AWS's, and this machine does not trust its CA. Usually your organisation's proxy inspects TLS.",
    "Set AWS_CA_BUNDLE to a PEM file with your organisation's CA: `export AWS_CA_BUNDLE=FILE`.",
);

/// Shorter than this is too short to be called good.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// What the file of the session holds.
#[derive(Debug)]
pub(crate) enum TokenFile<'a> {
    Absent,
    /// Its path and why it cannot be used.
    Unusable {
        path: String,
        reason: String,
    },
    /// A token, and why its session is over, if it is.
    Found {
        token: &'a SsoToken,
        over: Option<String>,
    },
}

/// Whether the stored session is of this portal, and is valid or can be renewed.
pub(crate) fn judge_token(file: &TokenFile<'_>, portal: &Portal, namespace: &str, now: Timestamp) -> Judgement {
    let login = format!("nsaccess login {namespace}");
    let fail = |finding, message: &str| Problem::of(finding, message).try_next(&login).repair(Repair::Login);
    let (token, over) = match file {
        TokenFile::Absent => {
            return Judgement::problem(
                fail(&MISSING, "you are not signed in").because(format!("no session for {}", portal.start_url)),
            );
        }
        TokenFile::Unusable { path, reason } => {
            return Judgement::problem(
                fail(&UNREADABLE, "the stored session cannot be read").because(format!("{path}: {reason}")),
            );
        }
        TokenFile::Found { token, over } => (token, over),
    };
    if let Some(why) = of_another_portal(token, portal) {
        return Judgement::problem(fail(&OTHER_PORTAL, "the stored session belongs to another portal").because(why));
    }
    let state = judge(token, now, MARGIN);
    if let (Some(why), false) = (over, matches!(state, TokenState::Over { .. })) {
        return Judgement::problem(fail(&REFUSED, "the portal no longer accepts the session").because(why));
    }
    let until = format!("valid until {:.0}", token.expires_at);
    match state {
        TokenState::Over { reason } => {
            Judgement::problem(fail(&OVER, "the session has expired").because(reason.to_string()))
        }
        TokenState::Refreshable { reason } => Judgement::ok(format!("will be renewed: {reason}")),
        TokenState::Fresh if token.refresh.is_none() => Judgement::problem(
            Problem::of(&NOT_RENEWABLE, "the session works but cannot be renewed")
                .because(TokenReason::NoRefreshToken { at: token.expires_at }.to_string())
                .try_next(format!("{login} --force")),
        ),
        TokenState::Fresh => Judgement::ok(until),
    }
    .fact(format!("start URL {}, region {}", portal.start_url, portal.region))
}

fn of_another_portal(token: &SsoToken, portal: &Portal) -> Option<String> {
    Some(match portal.difference(token)? {
        Difference::StartUrl(other) => format!("it belongs to {other}, not {}", portal.start_url),
        Difference::Region(other) => format!("it belongs to the region {other}, not {}", portal.region),
    })
}

/// Whether the session could be renewed. `None`: no response in time, from this host.
pub(crate) fn judge_renewal(renewed: Result<&'static str, Option<&Error>>, host: &str, namespace: &str) -> Judgement {
    let error = match renewed {
        Ok(seen) => return Judgement::ok(seen),
        Err(None) => {
            return Judgement::problem(
                Problem::of(&TIMEOUT, format!("{host} did not respond within 5 seconds"))
                    .try_next(wait_for_network(namespace)),
            );
        }
        Err(Some(error)) => error,
    };
    let problem = match error.kind {
        Kind::NotSignedIn => Problem::of(&RENEWAL_REFUSED, "the session cannot be renewed")
            .try_next(format!("nsaccess login {namespace}"))
            .repair(Repair::Login),
        Kind::Unreachable if error.because.iter().any(|why| is_untrusted_certificate(why)) => {
            let problem = Problem::of(&UNTRUSTED, format!("the certificate of {host} is not trusted"));
            return Judgement::problem(untrusted(problem, &error.because.join(": ")));
        }
        Kind::Unreachable => {
            Problem::of(&UNREACHABLE, format!("cannot reach {host}")).try_next(wait_for_network(namespace))
        }
        _ => return Judgement::unknown(error.to_string()),
    };
    Judgement::problem(error.because.iter().fold(problem, |problem, why| problem.because(why)))
}
