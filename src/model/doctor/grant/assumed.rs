//! Credentials that no portal gives: of a role that a profile's credentials assume, or the profile's own.

use crate::error::{Error, Kind, is_untrusted_certificate};
use crate::model::aws::assume_refusal::NEEDS_CODE;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::grant::UNTRUSTED;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(crate) const SOURCE_MISSING: Finding = Finding::fail(
    "grant.source-missing",
    "grant.assignment",
    "The source profile does not exist: it was renamed or removed, or its name is misspelled.",
    "Use the right one: `nsaccess login NAMESPACE --source-profile PROFILE`. `aws configure list-profiles` lists your profiles.",
);

pub(crate) const SOURCE_UNUSABLE: Finding = Finding::fail(
    "grant.source-unusable",
    "grant.assignment",
    "The source profile, or its role settings, cannot be used: a line is missing, profiles refer to each other in a circle, or the session duration exceeds what AWS allows.",
    "Correct the line shown in the report.",
);

pub(crate) const SOURCE_OVER: Finding = Finding::fail(
    "grant.source-over",
    "grant.assignment",
    "AWS no longer accepts the credentials of the source profile: its session has expired, or its access key was deleted or deactivated.",
    "Renew them with the command shown in the report, or create new keys.",
);

pub(crate) const CODE_NEEDED: Finding = Finding::fail(
    "grant.code-needed",
    "grant.assignment",
    "The role requires an MFA code, and its last session has expired. kubectl cannot prompt for a code, so it has no access until you enter one.",
    "Log in from a terminal: `nsaccess login NAMESPACE`.",
);

pub(crate) const NOT_ASSUMED: Finding = Finding {
    id: "grant.not-assumed",
    check: "grant.assignment",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "AWS does not allow you to assume the role. STS gives the same answer for a trust policy without you, a wrong or missing external ID, a missing MFA code, a policy without sts:AssumeRole, and a role that does not exist.",
    repair: "Compare the request shown in the report with the role's trust policy, or ask the owner of the role.",
};

pub(crate) const UNREACHABLE: Finding = Finding {
    id: "grant.source-unreachable",
    check: "grant.assignment",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "AWS STS or the source profile's portal is unreachable: there is no network, or a proxy or firewall blocks it.",
    repair: "Check the network and HTTPS_PROXY, then run doctor again.",
};

/// Whether only a person keeps the credentials from being had.
pub(crate) fn needs_code(error: &Error) -> bool {
    error.kind == Kind::NotSignedIn && error.message.ends_with(NEEDS_CODE)
}

/// Why there are no new credentials. `has_kept`: the last ones are still good, and a login would be content with them.
pub(crate) fn judge_assumed(error: &Error, has_kept: bool) -> Judgement {
    let finding = match error.kind {
        Kind::NotFound => &SOURCE_MISSING,
        Kind::Usage => &SOURCE_UNUSABLE,
        Kind::NotSignedIn if needs_code(error) => &CODE_NEEDED,
        Kind::NotSignedIn => &SOURCE_OVER,
        Kind::Denied => &NOT_ASSUMED,
        Kind::Unreachable if error.because.iter().any(|why| is_untrusted_certificate(why)) => &UNTRUSTED,
        Kind::Unreachable => &UNREACHABLE,
        _ => return Judgement::unknown(error.to_string()),
    };
    let problem = Problem::of_error(finding, error);
    // What the error says of doctor is done.
    let commands = problem.try_next.iter().filter(|command| !command.starts_with("nsaccess doctor"));
    let try_next = commands.map(|command| match command.starts_with("nsaccess login") && has_kept {
        true => format!("{command} --force"),
        false => command.clone(),
    });
    let try_next = try_next.collect();
    Judgement::problem(Problem { try_next, ..problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_a_finding_of_its_own() {
        let code = Error::new(Kind::NotSignedIn, format!("the role x {NEEDS_CODE}"));
        assert!(needs_code(&code));
        for (error, id) in [
            (Error::new(Kind::NotFound, "AWS profile \"crop\" is not defined"), SOURCE_MISSING.id),
            (Error::usage("the profile a names itself"), SOURCE_UNUSABLE.id),
            (Error::new(Kind::NotSignedIn, "not signed in"), SOURCE_OVER.id),
            (code, CODE_NEEDED.id),
            (Error::new(Kind::Denied, "no"), NOT_ASSUMED.id),
            (
                Error::new(Kind::Unreachable, "no").because("invalid peer certificate: its issuer is not trusted"),
                UNTRUSTED.id,
            ),
            (Error::new(Kind::Unreachable, "no").try_next("nsaccess doctor x"), UNREACHABLE.id),
        ] {
            let judged = judge_assumed(&error, false);
            assert_eq!(judged.problems[0].finding.id, id, "{error}");
            assert!(judged.problems[0].try_next.is_empty());
        }
        assert!(judge_assumed(&Error::failure("a crash"), false).problems.is_empty());
        let over = Error::new(Kind::NotSignedIn, "not signed in").try_next("nsaccess login a");
        assert_eq!(judge_assumed(&over, true).problems[0].try_next, ["nsaccess login a --force"]);
    }
}
