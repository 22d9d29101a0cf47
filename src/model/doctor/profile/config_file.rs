//! `~/.aws/config`, as its checks look at it.

use aws_config_edit::{AwsConfig, Section};

use crate::model::shell;

/// The file, and the profile in it that is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConfigFile<'a> {
    pub(crate) config: &'a AwsConfig,
    /// The path, for commands.
    pub(crate) path: &'a str,
    /// The path, for people.
    pub(crate) shown: &'a str,
    /// The name of the profile.
    pub(crate) profile: &'a str,
    pub(crate) namespace: &'a str,
    /// The profile of the person's own that the identity is of, if no profile is written for it.
    pub(crate) own: Option<&'a str>,
}

impl<'a> ConfigFile<'a> {
    pub(super) fn section(&self) -> Option<&'a Section> {
        self.config.profile(self.profile)
    }

    /// The sso-session that the profile names, and its section if there is one.
    pub(super) fn session(&self) -> Option<(&'a str, Option<&'a Section>)> {
        let name = self.section()?.get("sso_session")?;
        Some((name, self.config.sso_session(name)))
    }

    /// The role that the profile assumes.
    pub(super) fn role(&self) -> Option<&'a str> {
        let section = self.section()?;
        // Beside a permission set it is a slip, which has a finding of its own.
        section.get("role_arn").filter(|_| section.get("sso_account_id").is_none())
    }

    /// Why no portal is needed, if none is.
    pub(super) fn without_portal(&self) -> Option<String> {
        match (self.own, self.role()) {
            (Some(own), _) => Some(format!("credentials come from the profile {own}")),
            (None, Some(role)) => Some(format!("the profile assumes the role {role}")),
            (None, None) => None,
        }
    }

    /// The command that opens a line in an editor.
    pub(super) fn open(&self, line: usize) -> String {
        shell::edit(self.path, Some(line))
    }

    pub(super) fn login(&self) -> String {
        format!("nsaccess login {}", self.namespace)
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::model::doctor::judgement::Judgement;

    /// A profile that is in order, with its session in lines 1 to 4 and itself in lines 5 to 9.
    pub(crate) const GOOD: &str = "[sso-session corp]\nsso_start_url = https://x/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n[profile idp-ns-a]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = idp-ns-a\nregion = eu-west-1\n";

    /// A profile that assumes a role.
    pub(crate) const ROLE: &str = "[profile idp-ns-a]\nrole_arn = arn:aws:iam::111122223333:role/devs\nsource_profile = corp\nregion = eu-west-1\n";

    /// Ids and first commands of what a judge finds in a text.
    pub(crate) fn found(text: &str, judge: impl Fn(&ConfigFile<'_>) -> Judgement) -> Vec<(&'static str, String)> {
        let config = aws_config_edit::parse(text).expect("a config");
        let file = ConfigFile {
            config: &config,
            path: "/h/config",
            shown: "~/config",
            profile: "idp-ns-a",
            namespace: "a",
            own: None,
        };
        let judged = judge(&file);
        judged.problems.into_iter().map(|problem| (problem.finding.id, problem.try_next[0].clone())).collect()
    }
}
