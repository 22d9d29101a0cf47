//! Why a profile gives no credentials, as far as the files tell.

use super::Profiles;
use crate::error::{Error, Kind};
use crate::model::kube::namespace::similar;

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

    /// In words; `config` is the file that the profiles are in, to be opened.
    pub(crate) fn into_error(self, config: &str) -> Error {
        let of = |profile: &str| Error::usage(format!("the AWS profile {profile} gives no credentials"));
        let open = format!("${{EDITOR:-vi}} {config}");
        match self {
            SourceFault::NoSuchProfile { name, wanted_by, similar } => {
                let mut error = Error::new(Kind::NotFound, format!("there is no AWS profile {name}"));
                if let Some(profile) = wanted_by {
                    error = error.because(format!("it is the source_profile of {profile}"));
                }
                if let Some(similar) = similar {
                    error = error.because(format!("did you mean {similar}?"));
                }
                error.try_next("aws configure list-profiles")
            }
            SourceFault::Nothing { profile } => of(&profile)
                .because("it has neither keys nor an SSO role, a role to assume or a credential_process")
                .try_next(format!("aws configure --profile {profile}")),
            SourceFault::Incomplete { profile, key } => of(&profile).because(format!("it has no {key}")).try_next(open),
            SourceFault::TwoSources { profile } => of(&profile)
                .because("it has a source_profile and a credential_source, and only one of them can count")
                .try_next(open),
            SourceFault::NoSource { profile } => of(&profile)
                .because("it has a role_arn, and neither a source_profile nor a credential_source to assume it with")
                .try_next(open),
            SourceFault::UnknownMachineSource { profile, value } => of(&profile)
                .because(format!(
                    "its credential_source `{value}` is none of Environment, EcsContainer and Ec2InstanceMetadata"
                ))
                .try_next(open),
            SourceFault::Circle { profiles } => of(profiles.first().map_or("", String::as_str))
                .because(format!("its source_profile leads in a circle: {}", profiles.join(" → ")))
                .try_next(open),
            SourceFault::NoSuchSession { profile, session } => of(&profile)
                .because(format!("its sso_session is {session}, and there is no [sso-session {session}]"))
                .try_next(open),
            SourceFault::Contradiction { profile, key, values: [own, shared] } => {
                of(&profile).because(format!("its {key} is {own}, and that of its sso-session {shared}")).try_next(open)
            }
        }
    }
}
