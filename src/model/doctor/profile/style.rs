//! One kind of credentials in one profile.

use aws_config_edit::{OUTRANKING, OUTRANKING_ROLE};

use super::config_file::ConfigFile;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};

pub(super) const FINDINGS: &[&Finding] = &[&MIXED, &LOGIN_SESSION, &INCONSISTENT, &DUPLICATE];

pub(crate) const MIXED: Finding = Finding::fail(
    "profile.mixed-credentials",
    "profile.style",
    "The profile has credentials of another kind in addition to its permission set or role. Tools disagree about which to use, so some act as a different identity. login refuses to write such a profile.",
    "Remove the line. The command shown in the report opens it.",
);

pub(crate) const LOGIN_SESSION: Finding = Finding::warn(
    "profile.login-session",
    "profile.style",
    "`aws login` wrote login_session into the profile. The AWS CLI prefers the IAM Identity Center settings; other tools may not.",
    "Remove the line. The command shown in the report opens it.",
);

pub(crate) const INCONSISTENT: Finding = Finding::fail(
    "profile.inconsistent",
    "profile.style",
    "A key has different values in the profile and in its sso-session. The AWS CLI and boto3 reject such a profile.",
    "For the start URL and its region, `nsaccess login NAMESPACE` removes them from the profile. Correct any other key by hand.",
);

pub(crate) const DUPLICATE: Finding = Finding::warn(
    "profile.duplicate",
    "profile.duplicates",
    "Two sections define the profile or its sso-session, spelled differently. The AWS CLI uses the last one, other tools may use the first. login refuses to change either.",
    "Remove the wrong one. The command shown in the report opens it.",
);

const PROCESS: &str = "credential_process";

/// Whether the profile has one kind of credentials only.
pub(crate) fn judge_style(file: &ConfigFile<'_>) -> Judgement {
    let Some(section) = file.section() else { return Judgement::ok("") };
    let mut problems = Vec::new();
    let (others, own): (&[&str], _) = match file.role() {
        Some(_) => (&OUTRANKING_ROLE, "role"),
        None => (&OUTRANKING, "permission set"),
    };
    let is_foreign = |key: &str| others.contains(&key) || ["aws_session_token", PROCESS].contains(&key);
    let foreign: Vec<&str> = section.values().map(|(key, _)| key).filter(|key| is_foreign(key)).collect();
    if let Some(first) = foreign.first() {
        let message = format!("the profile {} has both {} and a {own}", file.profile, foreign.join(", "));
        let problem =
            Problem::of(&MIXED, message).because("some AWS tools use the former and act as a different identity");
        problems.push(problem.try_next(file.open(section.line_of(first).unwrap_or(section.line()))));
    }
    if let Some(line) = section.line_of("login_session") {
        let message = format!("the profile {} has both login_session and a {own}", file.profile);
        problems.push(Problem::of(&LOGIN_SESSION, message).try_next(file.open(line)));
    }
    problems.extend(inconsistent(file));
    Judgement::of(problems, if file.role().is_some() { "assumed role" } else { "IAM Identity Center" })
}

fn inconsistent(file: &ConfigFile<'_>) -> Option<Problem> {
    let (section, (name, session)) = (file.section()?, file.session()?);
    let differs = |(key, value): &(&str, &str)| section.get(key).is_some_and(|own| own != *value);
    let (key, value) = session?.values().find(differs)?;
    let own = section.get(key).unwrap_or_default();
    let problem =
        Problem::of(&INCONSISTENT, format!("{key} is {own} in the profile, but {value} in the sso-session {name}"))
            .because("the AWS CLI rejects such a profile");
    Some(match key {
        "sso_start_url" | "sso_region" => problem.try_next(file.login()).repair(Repair::Login),
        _ => problem.try_next(file.open(section.line_of(key).unwrap_or(section.line()))),
    })
}

/// Whether a section of the same name is defined twice, spelled differently.
pub(crate) fn judge_duplicates(file: &ConfigFile<'_>) -> Judgement {
    let session = file.session().map(|(name, _)| (format!("sso-session {name}"), file.config.sso_session_lines(name)));
    let profile = (format!("profile {}", file.profile), file.config.profile_lines(file.profile));
    let problem = |(what, lines): (String, Vec<usize>)| {
        let (last, others) = lines.split_last().filter(|(_, others)| !others.is_empty())?;
        let message = format!("{what} is defined twice, on lines {} and {last}", others[0]);
        let problem = Problem::of(&DUPLICATE, message).because(format!("the AWS CLI uses the one on line {last}"));
        Some(problem.try_next(file.open(others[0])))
    };
    Judgement::of([profile].into_iter().chain(session).filter_map(problem).collect(), "none")
}

#[cfg(test)]
mod tests {
    use super::super::config_file::samples::{GOOD, ROLE, found};
    use super::*;

    fn with(line: &str) -> Vec<(&'static str, String)> {
        found(&format!("{GOOD}{line}\n"), judge_style)
    }

    fn line_10(id: &'static str) -> Vec<(&'static str, String)> {
        vec![(id, "${EDITOR:-vi} +10 /h/config".to_owned())]
    }

    #[test]
    fn other_kinds_of_credentials_are_named_with_their_line() {
        for key in ["role_arn", "source_profile", "credential_process", "aws_access_key_id", "web_identity_token_file"]
        {
            assert_eq!(with(&format!("{key} = x")), line_10(MIXED.id), "{key}");
        }
        assert_eq!(with("login_session = arn:aws:iam::1:user/x"), line_10(LOGIN_SESSION.id));
        for good in ["output = json", "sso_start_url = https://x/start", "role_session_name = x", "# role_arn = x"] {
            assert_eq!(with(good), [], "{good}");
        }
    }

    #[test]
    fn a_role_has_its_own_keys_and_no_others() {
        assert_eq!(found(&format!("{ROLE}external_id = x\nmfa_serial = y\n"), judge_style), []);
        for key in ["sso_session", "credential_process", "aws_access_key_id", "credential_source"] {
            let other = found(&format!("{ROLE}{key} = x\n"), judge_style);
            assert_eq!(other, [(MIXED.id, "${EDITOR:-vi} +5 /h/config".to_owned())], "{key}");
        }
    }

    #[test]
    fn what_profile_and_session_both_say_is_the_same() {
        let login = vec![(INCONSISTENT.id, "nsaccess login a".to_owned())];
        assert_eq!(with("sso_region = us-east-1"), login);
        assert_eq!(with("sso_start_url = https://y/start"), login);
        assert_eq!(with("sso_registration_scopes = x"), line_10(INCONSISTENT.id));
    }

    #[test]
    fn two_spellings_of_a_name_are_a_duplicate() {
        let found_in = |text: &str| found(text, judge_duplicates);
        assert_eq!(found_in(GOOD), []);
        let profile = format!("{GOOD}[profile \"idp-ns-a\"]\n");
        assert_eq!(found_in(&profile), [(DUPLICATE.id, "${EDITOR:-vi} +5 /h/config".to_owned())]);
        let session = format!("{GOOD}[sso-session 'corp']\n");
        assert_eq!(found_in(&session), [(DUPLICATE.id, "${EDITOR:-vi} +1 /h/config".to_owned())]);
        assert_eq!(found_in(&format!("{GOOD}[profile other]\n[profile 'other']\n")), [], "not ours");
    }
}
