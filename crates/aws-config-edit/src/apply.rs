//! Putting an SSO profile and its session in.

use crate::edit::Edit;
use crate::header::{self, Class};
use crate::lines::is_space;
use crate::{AwsConfig, Entry, Error, REGISTRATION_SCOPE, SsoProfile, SsoSession, parse, same_start_url};

/// Keys with which some reader of the file takes another identity than the SSO role. What comes first differs:
/// botocore puts `role_arn` and web identity before SSO, the Go SDK also static keys and `credential_source`, the
/// JavaScript SDK also `credential_process`.
pub const OUTRANKING: [&str; 7] = [
    "role_arn",
    "source_profile",
    "credential_source",
    "web_identity_token_file",
    "aws_access_key_id",
    "aws_secret_access_key",
    "credential_process",
];

/// Keys of profiles from before there were sso-sessions. botocore refuses a profile whose values for them are not the
/// session's.
const LEGACY: [&str; 2] = ["sso_start_url", "sso_region"];

/// The text with this profile and session in it. Doing it twice changes nothing more.
///
/// # Errors
/// When the file cannot be read, when the session's name is taken by another start URL or region, or when another key
/// in the profile would make another identity win.
pub fn apply_profile(text: &str, session: &SsoSession, profile: &SsoProfile) -> Result<String, Error> {
    check_words(session, profile)?;
    let before = parse(text)?;
    let mut edit = Edit::new(text, &before);
    put_session(&before, &mut edit, session)?;
    put_profile(&before, &mut edit, session, profile)?;
    let (after_text, after) = edit.finish()?;
    check_consistent(&before, &after, profile)?;
    Ok(after_text)
}

fn put_session(before: &AwsConfig, edit: &mut Edit<'_>, session: &SsoSession) -> Result<(), Error> {
    let Some(index) = before.only(Class::SsoSession, &session.name)? else {
        let pairs = [
            ("sso_start_url", session.start_url.as_str()),
            ("sso_region", session.region.as_str()),
            ("sso_registration_scopes", REGISTRATION_SCOPE),
        ];
        edit.append(&write_header("sso-session", &session.name)?, &pairs);
        return Ok(());
    };
    let section = &before.sections[index];
    let same_region = section.get("sso_region") == Some(&session.region);
    let same_url = section.get("sso_start_url").is_some_and(|url| same_start_url(url, &session.start_url));
    for (key, same, wanted) in
        [("sso_start_url", same_url, &session.start_url), ("sso_region", same_region, &session.region)]
    {
        if !same {
            let line = section.entry(key).map_or(section.line, |entry| entry.line);
            let found = section.get(key).map_or(format!("no {key}"), |value| format!("{key} = {value}"));
            let reason = format!("[{}] has {found} and not {wanted}, and is not ours to change", section.header);
            return Err(Error::at(line, reason));
        }
    }
    Ok(())
}

fn put_profile(
    before: &AwsConfig,
    edit: &mut Edit<'_>,
    session: &SsoSession,
    profile: &SsoProfile,
) -> Result<(), Error> {
    let mut pairs = vec![
        ("sso_session", profile.sso_session.as_str()),
        ("sso_account_id", profile.account.as_str()),
        ("sso_role_name", profile.role.as_str()),
    ];
    pairs.extend(profile.region.as_deref().map(|region| ("region", region)));
    let index = before.only(Class::Profile, &profile.name)?;
    let counting: Vec<&Entry> = match index {
        Some(index) => before.sections[index].effective().collect(),
        None => before.handed_down().collect(),
    };
    if let Some(entry) = counting.iter().find(|entry| OUTRANKING.contains(&entry.key.as_str())) {
        let reason = format!(
            "`{}` gives the profile {} another identity: some AWS tools would use it and not the role {}",
            entry.key, profile.name, profile.role
        );
        return Err(Error::at(entry.line, reason));
    }
    let Some(index) = index else {
        edit.append(&write_header("profile", &profile.name)?, &pairs);
        return Ok(());
    };
    for (key, value) in pairs {
        edit.set(index, key, value);
    }
    let existing = before.sso_session(&session.name);
    for key in LEGACY {
        let of_session = if key == "sso_region" { &session.region } else { &session.start_url };
        let of_session = existing.and_then(|section| section.get(key)).unwrap_or(of_session);
        if before.sections[index].own_entry(key).is_some_and(|entry| entry.value != of_session) {
            edit.unset(index, key);
        }
    }
    Ok(())
}

/// A key that both sections have must have one value, also when `[DEFAULT]` hands it down.
fn check_consistent(before: &AwsConfig, after: &AwsConfig, profile: &SsoProfile) -> Result<(), Error> {
    let missing = |what: &str| Error::whole(format!("the edit lost the {what}"));
    let section = after.profile(&profile.name).ok_or_else(|| missing("profile"))?;
    let session = after.sso_session(&profile.sso_session).ok_or_else(|| missing("session"))?;
    for entry in session.effective() {
        if let Some(other) = section.entry(&entry.key).filter(|other| other.value != entry.value) {
            let reason = format!(
                "`{}` is {} in [{}] and {} in [{}]; the AWS CLI refuses such a profile",
                entry.key, other.value, section.header, entry.value, session.header
            );
            let named = [before.profile(&profile.name), before.sso_session(&profile.sso_session)];
            let found = named.into_iter().flatten().find_map(|section| section.entry(&entry.key));
            let found = found.or_else(|| before.handed_down().find(|other| other.key == entry.key));
            return Err(Error { line: found.map(|entry| entry.line + 1), reason });
        }
    }
    Ok(())
}

fn write_header(kind: &str, name: &str) -> Result<String, Error> {
    header::write(kind, name)
        .ok_or_else(|| Error::whole(format!("the name {name:?} cannot be written in a section's header")))
}

/// Values that would not be read back as they are written, or that mean something else to another reader of the file.
fn check_words(session: &SsoSession, profile: &SsoProfile) -> Result<(), Error> {
    if profile.name == "default" {
        return Err(Error::whole("the profile `default` is not ours to change"));
    }
    if profile.sso_session != session.name {
        return Err(Error::whole("the profile belongs to another session"));
    }
    let spaced = |c: char| is_space(c) || c.is_control();
    let values = [
        ("start URL", Some(&session.start_url)),
        ("region", Some(&session.region)),
        ("account", Some(&profile.account)),
        ("role", Some(&profile.role)),
        ("region", profile.region.as_ref()),
    ];
    for (what, value) in values.into_iter().filter_map(|(what, value)| Some((what, value?))) {
        if value.is_empty() || value.contains(spaced) {
            return Err(Error::whole(format!("the {what} {value:?} is empty or has white space in it")));
        }
    }
    if session.name.trim_matches(is_space) != session.name || session.name.contains(" #") || session.name.contains(" ;")
    {
        return Err(Error::whole(format!("the session name {:?} cannot be written as a value", session.name)));
    }
    Ok(())
}
