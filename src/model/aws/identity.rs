//! Whose credentials an access has.

use std::fmt;

use aws_config_edit::{plain_start_url, same_start_url};

use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::aws::target::Portal;

/// Whose credentials an access has, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// A portal gives them.
    PermissionSet(PermissionSet),
    /// A profile's credentials assume a role.
    Role { role: RoleToAssume, source_profile: String },
    /// A profile's own.
    Profile(String),
}

/// A permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PermissionSet {
    pub(crate) portal: Portal,
    /// Twelve digits.
    pub(crate) account: String,
    pub(crate) name: String,
}

/// What tells one identity from another in our cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdentityKey {
    /// Of the portal; empty where none gives the credentials.
    pub(crate) start_url: String,
    pub(crate) account: String,
    /// The permission set's name, the role's ARN, or nothing.
    pub(crate) role: String,
    /// The profile that the credentials come from, and how; empty for those of a portal.
    pub(crate) source: String,
}

impl Identity {
    /// Where its person signs in, if a portal gives it.
    pub(crate) fn portal(&self) -> Option<&Portal> {
        match self {
            Identity::PermissionSet(set) => Some(&set.portal),
            Identity::Role { .. } | Identity::Profile(_) => None,
        }
    }

    /// Twelve digits, if it tells.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Identity::PermissionSet(set) => Some(&set.account),
            Identity::Role { role, .. } => role.account(),
            Identity::Profile(_) => None,
        }
    }

    /// The permission set's or role's name.
    pub(crate) fn role(&self) -> Option<&str> {
        match self {
            Identity::PermissionSet(set) => Some(&set.name),
            Identity::Role { role, .. } => Some(role.name()),
            Identity::Profile(_) => None,
        }
    }

    /// The profile that its credentials come from.
    pub(crate) fn source_profile(&self) -> Option<&str> {
        match self {
            Identity::PermissionSet(_) => None,
            Identity::Role { source_profile, .. } => Some(source_profile),
            Identity::Profile(name) => Some(name),
        }
    }

    /// Who it is, in short: `the role idp-ns-idp-dev`.
    pub(crate) fn who(&self) -> String {
        match (self, self.role()) {
            (Identity::Profile(name), _) => format!("the identity of the profile {name}"),
            (_, role) => format!("the role {}", role.unwrap_or_default()),
        }
    }

    pub(crate) fn key(&self) -> IdentityKey {
        match self {
            Identity::PermissionSet(PermissionSet { portal, account, name }) => IdentityKey {
                start_url: portal.start_url.clone(),
                account: account.clone(),
                role: name.clone(),
                source: String::new(),
            },
            Identity::Role { role, source_profile } => IdentityKey {
                start_url: String::new(),
                account: role.account().unwrap_or_default().to_owned(),
                role: role.arn.clone(),
                source: how(role, source_profile),
            },
            Identity::Profile(name) => IdentityKey {
                start_url: String::new(),
                account: String::new(),
                role: String::new(),
                source: name.clone(),
            },
        }
    }
}

/// Sessions that were assumed in another way are others: CloudTrail and conditions see it.
fn how(role: &RoleToAssume, source_profile: &str) -> String {
    let RoleToAssume { external_id, mfa_serial, session_name, duration, .. } = role;
    let duration = duration.map(|seconds| seconds.to_string());
    let options = [external_id, mfa_serial, session_name, &duration];
    let options = options.map(|option| option.as_deref().unwrap_or_default().to_owned());
    format!("{source_profile}\n{}", options.join("\n"))
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::PermissionSet(PermissionSet { account, name, .. }) => write!(f, "{name} in account {account}"),
            Identity::Role { role, source_profile } => {
                let account = role.account().unwrap_or_default();
                write!(f, "{} in account {account}, assumed by the profile {source_profile}", role.name())
            }
            Identity::Profile(name) => write!(f, "the profile {name}"),
        }
    }
}

impl IdentityKey {
    /// Whether it is the same identity: a portal's start URL has several spellings.
    pub(crate) fn is(&self, other: &IdentityKey) -> bool {
        let same_portal = self.start_url == other.start_url || same_start_url(&self.start_url, &other.start_url);
        same_portal && self.account == other.account && self.role == other.role && self.source == other.source
    }

    /// One text for one identity.
    pub(crate) fn text(&self) -> String {
        let mut parts = vec![plain_start_url(&self.start_url), self.account.clone(), self.role.clone()];
        // The names of files with a portal's credentials stay what they were.
        parts.extend((!self.source.is_empty()).then(|| self.source.clone()));
        parts.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(session_name: Option<&str>, source_profile: &str) -> Identity {
        Identity::Role {
            role: RoleToAssume {
                arn: "arn:aws:iam::123456789012:role/teams/k8s-devs-role".into(),
                external_id: None,
                mfa_serial: None,
                session_name: session_name.map(str::to_owned),
                duration: Some(900),
            },
            source_profile: source_profile.into(),
        }
    }

    #[test]
    fn identities_differ_by_how_they_are_assumed() {
        let one = role(None, "corp").key();
        assert!(one.is(&role(None, "corp").key()));
        for other in [role(Some("ada"), "corp"), role(None, "other"), Identity::Profile("corp".into())] {
            assert!(!one.is(&other.key()) && one.text() != other.key().text(), "{other}");
        }
    }

    #[test]
    fn it_says_who_it_is() {
        let role = role(None, "corp");
        assert_eq!(role.to_string(), "k8s-devs-role in account 123456789012, assumed by the profile corp");
        assert_eq!((role.who().as_str(), role.account()), ("the role k8s-devs-role", Some("123456789012")));
        let profile = Identity::Profile("corp".into());
        assert_eq!((profile.who().as_str(), profile.account()), ("the identity of the profile corp", None));
    }
}
