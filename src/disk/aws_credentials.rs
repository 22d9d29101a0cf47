//! `~/.aws/credentials`, which overrides `~/.aws/config` in every other AWS tool. It is read and never written.

use std::path::PathBuf;

use aws_config_edit::credentials::{self, Override};
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

/// Fails when the file gives a profile of this name another identity.
pub(crate) fn check_name(host: &Host, name: &str) -> Result<()> {
    credentials::check_name(&read(host)?, name).map_err(|error| conflict(host, name, &error))
}

/// Fails when the file gives the profile another identity. Returns a warning when it overrides another key.
pub(crate) fn check_profile(host: &Host, session: &SsoSession, profile: &SsoProfile) -> Result<Option<String>> {
    warning(host, &profile.name, credentials::check_profile(&read(host)?, session, profile))
}

/// [`check_profile`] for the profile of a role.
pub(crate) fn check_role_profile(host: &Host, profile: &RoleProfile) -> Result<Option<String>> {
    warning(host, &profile.name, credentials::check_role_profile(&read(host)?, profile))
}

fn read(host: &Host) -> Result<String> {
    Ok(atomic::read_text(&path(host))?.unwrap_or_default())
}

fn warning(host: &Host, name: &str, found: Result<Option<Override>, aws_config_edit::Error>) -> Result<Option<String>> {
    let Some(found) = found.map_err(|error| conflict(host, name, &error))? else { return Ok(None) };
    let Override { line, key, value, overridden } = found;
    let (file, config) = (host.shorten_home(&path(host)), host.shorten_home(&aws_config::path(host)));
    Ok(Some(format!(
        "[{name}] in {file} (line {line}) has {key} = {value}, which AWS tools use instead of {overridden} from {config}"
    )))
}

fn conflict(host: &Host, name: &str, reason: &aws_config_edit::Error) -> Error {
    let file = path(host);
    let line = reason.line.map_or_else(String::new, |line| format!("+{line} "));
    Error::usage(format!("AWS tools would not use the profile {name} as it is written"))
        .because(format!("{}, {reason}", host.shorten_home(&file)))
        .because("that file takes precedence over ~/.aws/config, and nsaccess does not edit it")
        .try_next(format!("${{EDITOR:-vi}} {line}{}", file.display()))
}
