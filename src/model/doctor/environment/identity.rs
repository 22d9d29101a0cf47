//! Whom the variables make the AWS CLI act as.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::shell::quote;

pub(super) const FINDINGS: &[&Finding] = &[&KEYS, &OTHER_PROFILE, &MISSING_PROFILE];

pub(crate) const KEYS: Finding = Finding::warn(
    "environment.keys",
    "environment.identity",
    "AWS_ACCESS_KEY_ID is set. The AWS CLI and the SDKs use these keys unless --profile is given, even if AWS_PROFILE is set. kubectl with nsaccess is not affected.",
    "Unset the keys: `unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN`, or pass --profile.",
);

pub(crate) const OTHER_PROFILE: Finding = Finding::warn(
    "environment.other-profile",
    "environment.identity",
    "AWS_PROFILE or AWS_DEFAULT_PROFILE is set to a different profile than the namespace's, and the AWS CLI and the SDKs use that one. kubectl with nsaccess is not affected.",
    "Set the variable to the namespace's profile, as shown in the report, or unset it.",
);

pub(crate) const MISSING_PROFILE: Finding = Finding::warn(
    "environment.missing-profile",
    "environment.identity",
    "AWS_PROFILE or AWS_DEFAULT_PROFILE is set to a profile that does not exist, so every AWS CLI command without --profile fails. kubectl with nsaccess is not affected.",
    "Unset or correct the variable.",
);

/// What the variables say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Variables<'a> {
    /// Whether `nsaccess shell` or `exec` set them.
    pub(crate) is_inside: bool,
    pub(crate) has_keys: bool,
    pub(crate) profile: Option<&'a str>,
    pub(crate) default_profile: Option<&'a str>,
}

impl<'a> Variables<'a> {
    /// The variable that counts, and the profile that it names. botocore looks for the older name first.
    fn named(&self) -> Option<(&'static str, &'a str)> {
        let default_profile = self.default_profile.map(|name| ("AWS_DEFAULT_PROFILE", name));
        default_profile.or(self.profile.map(|name| ("AWS_PROFILE", name)))
    }
}

/// Whether the AWS CLI acts as the namespace's profile, or as the one that nobody chose.
pub(crate) fn judge_identity(variables: Variables<'_>, own: &str, exists: impl Fn(&str) -> bool) -> Judgement {
    if variables.is_inside {
        return Judgement::ok("set by nsaccess for this shell");
    }
    if variables.has_keys {
        let problem = Problem::of(&KEYS, "the AWS CLI uses the keys in AWS_ACCESS_KEY_ID")
            .because("they take precedence over AWS_PROFILE and the default profile")
            .try_next("unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN");
        return Judgement::problem(problem);
    }
    match variables.named() {
        None => Judgement::ok("no variables set"),
        Some((variable, name)) if name == own => Judgement::ok(format!("{variable}={name}")),
        Some((variable, name)) if exists(name) => Judgement::problem(
            Problem::of(&OTHER_PROFILE, format!("the AWS CLI uses the profile {name} instead of {own}"))
                .because(format!("{variable} is set; kubectl is not affected"))
                .try_next(format!("export {variable}={}", quote(own))),
        ),
        Some((variable, name)) => Judgement::problem(
            Problem::of(&MISSING_PROFILE, format!("{variable} is set to the profile {name}, which does not exist"))
                .because("every AWS CLI command without --profile fails")
                .try_next(format!("unset {variable}")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(variables: Variables<'_>) -> Option<(&'static str, String)> {
        let judged = judge_identity(variables, "idp-ns-a", |name| name != "gone");
        judged.problems.into_iter().next().map(|problem| (problem.finding.id, problem.try_next[0].clone()))
    }

    #[test]
    fn whom_the_aws_cli_acts_as_is_told_if_it_is_somebody_else() {
        let none = Variables::default();
        let profile = |name| Variables { profile: Some(name), ..none };
        assert_eq!(judged(none), None);
        assert_eq!(judged(profile("idp-ns-a")), None);
        let other = Some((OTHER_PROFILE.id, "export AWS_PROFILE=idp-ns-a".to_owned()));
        assert_eq!(judged(profile("admin")), other);
        assert_eq!(judged(profile("gone")), Some((MISSING_PROFILE.id, "unset AWS_PROFILE".to_owned())));
        // The older name counts first.
        let both = Variables { default_profile: Some("admin"), ..profile("idp-ns-a") };
        assert_eq!(judged(both), Some((OTHER_PROFILE.id, "export AWS_DEFAULT_PROFILE=idp-ns-a".to_owned())));
        let keys = Variables { has_keys: true, ..profile("idp-ns-a") };
        assert_eq!(judged(keys).map(|found| found.0), Some(KEYS.id));
        assert_eq!(judged(Variables { is_inside: true, ..keys }), None);
    }
}
