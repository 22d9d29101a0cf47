//! The sso-session that the profile names.

use super::config_file::ConfigFile;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::kube::namespace::similar;
use crate::model::shell::quote;

pub(super) const FINDINGS: &[&Finding] = &[&MISSING, &INCOMPLETE, &NO_SCOPES, &LEGACY, &NONE];

pub(crate) const MISSING: Finding = Finding::fail(
    "profile.sso-session-missing",
    "profile.sso-session",
    "The profile refers to an sso-session that does not exist in ~/.aws/config: it was renamed or removed, or its name is misspelled. No tool can sign in with this profile.",
    "Rewrite the profile: `nsaccess login NAMESPACE`. Or correct the name in an editor.",
);

pub(crate) const INCOMPLETE: Finding = Finding::fail(
    "profile.sso-session-incomplete",
    "profile.sso-session",
    "The sso-session has no start URL or no region, so nobody can sign in with it.",
    "Add the line. The command shown in the report opens the section.",
);

pub(crate) const NO_SCOPES: Finding = Finding::warn(
    "profile.no-scopes",
    "profile.sso-session",
    "The sso-session has no sso_registration_scopes, so a session created by the AWS CLI gets no refresh token and expires after 8 hours or less.",
    "Add the line `sso_registration_scopes = sso:account:access` to the section. The command shown in the report opens it. With version 2 of the AWS CLI: `aws configure set sso_registration_scopes sso:account:access --sso-session NAME`.",
);

pub(crate) const LEGACY: Finding = Finding::warn(
    "profile.legacy",
    "profile.sso-session",
    "The profile uses the legacy format, with the start URL in the profile instead of an sso-session. Tools then sign in without a refresh token, so the session cannot be renewed.",
    "Rewrite it: `nsaccess login NAMESPACE`.",
);

pub(crate) const NONE: Finding = Finding::fail(
    "profile.no-sso",
    "profile.sso-session",
    "The profile has neither an sso-session nor a start URL, so it is not an IAM Identity Center profile.",
    "Write it: `nsaccess login NAMESPACE`.",
);

const SCOPES: &str = "sso_registration_scopes = sso:account:access";

/// Whether the profile leads to a portal, and the session can be renewed.
pub(crate) fn judge_sso_session(file: &ConfigFile<'_>) -> Judgement {
    if let Some(why) = file.without_portal() {
        return Judgement::not_needed(why);
    }
    let by_login = |problem: Problem| Judgement::problem(problem.try_next(file.login()).repair(Repair::Login));
    let profile = file.profile;
    let Some((name, section)) = file.session() else {
        let names_portal = file.section().is_some_and(|section| section.get("sso_start_url").is_some());
        return by_login(match names_portal {
            true => Problem::of(&LEGACY, format!("the profile {profile} has a start URL but no sso-session")),
            false => Problem::of(&NONE, format!("the profile {profile} has neither sso_session nor sso_start_url")),
        });
    };
    let Some(section) = section else { return missing(file, name) };
    let lacks = |key: &&str| section.get(key).is_none_or(str::is_empty);
    let missing: Vec<&str> = ["sso_start_url", "sso_region"].into_iter().filter(lacks).collect();
    if !missing.is_empty() {
        let message = format!("the sso-session {name} has no {}", missing.join(" and no "));
        return Judgement::problem(Problem::of(&INCOMPLETE, message).try_next(file.open(section.line())));
    }
    let scopes = section.get("sso_registration_scopes").unwrap_or_default();
    if !scopes.split(',').any(|scope| scope.trim() == "sso:account:access") {
        return Judgement::problem(
            Problem::of(&NO_SCOPES, format!("the sso-session {name} does not request the scope sso:account:access"))
                .because("a session created by the AWS CLI cannot be renewed")
                .because(format!("[{}] has no line {SCOPES}", section.header()))
                .try_next(file.open(section.line_of("sso_registration_scopes").unwrap_or(section.line())))
                .try_next(format!(
                    "aws configure set sso_registration_scopes sso:account:access --sso-session {}   # AWS CLI v2",
                    quote(name)
                )),
        );
    }
    Judgement::ok(format!("{name} ({})", section.get("sso_start_url").unwrap_or_default()))
}

fn missing(file: &ConfigFile<'_>, name: &str) -> Judgement {
    let names: Vec<&str> = file.config.sso_sessions().filter_map(|section| section.name()).collect();
    let problem = Problem::of(&MISSING, format!("the profile refers to the sso-session {name}, which does not exist"));
    Judgement::problem(match similar(name, names.iter().copied()) {
        Some(near) => {
            let line = file.section().and_then(|section| section.line_of("sso_session")).unwrap_or(1);
            let problem = problem.because(format!("did you mean {near}?")).try_next(file.login());
            problem.try_next(file.open(line)).repair(Repair::Login)
        }
        None => problem.try_next(file.login()).repair(Repair::Login),
    })
}

#[cfg(test)]
mod tests {
    use super::super::config_file::samples::{GOOD, ROLE, found};
    use super::*;

    fn ids(text: &str) -> Vec<&'static str> {
        found(text, judge_sso_session).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn the_session_is_there_complete_and_renewable() {
        assert_eq!(ids(GOOD), [] as [&str; 0]);
        assert_eq!(ids(ROLE), [] as [&str; 0]);
        let scopes = "sso_registration_scopes = sso:account:access";
        assert_eq!(ids(&GOOD.replace(scopes, "sso_registration_scopes = openid, sso:account:access")), [] as [&str; 0]);
        assert_eq!(ids(&GOOD.replace(scopes, "sso_registration_scopes = openid")), [NO_SCOPES.id]);
        assert_eq!(ids(&GOOD.replace(scopes, "")), [NO_SCOPES.id]);
        assert_eq!(ids(&GOOD.replace("sso_region = eu-west-1", "")), [INCOMPLETE.id]);
        assert_eq!(ids(&GOOD.replace("sso_session = corp", "")), [NONE.id]);
        assert_eq!(ids(&GOOD.replace("sso_session = corp", "sso_start_url = https://x/start")), [LEGACY.id]);
    }

    #[test]
    fn a_session_that_is_not_there_may_be_misspelt() {
        let misspelt = found(&GOOD.replace("sso_session = corp", "sso_session = crop"), judge_sso_session);
        assert_eq!(misspelt, [(MISSING.id, "nsaccess login a".to_owned())]);
        let other = found(&GOOD.replace("sso_session = corp", "sso_session = acme-global"), judge_sso_session);
        assert_eq!(other, [(MISSING.id, "nsaccess login a".to_owned())]);
    }
}
