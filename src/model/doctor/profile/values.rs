//! The profile itself: whether it is there, is complete, and its values are valid.

use super::config_file::ConfigFile;
use crate::error::Error;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};

pub(super) const FINDINGS: &[&Finding] = &[&MISSING, &INCOMPLETE, &BAD_VALUE];

pub(crate) const MISSING: Finding = Finding::fail(
    "profile.missing",
    "profile.exists",
    "The namespace has no profile in ~/.aws/config: you have not logged in to it on this machine, or the profile was removed.",
    "Log in: `nsaccess login NAMESPACE`.",
);

pub(crate) const INCOMPLETE: Finding = Finding::fail(
    "profile.incomplete",
    "profile.values",
    "The profile has no account or no permission set, or has a role but no source profile, so no credentials can be requested.",
    "Rewrite it: `nsaccess login NAMESPACE`.",
);

pub(crate) const BAD_VALUE: Finding = Finding::fail(
    "profile.bad-value",
    "profile.values",
    "A value in the profile or its sso-session is invalid: an account has 12 digits, a region looks like eu-west-1, a start URL begins with https, a role is an ARN. A comment after a value is part of the value.",
    "Correct the line. The command shown in the report opens it.",
);

/// Whether the namespace has a profile.
pub(crate) fn judge_exists(file: &ConfigFile<'_>) -> Judgement {
    if let Some(own) = file.own {
        return Judgement::ok(format!("{own} (your own profile)"));
    }
    if file.section().is_some() {
        return Judgement::ok(file.profile);
    }
    Judgement::problem(
        Problem::of(&MISSING, format!("profile {} not found", file.profile))
            .because(format!("it is not in {}", file.shown))
            .try_next(file.login())
            .repair(Repair::Login),
    )
}

/// Whether its values are valid. `checked`: the refusal of the first value that is not.
pub(crate) fn judge_values(file: &ConfigFile<'_>, checked: Result<(), &Error>) -> Judgement {
    if let Err(error) = checked {
        return Judgement::problem(Problem::of_error(&BAD_VALUE, error));
    }
    let value = |key| file.section().and_then(|section| section.get(key)).filter(|value| !value.is_empty());
    let region = value("region").map(|region| format!(", {region}")).unwrap_or_default();
    if let Some(own) = file.own {
        return Judgement::ok(format!("from the profile {own}"));
    }
    if let Some(role) = file.role() {
        return match value("source_profile") {
            Some(source) => Judgement::ok(format!("{role}, assumed by {source}{region}")),
            None => Judgement::problem(
                Problem::of(&INCOMPLETE, format!("the profile {} has role_arn but no source_profile", file.profile))
                    .because("the credentials that assume the role are not specified")
                    .try_next(format!("{} --source-profile PROFILE", file.login())),
            ),
        };
    }
    let missing: Vec<&str> =
        ["sso_account_id", "sso_role_name"].into_iter().filter(|key| value(key).is_none()).collect();
    if !missing.is_empty() {
        return Judgement::problem(
            Problem::of(&INCOMPLETE, format!("the profile {} has no {}", file.profile, missing.join(" and no ")))
                .try_next(file.login())
                .repair(Repair::Login),
        );
    }
    let (account, role) = (value("sso_account_id").unwrap_or_default(), value("sso_role_name").unwrap_or_default());
    Judgement::ok(format!("{role} in account {account}{region}"))
}

#[cfg(test)]
mod tests {
    use super::super::config_file::samples::{GOOD, ROLE, found};
    use super::*;

    #[test]
    fn a_profile_is_there_and_complete_or_login_writes_it() {
        let login = |id| vec![(id, "nsaccess login a".to_owned())];
        assert_eq!(found(GOOD, judge_exists), []);
        assert_eq!(found("[profile idp-ns-ab]\n", judge_exists), login(MISSING.id));
        let values = |text: &str| found(text, |file| judge_values(file, Ok(())));
        assert_eq!(values(GOOD), []);
        assert_eq!(values(&GOOD.replace("sso_account_id = 111122223333\n", "")), login(INCOMPLETE.id));
        assert_eq!(values(&GOOD.replace("sso_role_name = idp-ns-a", "sso_role_name =")), login(INCOMPLETE.id));
        assert_eq!(values(ROLE), []);
        let without = values(&ROLE.replace("source_profile = corp\n", ""));
        assert_eq!(without, [(INCOMPLETE.id, "nsaccess login a --source-profile PROFILE".to_owned())]);
        let error = Error::usage("cannot use ~/.aws/config").because("line 7: x").try_next("vi +7 x");
        let refused = found(GOOD, |file| judge_values(file, Err(&error)));
        assert_eq!(refused, [(BAD_VALUE.id, "vi +7 x".to_owned())]);
    }
}
