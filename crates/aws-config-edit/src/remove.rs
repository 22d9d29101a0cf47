//! Taking a profile or a session out.

use crate::edit::Edit;
use crate::header::Class;
use crate::{AwsConfig, Error, Section, parse};

/// The text without this profile; the same text if it is not there. Its sso-session stays.
///
/// # Errors
/// When the file cannot be read, when the profile is neither for an sso-session nor for a role, or when another profile builds on it.
pub fn remove_profile(text: &str, name: &str) -> Result<String, Error> {
    let before = parse(text)?;
    let Some(index) = before.only(Class::Profile, name)? else { return Ok(text.to_owned()) };
    let section = &before.sections[index];
    let is_assumed = section.own_entry("role_arn").is_some() && section.own_entry("source_profile").is_some();
    if name == "default" || !(is_assumed || section.own_entry("sso_session").is_some()) {
        let reason =
            format!("[{}] neither uses an sso-session nor assumes a role, so it is not removed", section.header);
        return Err(Error::at(section.line, reason));
    }
    refuse_if_used(&before, index, "source_profile", name)?;
    cut(text, &before, index)
}

/// The text without the profiles that `unwanted` picks.
///
/// # Errors
/// When the file cannot be read, or the edit cannot be proved harmless.
pub fn remove_profiles(text: &str, unwanted: impl Fn(&Section) -> bool) -> Result<String, Error> {
    let before = parse(text)?;
    let mut edit = Edit::new(text, &before);
    let profiles = before.sections.iter().enumerate().filter(|(_, section)| section.class == Class::Profile);
    profiles.filter(|(_, section)| unwanted(section)).for_each(|(index, _)| edit.remove(index));
    edit.finish().map(|(text, _)| text)
}

/// The text without this sso-session; the same text if it is not there.
///
/// # Errors
/// When the file cannot be read, or when another section still uses the session.
pub fn remove_sso_session(text: &str, name: &str) -> Result<String, Error> {
    let before = parse(text)?;
    let Some(index) = before.only(Class::SsoSession, name)? else { return Ok(text.to_owned()) };
    refuse_if_used(&before, index, "sso_session", name)?;
    cut(text, &before, index)
}

impl AwsConfig {
    /// The header of a section that uses this sso-session, if there is one.
    pub fn user_of_session(&self, name: &str) -> Option<&str> {
        let user =
            self.sections.iter().find(|section| section.own_entry("sso_session").is_some_and(|e| e.value == name));
        user.map(|section| section.header())
    }
}

fn refuse_if_used(before: &AwsConfig, index: usize, key: &str, name: &str) -> Result<(), Error> {
    for section in &before.sections {
        if let Some(entry) = section.own_entry(key).filter(|entry| entry.value == name) {
            let reason = format!("[{}] still needs [{}]", section.header, before.sections[index].header);
            return Err(Error::at(entry.line, reason));
        }
    }
    Ok(())
}

fn cut(text: &str, before: &AwsConfig, index: usize) -> Result<String, Error> {
    let mut edit = Edit::new(text, before);
    edit.remove(index);
    edit.finish().map(|(text, _)| text)
}
