//! `~/.aws/credentials`, which overrides `~/.aws/config` in every other AWS tool. It is read and never written.

use std::path::PathBuf;

use aws_config_edit::credentials::{self, Override};
use aws_config_edit::{AwsConfig, RoleProfile, SsoProfile, SsoSession};

use crate::disk::{atomic, aws_config};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::shell;

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

/// What the file says of a profile.
#[derive(Debug)]
pub(crate) enum Examined {
    Nothing,
    /// In words, and the command that opens the line.
    OtherRegion {
        words: String,
        open: String,
    },
    OtherIdentity(Error),
    Unreadable(Error),
}

/// The same as a finding. `profile`: if it is complete.
pub(crate) fn examine(host: &Host, name: &str, profile: Option<(&SsoSession, &SsoProfile)>) -> Examined {
    let text = match read(host) {
        Ok(text) => text,
        Err(error) => return Examined::Unreadable(error),
    };
    if let Err(error) = parsed(host) {
        return Examined::Unreadable(error);
    }
    let checked = match profile {
        Some((session, profile)) => credentials::check_profile(&text, session, profile),
        None => credentials::check_name(&text, name).map(|()| None),
    };
    match checked {
        Err(reason) => Examined::OtherIdentity(conflict(host, name, &reason)),
        Ok(None) => Examined::Nothing,
        Ok(Some(found)) => {
            let open = open(host, Some(found.line));
            Examined::OtherRegion { words: overriding(host, name, found), open }
        }
    }
}

/// The profiles that the file has; none if it cannot be read.
pub(crate) fn profile_names(host: &Host) -> Vec<String> {
    let config = read(host).ok().and_then(|text| aws_config_edit::parse(&text).ok()).unwrap_or_default();
    config.headers().map(str::to_owned).collect()
}

/// The file as the AWS CLI understands it. A missing file is empty.
pub(crate) fn parsed(host: &Host) -> Result<AwsConfig> {
    aws_config_edit::parse(&read(host)?).map_err(|reason| {
        let error = Error::usage(format!("cannot read {}", host.shorten_home(&path(host))));
        error.because(reason.to_string()).try_next(open(host, reason.line))
    })
}

fn read(host: &Host) -> Result<String> {
    Ok(atomic::read_text(&path(host))?.unwrap_or_default())
}

fn warning(host: &Host, name: &str, found: Result<Option<Override>, aws_config_edit::Error>) -> Result<Option<String>> {
    let found = found.map_err(|error| conflict(host, name, &error))?;
    Ok(found.map(|found| overriding(host, name, found)))
}

fn overriding(host: &Host, name: &str, found: Override) -> String {
    let Override { line, key, value, overridden } = found;
    let (file, config) = (host.shorten_home(&path(host)), host.shorten_home(&aws_config::path(host)));
    format!(
        "[{name}] in {file} (line {line}) has {key} = {value}, which AWS tools use instead of {overridden} from {config}"
    )
}

/// The command that opens a line of the file.
fn open(host: &Host, line: Option<usize>) -> String {
    shell::edit(&path(host).display().to_string(), line)
}

fn conflict(host: &Host, name: &str, reason: &aws_config_edit::Error) -> Error {
    let file = path(host);
    Error::usage(format!("AWS tools would not use the profile {name} as it is written"))
        .because(format!("{}, {reason}", host.shorten_home(&file)))
        .because("that file takes precedence over ~/.aws/config, and nsaccess does not edit it")
        .try_next(open(host, reason.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_in_a_command_is_one_word() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("my keys");
        atomic::write_private(&file, b"[n]\nno key and no value\n").expect("a file");
        let set = [(env_vars::AWS_SHARED_CREDENTIALS_FILE, file.to_str().expect("a name"))];
        let host = Host::for_test(home.path(), &set, jiff::Timestamp::UNIX_EPOCH);
        let Examined::Unreadable(error) = examine(&host, "n", None) else { panic!("it is readable") };
        assert_eq!(error.try_next, [format!("${{EDITOR:-vi}} +2 '{}'", file.display())]);
    }
}
