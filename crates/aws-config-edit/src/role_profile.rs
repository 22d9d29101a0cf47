//! Profiles that stand for a role: assumed by the reader of the file, or by a program that it runs.

use crate::edit::Edit;
use crate::header::{self, Class};
use crate::lines::is_space;
use crate::{Entry, Error, parse};

/// A profile whose credentials come from a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleProfile {
    /// The name in the section's header.
    pub name: String,
    /// The profile whose credentials assume the role.
    pub source_profile: String,
    /// How AWS tools get the credentials.
    pub source: RoleSource,
    /// The default region of AWS calls.
    pub region: Option<String>,
}

/// How AWS tools get the credentials of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleSource {
    /// They assume it themselves, with the credentials of the source profile.
    Assume {
        /// The ARN of the role.
        role_arn: String,
        /// What the role's trust policy wants to hear.
        external_id: Option<String>,
        /// The device whose code it wants.
        mfa_serial: Option<String>,
        /// The name of the session, for the audit log; `None` leaves it to the reader.
        session_name: Option<String>,
        /// How long the session lasts; `None` leaves it as it is, by default an hour.
        seconds: Option<u32>,
    },
    /// They run a program (`credential_process`).
    Process {
        /// The command line.
        command: String,
    },
}

/// Keys with which some reader would take another identity than the role of a profile.
pub const OUTRANKING_ROLE: [&str; 9] = [
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
    "credential_source",
    "web_identity_token_file",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
];
const ASSUME_KEYS: [&str; 6] =
    ["role_arn", "source_profile", "external_id", "mfa_serial", "role_session_name", "duration_seconds"];
/// With it, readers ask a person for a code.
const MFA_KEY: &str = "mfa_serial";
const PROCESS_KEY: &str = "credential_process";

/// The text with this profile in it. Doing it twice changes nothing more. A `credential_process` that is there already
/// is replaced if `is_own_command` knows it; otherwise the edit is refused.
///
/// # Errors
/// When the file cannot be read, when a profile of this name is for something else, or when another key in it would
/// make another identity win.
pub fn apply_role_profile(
    text: &str,
    profile: &RoleProfile,
    is_own_command: impl Fn(&str) -> bool,
) -> Result<String, Error> {
    let pairs = pairs(profile);
    check_words(profile, &pairs)?;
    let before = parse(text)?;
    let mut edit = Edit::new(text, &before);
    let index = before.only(Class::Profile, &profile.name)?;
    let counting: Vec<&Entry> = match index {
        Some(index) => before.sections[index].effective().collect(),
        None => before.handed_down().collect(),
    };
    refuse_others(profile, &counting, is_own_command)?;
    match index {
        None => {
            let header = header::write("profile", &profile.name);
            let header =
                header.ok_or_else(|| Error::whole(format!("the name {:?} cannot be written", profile.name)))?;
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
            edit.append(&header, &pairs);
        }
        Some(index) => {
            let left: &[&str] = match profile.source {
                RoleSource::Assume { .. } => &[PROCESS_KEY],
                RoleSource::Process { .. } => &ASSUME_KEYS,
            };
            pairs.iter().for_each(|(key, value)| edit.set(index, key, value));
            left.iter().for_each(|key| edit.unset(index, key));
        }
    }
    edit.finish().map(|(text, _)| text)
}

/// The text in which a profile gives no identity at all, so that another one can be put in. What else the profile has
/// stays.
///
/// # Errors
/// When the file cannot be read, or has several profiles of this name.
pub fn forget_identity(text: &str, profile_name: &str) -> Result<String, Error> {
    let before = parse(text)?;
    let Some(index) = before.only(Class::Profile, profile_name)? else { return Ok(text.to_owned()) };
    let mut edit = Edit::new(text, &before);
    let sso = ["sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region"];
    ASSUME_KEYS.iter().chain(&sso).for_each(|key| edit.unset(index, key));
    edit.finish().map(|(text, _)| text)
}

fn pairs(profile: &RoleProfile) -> Vec<(&'static str, String)> {
    let mut pairs = match &profile.source {
        RoleSource::Assume { role_arn, external_id, mfa_serial, session_name, seconds } => {
            let mut pairs = vec![("source_profile", profile.source_profile.clone()), ("role_arn", role_arn.clone())];
            let options = [("external_id", external_id), (MFA_KEY, mfa_serial), ("role_session_name", session_name)];
            pairs.extend(options.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))));
            pairs.extend(seconds.map(|seconds| ("duration_seconds", seconds.to_string())));
            pairs
        }
        RoleSource::Process { command } => vec![(PROCESS_KEY, command.clone())],
    };
    pairs.extend(profile.region.clone().map(|region| ("region", region)));
    pairs
}

fn refuse_others(
    profile: &RoleProfile,
    counting: &[&Entry],
    is_own_command: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    for entry in counting {
        let foreign = match entry.key.as_str() {
            "source_profile" => entry.value != profile.source_profile,
            PROCESS_KEY => !is_own_command(&entry.value),
            MFA_KEY => !matches!(&profile.source, RoleSource::Assume { mfa_serial: Some(_), .. }),
            key => OUTRANKING_ROLE.contains(&key),
        };
        if foreign {
            let reason = format!(
                "`{}` gives the profile {} another identity than the role's, and is not ours to change",
                entry.key, profile.name
            );
            return Err(Error::at(entry.line, reason));
        }
    }
    Ok(())
}

/// Values that would not be read back as they are written.
fn check_words(profile: &RoleProfile, pairs: &[(&str, String)]) -> Result<(), Error> {
    let unwritable =
        |value: &str| value.is_empty() || value.trim_matches(is_space) != value || value.contains(char::is_control);
    // The Go SDK takes what follows these for a comment.
    let comment = |value: &str| value.contains(" #") || value.contains(" ;");
    match pairs.iter().find(|(_, value)| unwritable(value) || comment(value)) {
        Some((key, value)) => Err(Error::whole(format!("the {key} {value:?} cannot be written as a value"))),
        None if profile.name == "default" => Err(Error::whole("the profile `default` is not ours to change")),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "role_profile_tests.rs"]
mod tests;
