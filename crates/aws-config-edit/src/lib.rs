//! Lossless edits of `~/.aws/config`.
//!
//! The file is read by the rules of botocore, which the AWS CLI reads it with, and edited line by line: comments, order,
//! spacing, line ends, unknown keys and sections stay as they are. What is written are profiles for IAM Identity Center
//! ([`SsoProfile`] with its [`SsoSession`]) and profiles for a role ([`RoleProfile`]). Every edit is read back and
//! compared with what it should mean; where that fails, or another key in the profile would make some AWS tool use
//! another identity, the edit fails with the line and the reason, and there is no new text.
//!
//! ```
//! use aws_config_edit::{SsoProfile, SsoSession, apply_profile, parse, remove_profile, remove_sso_session};
//!
//! let before = "# mine\n[default]\nregion=us-east-1   ; odd\n";
//! let session = SsoSession {
//!     name: "corp".to_owned(),
//!     start_url: "https://corp.awsapps.com/start".to_owned(),
//!     region: "eu-west-1".to_owned(),
//! };
//! let profile = SsoProfile {
//!     name: "dev".to_owned(),
//!     sso_session: "corp".to_owned(),
//!     account: "111122223333".to_owned(),
//!     role: "Developer".to_owned(),
//!     region: None,
//! };
//!
//! let after = apply_profile(before, &session, &profile)?;
//! assert!(after.starts_with(before));
//! assert_eq!(parse(&after)?.profile("dev").and_then(|section| section.get("sso_role_name")), Some("Developer"));
//! // Removing both gives the old bytes back.
//! assert_eq!(remove_sso_session(&remove_profile(&after, "dev")?, "corp")?, before);
//! # Ok::<(), aws_config_edit::Error>(())
//! ```
//!
//! An existing `[sso-session …]` is never changed: it belongs to whoever wrote it. [`credentials`] tells what
//! `~/.aws/credentials`, which counts first, would do to a profile.
//!
//! The crate reads and writes texts, not files: which file, under which lock, is for the caller to decide.
#![warn(unreachable_pub)]

mod apply;
pub mod credentials;
mod edit;
mod header;
mod lines;
mod parse;
#[cfg(test)]
mod properties;
mod remove;
mod role_profile;
mod start_url;
#[cfg(test)]
mod tests;

use std::fmt;

pub use apply::{OUTRANKING, apply_profile};
pub use parse::parse;
pub use remove::{remove_profile, remove_profiles, remove_sso_session};
pub use role_profile::{OUTRANKING_ROLE, RoleProfile, RoleSource, apply_role_profile, forget_identity};
pub use start_url::{clean_start_url, plain_start_url, same_start_url};

use header::Class;

/// An Identity Center sign-in that profiles share: `[sso-session NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSession {
    /// The name in the section's header; it also names the token file.
    pub name: String,
    /// Identity Center's start URL.
    pub start_url: String,
    /// Identity Center's own region.
    pub region: String,
}

/// A role in an account, reached through an [`SsoSession`]: `[profile NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoProfile {
    /// The name in the section's header.
    pub name: String,
    /// The name of the session that it signs in with.
    pub sso_session: String,
    /// The account, 12 digits.
    pub account: String,
    /// The permission set, as the portal names it.
    pub role: String,
    /// The default region of AWS calls; `None` leaves the profile's own as it is.
    pub region: Option<String>,
}

/// Why a text could not be read or was not edited, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The line that stands in the way, counted from 1.
    pub line: Option<usize>,
    /// The reason, as a sentence without a full stop.
    pub reason: String,
}

/// The scope without which Identity Center gives no refresh token, so that a session would end after hours.
const REGISTRATION_SCOPE: &str = "sso:account:access";

/// The file as botocore understands it.
#[derive(Debug, Clone, Default)]
pub struct AwsConfig {
    sections: Vec<Section>,
}

/// One section with its values, its own and those that every section inherits from `[DEFAULT]`.
#[derive(Debug, Clone)]
pub struct Section {
    header: String,
    class: Class,
    name: Option<String>,
    /// Index of the header's line.
    line: usize,
    options: Vec<Entry>,
    inherited: Vec<Entry>,
}

/// One key of a section and where it stands.
#[derive(Debug, Clone)]
struct Entry {
    key: String,
    value: String,
    /// Index of the line with the key.
    line: usize,
    /// Indices of the further lines that carry the value; comments and blank lines between them are not listed.
    continued: Vec<usize>,
}

impl AwsConfig {
    /// The section that botocore uses for this profile: `[default]`, `[profile NAME]` or `[profile "NAME"]`.
    pub fn profile(&self, name: &str) -> Option<&Section> {
        self.last(Class::Profile, name)
    }

    /// The section that botocore uses for this sso-session.
    pub fn sso_session(&self, name: &str) -> Option<&Section> {
        self.last(Class::SsoSession, name)
    }

    /// All sso-sessions, in the order of the file.
    pub fn sso_sessions(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| section.class == Class::SsoSession)
    }

    /// The names of all profiles, in the order of the file.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().filter(|section| section.class == Class::Profile).filter_map(|section| section.name())
    }

    /// The name of an sso-session with this start URL and region that a profile can be put on: one that spells the URL
    /// the same way, else one that leads to the same portal.
    pub fn session_for(&self, start_url: &str, region: &str) -> Option<&str> {
        let usable = |section: &&Section| {
            let name = section.name().unwrap_or_default();
            let unambiguous = self.only(Class::SsoSession, name).is_ok();
            section.get("sso_region") == Some(region) && unambiguous && header::write("sso-session", name).is_some()
        };
        let with = |same: &dyn Fn(&str) -> bool| {
            self.sso_sessions().filter(usable).find(|section| section.get("sso_start_url").is_some_and(same))
        };
        let found = with(&|url| url == start_url).or_else(|| with(&|url| same_start_url(url, start_url)));
        found.and_then(Section::name)
    }

    /// What stands in the brackets of each section, in the order of the file: in `~/.aws/credentials` the profiles' names.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(Section::header)
    }

    /// The section with this in its brackets: in `~/.aws/credentials` that of the profile. What `[DEFAULT]` holds is no
    /// section of its own.
    pub fn headed(&self, header: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.header == header && header != parse::INHERITED_BY_ALL)
    }

    /// The lines of the sections of this profile, in the order of the file: of several spellings the last one counts.
    pub fn profile_lines(&self, name: &str) -> Vec<usize> {
        self.indices(Class::Profile, name).into_iter().map(|index| self.sections[index].line()).collect()
    }

    /// The same for an sso-session.
    pub fn sso_session_lines(&self, name: &str) -> Vec<usize> {
        self.indices(Class::SsoSession, name).into_iter().map(|index| self.sections[index].line()).collect()
    }

    /// Whether this session exists without `sso_registration_scopes`: the AWS CLI's device sign-in then gets no refresh
    /// token. The section belongs to whoever wrote it, so this is for a warning only.
    pub fn lacks_registration_scopes(&self, session_name: &str) -> bool {
        self.sso_session(session_name).is_some_and(|section| section.get("sso_registration_scopes").is_none())
    }

    /// Of two spellings of one name, botocore takes the later.
    fn last(&self, class: Class, name: &str) -> Option<&Section> {
        self.indices(class, name).last().map(|index| &self.sections[*index])
    }

    /// The values that every section inherits.
    fn handed_down(&self) -> impl Iterator<Item = &Entry> {
        let handing = self.sections.iter().filter(|section| section.header == parse::INHERITED_BY_ALL);
        handing.flat_map(|section| &section.options)
    }

    fn indices(&self, class: Class, name: &str) -> Vec<usize> {
        let wanted = |section: &Section| section.class == class && section.name() == Some(name);
        self.sections.iter().enumerate().filter(|(_, section)| wanted(section)).map(|(index, _)| index).collect()
    }

    /// The one section of this name. Two are refused: it would depend on the reader which of them counts.
    fn only(&self, class: Class, name: &str) -> Result<Option<usize>, Error> {
        match self.indices(class, name)[..] {
            [] => Ok(None),
            [index] => Ok(Some(index)),
            [first, second, ..] => Err(Error::at(
                self.sections[second].line,
                format!(
                    "[{}] has the same name as [{}] in line {}; only one of them can count",
                    self.sections[second].header,
                    self.sections[first].header,
                    self.sections[first].line()
                ),
            )),
        }
    }
}

impl Section {
    /// What stands in the brackets.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The name that the header gives a profile or an sso-session.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The header's line, counted from 1.
    pub fn line(&self) -> usize {
        self.line + 1
    }

    /// The value of a key, which is given in lower case. Nested settings (`s3 =` and indented lines) are no plain value, so `None`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|entry| entry.value.as_str()).filter(|value| !value.starts_with('\n'))
    }

    /// The value of a key, if it passes a check. The words of the check's error follow the value: "`x` is not a region".
    ///
    /// # Errors
    /// The line whose value does not pass, and why.
    pub fn checked(&self, key: &str, check: fn(&str) -> Result<(), String>) -> Result<Option<&str>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let Err(why) = check(value) else { return Ok(Some(value)) };
        let line = self.entry(key).map_or(self.line, |entry| entry.line);
        let has_comment = value.contains(" #") || value.contains(" ;");
        let rule = if has_comment { "; a comment needs a line of its own" } else { "" };
        Err(Error::at(line, format!("{key}: `{value}` {why}{rule}")))
    }

    /// The line of a key that counts in this section, counted from 1; `[DEFAULT]` may have handed it down.
    pub fn line_of(&self, key: &str) -> Option<usize> {
        self.entry(key).map(|entry| entry.line + 1)
    }

    /// Every key that counts in this section and its value, its own first.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.effective().map(|entry| (entry.key.as_str(), entry.value.as_str()))
    }

    /// The value of a key that is written in the section itself, whatever `[DEFAULT]` hands down; as it is, also where
    /// it holds nested settings.
    pub fn own(&self, key: &str) -> Option<&str> {
        self.own_entry(key).map(|entry| entry.value.as_str())
    }

    fn own_entry(&self, key: &str) -> Option<&Entry> {
        self.options.iter().find(|entry| entry.key == key)
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.own_entry(key).or_else(|| self.inherited.iter().find(|entry| entry.key == key))
    }

    /// Every key that counts in this section, its own first.
    fn effective(&self) -> impl Iterator<Item = &Entry> {
        let inherited = self.inherited.iter().filter(|entry| self.own_entry(&entry.key).is_none());
        self.options.iter().chain(inherited)
    }

    /// Index of the last line that carries something of the section.
    fn last_line(&self) -> usize {
        self.options.last().map_or(self.line, Entry::last_line)
    }
}

impl Entry {
    fn last_line(&self) -> usize {
        self.continued.last().copied().unwrap_or(self.line)
    }
}

impl Error {
    /// An error at a line, given by its index.
    fn at(line: usize, reason: impl Into<String>) -> Self {
        Error { line: Some(line + 1), reason: reason.into() }
    }

    /// An error that no single line causes.
    fn whole(reason: impl Into<String>) -> Self {
        Error { line: None, reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for Error {}
