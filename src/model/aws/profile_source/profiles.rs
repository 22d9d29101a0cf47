//! The profiles of both files as one: a value in `~/.aws/credentials` counts more than the one in `~/.aws/config`.

use aws_config_edit::{AwsConfig, Section};

/// The profiles of `~/.aws/config` and `~/.aws/credentials`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profiles<'a> {
    pub(crate) config: &'a AwsConfig,
    pub(crate) credentials: &'a AwsConfig,
}

impl<'a> Profiles<'a> {
    pub(crate) fn has(self, name: &str) -> bool {
        self.config.profile(name).is_some() || self.credentials.headed(name).is_some()
    }

    /// A value of a profile, if it is not empty.
    pub(crate) fn get(self, name: &str, key: &str) -> Option<&'a str> {
        self.in_credentials(name, key).or_else(|| self.in_config(name, key))
    }

    pub(super) fn in_credentials(self, name: &str, key: &str) -> Option<&'a str> {
        value(self.credentials.headed(name), key)
    }

    pub(super) fn in_config(self, name: &str, key: &str) -> Option<&'a str> {
        value(self.config.profile(name), key)
    }

    pub(super) fn session(self, name: &str) -> Option<&'a Section> {
        self.config.sso_session(name)
    }

    /// All names, in the order of the files.
    pub(crate) fn names(self) -> impl Iterator<Item = &'a str> {
        let in_credentials = self.credentials.headers().filter(move |name| self.credentials.headed(name).is_some());
        self.config.profile_names().chain(in_credentials)
    }

    pub(super) fn assumes_role(self, name: &str) -> bool {
        self.get(name, "role_arn").is_some() && self.get(name, "web_identity_token_file").is_none()
    }

    pub(super) fn has_keys(self, name: &str) -> bool {
        ["aws_access_key_id", "aws_secret_access_key"].iter().any(|key| self.get(name, key).is_some())
    }
}

fn value<'a>(section: Option<&'a Section>, key: &str) -> Option<&'a str> {
    section?.get(key).filter(|value| !value.is_empty())
}
