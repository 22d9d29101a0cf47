//! Why a profile gives no credentials, as far as the files tell.

use super::Profiles;
use crate::error::{Error, Kind};
use crate::model::aws::access_keys::UnusableKeys;
use crate::model::kube::namespace::similar;
use crate::model::shell::{self, quote};

/// What is wrong with a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceFault {
    NoSuchProfile {
        name: String,
        /// The profile whose `source_profile` it is.
        wanted_by: Option<String>,
        similar: Option<String>,
    },
    /// It has neither keys nor a way to get some.
    Nothing {
        profile: String,
    },
    Incomplete {
        profile: String,
        key: String,
    },
    UnusableKeys {
        profile: String,
        unusable: UnusableKeys,
    },
    /// `source_profile` and `credential_source`.
    TwoSources {
        profile: String,
    },
    NoSource {
        profile: String,
    },
    UnknownMachineSource {
        profile: String,
        value: String,
    },
    /// Profiles that assume roles with one another's credentials.
    Circle {
        profiles: Vec<String>,
    },
    NoSuchSession {
        profile: String,
        session: String,
    },
    /// The profile and its sso-session say different things.
    Contradiction {
        profile: String,
        key: String,
        values: [String; 2],
    },
}

impl SourceFault {
    pub(super) fn no_such(profiles: Profiles<'_>, name: &str, wanted_by: Option<&str>) -> Self {
        SourceFault::NoSuchProfile {
            name: name.to_owned(),
            wanted_by: wanted_by.map(str::to_owned),
            similar: similar(name, profiles.names().filter(|other| *other != name)).map(str::to_owned),
        }
    }

    pub(super) fn incomplete(profile: &str, key: &str) -> Self {
        SourceFault::Incomplete { profile: profile.to_owned(), key: key.to_owned() }
    }

    /// In words. `shown` and `path` are the file of the profiles: for a sentence, and for a command.
    pub(crate) fn into_error(self, shown: &str, path: &str) -> Error {
        let of = |profile: &str| Error::usage(format!("AWS profile {profile:?} has no usable credentials"));
        let open = shell::edit(path, None);
        match self {
            SourceFault::NoSuchProfile { name, wanted_by, similar } => {
                let mut error = Error::new(Kind::NotFound, format!("AWS profile {name:?} is not defined in {shown}"));
                if let Some(profile) = wanted_by {
                    error = error.because(format!("it is the source_profile of AWS profile {profile:?}"));
                }
                if let Some(similar) = similar {
                    error = error.because(format!("did you mean {similar:?}?"));
                }
                error
                    .try_next("aws configure list-profiles")
                    .try_next(format!("aws configure sso --profile {}", quote(&name)))
            }
            SourceFault::Nothing { profile } => of(&profile)
                .because("it has no keys, no SSO role, no role to assume and no credential_process")
                .try_next(format!("aws configure --profile {}", quote(&profile))),
            SourceFault::Incomplete { profile, key } => of(&profile).because(format!("it has no {key}")).try_next(open),
            SourceFault::UnusableKeys { profile, unusable } => of(&profile)
                .because(unusable.to_string())
                .try_next(format!("aws configure --profile {}", quote(&profile))),
            SourceFault::TwoSources { profile } => of(&profile)
                .because("it has both source_profile and credential_source, but only one is allowed")
                .try_next(open),
            SourceFault::NoSource { profile } => {
                of(&profile).because("it has role_arn but neither source_profile nor credential_source").try_next(open)
            }
            SourceFault::UnknownMachineSource { profile, value } => of(&profile)
                .because(format!(
                    "its credential_source is `{value}`; it must be Environment, EcsContainer or Ec2InstanceMetadata"
                ))
                .try_next(open),
            SourceFault::Circle { profiles } => of(profiles.first().map_or("", String::as_str))
                .because(format!("its source_profile forms a loop: {}", profiles.join(" → ")))
                .try_next(open),
            SourceFault::NoSuchSession { profile, session } => of(&profile)
                .because(format!("its sso_session is {session}, but [sso-session {session}] does not exist"))
                .try_next(open),
            SourceFault::Contradiction { profile, key, values: [own, shared] } => {
                of(&profile).because(format!("its {key} is {own}, but its sso-session has {shared}")).try_next(open)
            }
        }
    }
}
