//! Taking a profile or a session out.

use super::edit::Edit;
use super::header::Class;
use super::{AwsConfig, Refusal, parse};

/// The text without this profile; the same text if it is not there. Its sso-session stays.
///
/// # Errors
/// When the file cannot be read, when the profile is not one for an sso-session, or when another profile builds on it.
pub fn remove_profile(text: &str, name: &str) -> Result<String, Refusal> {
    let before = parse(text)?;
    let Some(index) = before.only(Class::Profile, name)? else { return Ok(text.to_owned()) };
    let section = &before.sections[index];
    if name == "default" || section.own("sso_session").is_none() {
        let reason = format!("[{}] does not use an sso-session, so it was not written by nsaccess", section.header);
        return Err(Refusal::at(section.line, reason));
    }
    refuse_if_used(&before, index, "source_profile", name)?;
    cut(text, &before, index)
}

/// The text without this sso-session; the same text if it is not there.
///
/// # Errors
/// When the file cannot be read, or when another section still uses the session.
pub fn remove_sso_session(text: &str, name: &str) -> Result<String, Refusal> {
    let before = parse(text)?;
    let Some(index) = before.only(Class::SsoSession, name)? else { return Ok(text.to_owned()) };
    refuse_if_used(&before, index, "sso_session", name)?;
    cut(text, &before, index)
}

impl AwsConfig {
    /// The header of a section that uses this sso-session, if there is one.
    pub fn user_of_session(&self, name: &str) -> Option<&str> {
        let user = self.sections.iter().find(|section| section.own("sso_session").is_some_and(|e| e.value == name));
        user.map(|section| section.header())
    }
}

fn refuse_if_used(before: &AwsConfig, index: usize, key: &str, name: &str) -> Result<(), Refusal> {
    for section in &before.sections {
        if let Some(entry) = section.own(key).filter(|entry| entry.value == name) {
            let reason = format!("[{}] still needs [{}]", section.header, before.sections[index].header);
            return Err(Refusal::at(entry.line, reason));
        }
    }
    Ok(())
}

fn cut(text: &str, before: &AwsConfig, index: usize) -> Result<String, Refusal> {
    let mut edit = Edit::new(text, before);
    edit.remove(index);
    edit.finish().map(|(text, _)| text)
}
