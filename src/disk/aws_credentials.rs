//! `~/.aws/credentials`, which lies over `~/.aws/config` for every other AWS tool: read, and never written.

use std::path::PathBuf;

use aws_config_edit::credentials::{Override, check_name, check_profile, check_role_profile};
use aws_config_edit::{RoleProfile, SsoProfile, SsoSession};

use crate::disk::{atomic, aws_config};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;

/// `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`.
pub(crate) fn path(host: &Host) -> PathBuf {
    match host.env(env_vars::AWS_SHARED_CREDENTIALS_FILE) {
        Some(path) => host.expand_home(path),
        None => host.home.join(".aws").join("credentials"),
    }
}

/// Looks whether a profile of this name can be ours.
///
/// # Errors
/// When the file gives it another identity, or cannot be read.
pub(crate) fn look_for(host: &Host, name: &str) -> Result<()> {
    check_name(&text(host)?, name).map_err(|error| refused(host, name, &error))
}

/// Looks what the file does to a profile. Answers with a warning, if it changes something.
///
/// # Errors
/// As [`look_for`].
pub(crate) fn look_at(host: &Host, session: &SsoSession, profile: &SsoProfile) -> Result<Option<String>> {
    let found = check_profile(&text(host)?, session, profile);
    let found = found.map_err(|error| refused(host, &profile.name, &error))?;
    Ok(found.map(|found| in_words(host, &profile.name, &found)))
}

/// The same for the profile of a role.
///
/// # Errors
/// As [`look_for`].
pub(crate) fn look_at_role(host: &Host, profile: &RoleProfile) -> Result<Option<String>> {
    let found = check_role_profile(&text(host)?, profile);
    let found = found.map_err(|error| refused(host, &profile.name, &error))?;
    Ok(found.map(|found| in_words(host, &profile.name, &found)))
}

fn text(host: &Host) -> Result<String> {
    Ok(atomic::read_text(&path(host))?.unwrap_or_default())
}

fn in_words(host: &Host, name: &str, found: &Override) -> String {
    let Override { line, key, value, overridden } = found;
    let (file, config) = (host.shorten_home(&path(host)), host.shorten_home(&aws_config::path(host)));
    format!(
        "[{name}] in {file} (line {line}) has {key} = {value}, which AWS tools take and not {overridden} of {config}"
    )
}

fn refused(host: &Host, name: &str, reason: &aws_config_edit::Error) -> Error {
    let file = path(host);
    let line = reason.line.map_or_else(String::new, |line| format!("+{line} "));
    Error::usage(format!("AWS tools would not take the profile {name} as it is written"))
        .because(format!("{}, {reason}", host.shorten_home(&file)))
        .because("what stands in that file goes before ~/.aws/config, and is not ours to change")
        .try_next(format!("${{EDITOR:-vi}} {line}{}", file.display()))
}
