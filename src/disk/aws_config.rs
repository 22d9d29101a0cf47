//! `~/.aws/config`: reads it, and edits it under a lock.
//!
//! The AWS CLI takes no lock, so it may write between our read and our write. The write notices that, and the edit is made
//! again on the new content.

use std::path::PathBuf;

use aws_config_edit::{AwsConfig, RoleProfile, RoleSource, SsoProfile, SsoSession};

use crate::disk::atomic::{self, NewMode};
use crate::disk::aws_credentials;
use crate::disk::lock::Lock;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::plain_file::LARGEST_TEXT;
use crate::model::irsa::{RolesOf, is_own_command};
use crate::model::shell;

/// How often an edit is tried when another program keeps writing the file.
const WRITE_TRIES: u32 = 5;

/// `AWS_CONFIG_FILE`, else `~/.aws/config`.
pub(crate) fn path(host: &Host) -> PathBuf {
    match host.env(env_vars::AWS_CONFIG_FILE) {
        Some(path) => host.expand_home(path),
        None => host.home.join(".aws").join("config"),
    }
}

/// The file as the AWS CLI understands it. A missing file is empty. Fails on a line that the AWS CLI cannot read either.
pub(crate) fn read(host: &Host) -> Result<AwsConfig> {
    let text = atomic::read_text(&path(host))?.unwrap_or_default();
    aws_config_edit::parse(&text).map_err(|error| explain(host, "read", &error))
}

/// Checks the files that the AWS SDK reads by itself: it would block on a pipe, and read a file of any size.
pub(crate) fn check_for_sdk(host: &Host) -> Result<()> {
    [path(host), aws_credentials::path(host)]
        .iter()
        .try_for_each(|file| atomic::read_limited(file, LARGEST_TEXT).map(drop))
}

/// The text of the file. `None` if it does not exist.
pub(crate) fn text(host: &Host) -> Result<Option<String>> {
    atomic::read_text(&path(host))
}

/// Reverts an edit, unless the file has changed since.
pub(crate) fn revert(host: &Host, edited: Option<&str>, before: Option<&str>) -> Result<bool> {
    edit(host, |text| Ok(if Some(text) == edited { before.unwrap_or_default() } else { text }.to_owned()))
}

/// The file without its invalid lines, and the error of the first of them.
pub(crate) fn read_valid_lines(host: &Host) -> Result<(AwsConfig, Option<Error>)> {
    let bytes = atomic::read(&path(host))?.bytes.unwrap_or_default();
    let first_refusal = read(host).err();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<&str> = text.lines().collect();
    loop {
        match aws_config_edit::parse(&lines.join("\n")) {
            Ok(config) => return Ok((config, first_refusal)),
            // An empty line keeps the line numbers, and can only be replaced once.
            Err(aws_config_edit::Error { line: Some(line), .. })
                if lines.get(line - 1).is_some_and(|text| !text.is_empty()) =>
            {
                lines[line - 1] = "";
            }
            Err(error) => return Err(explain(host, "read", &error)),
        }
    }
}

/// Adds or updates a profile and its session. Returns whether the file changed. After an error it is unchanged.
pub(crate) fn apply(host: &Host, session: &SsoSession, profile: &SsoProfile) -> Result<bool> {
    edit(host, |text| {
        // What a login wrote for a role that a profile assumes.
        let was_assumed = value(text, &profile.name, "role_arn")?.is_some();
        let text = &without_identity(text, &profile.name, was_assumed)?;
        aws_config_edit::apply_profile(text, session, profile)
    })
}

/// Adds or updates the profile of an access by a role. Returns whether the file changed.
pub(crate) fn apply_assumed(host: &Host, profile: &RoleProfile) -> Result<bool> {
    edit(host, |text| {
        let RoleSource::Assume { role_arn, .. } = &profile.source else { return Ok(text.to_owned()) };
        let before = value(text, &profile.name, "role_arn")?;
        let source = value(text, &profile.name, "source_profile")?;
        let is_other = before.as_ref() != Some(role_arn) || source.as_ref() != Some(&profile.source_profile);
        let text = &without_identity(text, &profile.name, is_other)?;
        aws_config_edit::apply_role_profile(text, profile, |_| false)
    })
}

/// Takes the identity out of a profile of ours. Returns whether the file changed.
pub(crate) fn forget_identity(host: &Host, profile: &str) -> Result<bool> {
    edit(host, |text| aws_config_edit::forget_identity(text, profile))
}

fn value(text: &str, profile: &str, key: &str) -> Result<Option<String>, aws_config_edit::Error> {
    let config = aws_config_edit::parse(text)?;
    Ok(config.profile(profile).and_then(|section| section.get(key)).map(str::to_owned))
}

/// One identity takes the place of another: that was asked for before.
fn without_identity(text: &str, profile: &str, is_replaced: bool) -> Result<String, aws_config_edit::Error> {
    if is_replaced { aws_config_edit::forget_identity(text, profile) } else { Ok(text.to_owned()) }
}

/// Adds or updates the profile for a role of a namespace. Returns whether the file changed.
pub(crate) fn apply_role(host: &Host, namespace: &str, profile: &RoleProfile) -> Result<bool> {
    edit(host, |text| aws_config_edit::apply_role_profile(text, profile, |command| is_own_command(command, namespace)))
}

/// Removes the profiles for roles of a namespace. Returns whether the file changed.
pub(crate) fn remove_roles(host: &Host, whose: RolesOf<'_>) -> Result<bool> {
    edit(host, |text| aws_config_edit::remove_profiles(text, |section| whose.has(section)))
}

/// Removes a profile, and with `also_session` its sso-session, unless another section still uses that. Returns whether the
/// file changed.
pub(crate) fn remove(host: &Host, profile_name: &str, also_session: bool) -> Result<bool> {
    edit(host, |text| {
        let before = aws_config_edit::parse(text)?;
        let without = aws_config_edit::remove_profile(text, profile_name)?;
        let session = before.profile(profile_name).and_then(|section| section.get("sso_session"));
        match session.filter(|_| also_session) {
            Some(name) if aws_config_edit::parse(&without)?.user_of_session(name).is_none() => {
                aws_config_edit::remove_sso_session(&without, name)
            }
            _ => Ok(without),
        }
    })
}

fn edit(host: &Host, change: impl Fn(&str) -> Result<String, aws_config_edit::Error>) -> Result<bool> {
    let path = path(host);
    let _lock = Lock::for_edit(host, "aws-config", &path)?;
    let mut tries = 1;
    loop {
        let snapshot = atomic::read(&path)?;
        let before = snapshot.text()?;
        let after = change(before.as_deref().unwrap_or_default()).map_err(|error| explain(host, "edit", &error))?;
        if before.is_none() && after.is_empty() {
            return Ok(false);
        }
        match snapshot.replace(after.as_bytes(), NewMode::Shared) {
            Err(_) if tries < WRITE_TRIES && atomic::read(&path)?.bytes != snapshot.bytes => tries += 1,
            result => return result,
        }
    }
}

/// The error for an invalid value in the file.
pub(crate) fn unusable(host: &Host, reason: &aws_config_edit::Error) -> Error {
    explain(host, "use", reason)
}

fn explain(host: &Host, action: &str, reason: &aws_config_edit::Error) -> Error {
    let error = Error::usage(format!("cannot {action} {}", display_path(host))).because(reason.to_string());
    error.try_next(open(host, reason.line))
}

/// The command that opens a line of the file.
pub(crate) fn open(host: &Host, line: Option<usize>) -> String {
    shell::edit(&path(host).display().to_string(), line)
}

fn display_path(host: &Host) -> String {
    host.shorten_home(&path(host))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::error::Kind;

    fn session() -> SsoSession {
        let start_url = "https://corp.awsapps.com/start".to_owned();
        SsoSession { name: "corp".to_owned(), start_url, region: "eu-west-1".to_owned() }
    }

    fn profile(name: &str) -> SsoProfile {
        SsoProfile {
            name: name.to_owned(),
            sso_session: "corp".to_owned(),
            account: "111122223333".to_owned(),
            role: name.to_owned(),
            region: None,
        }
    }

    fn host() -> (tempfile::TempDir, Host) {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        (home, host)
    }

    fn put(host: &Host, text: &str) {
        atomic::write_private(&path(host), text.as_bytes()).expect("written");
    }

    fn text(host: &Host) -> String {
        super::text(host).expect("readable").expect("the file")
    }

    #[test]
    fn the_path_is_the_aws_clis() {
        for (env, expected) in [
            (None, "/home/ada/.aws/config"),
            (Some("/etc/aws"), "/etc/aws"),
            (Some("~/aws/c"), "/home/ada/aws/c"),
            (Some(""), "/home/ada/.aws/config"),
        ] {
            let env: Vec<_> = env.map(|value| ("AWS_CONFIG_FILE", value)).into_iter().collect();
            assert_eq!(
                path(&Host::for_test(Path::new("/home/ada"), &env, jiff::Timestamp::UNIX_EPOCH)),
                Path::new(expected)
            );
        }
    }

    #[test]
    fn a_profile_comes_and_goes() {
        let (_home, host) = host();
        assert_eq!(read(&host).expect("an absent file is empty").profile_names().count(), 0);
        assert!(!remove(&host, "idp-ns-a", true).expect("nothing to remove"));
        assert!(!path(&host).exists(), "removing nothing creates nothing");
        put(&host, "# mine\n[default]\nregion = r");
        assert!(apply(&host, &session(), &profile("idp-ns-a")).expect("applied"));
        assert!(!apply(&host, &session(), &profile("idp-ns-a")).expect("already there"));
        assert!(apply(&host, &session(), &profile("idp-ns-b")).expect("applied"));
        assert_eq!(
            read(&host).expect("readable").profile_names().collect::<Vec<_>>(),
            ["default", "idp-ns-a", "idp-ns-b"]
        );
        assert!(remove(&host, "idp-ns-a", true).expect("removed"));
        assert!(read(&host).expect("readable").sso_session("corp").is_some(), "the other profile uses it");
        assert!(remove(&host, "idp-ns-b", true).expect("removed"));
        assert_eq!(text(&host), "# mine\n[default]\nregion = r");
    }

    #[test]
    fn the_session_stays_unless_asked_for() {
        let (_home, host) = host();
        apply(&host, &session(), &profile("idp-ns-a")).expect("applied");
        remove(&host, "idp-ns-a", false).expect("removed");
        assert!(text(&host).starts_with("[sso-session corp]\n"));
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_private_and_a_link_stays_a_link() {
        use std::os::unix::fs::PermissionsExt;
        let (home, host) = host();
        let real = home.path().join("dotfiles");
        std::fs::create_dir_all(path(&host).parent().expect("a parent")).expect("created");
        std::os::unix::fs::symlink(&real, path(&host)).expect("linked");
        apply(&host, &session(), &profile("idp-ns-a")).expect("applied");
        assert!(path(&host).is_symlink());
        assert_eq!(std::fs::metadata(&real).expect("the file").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_refusal_says_where_and_what_to_type() {
        let (_home, host) = host();
        put(&host, "[default]\nnonsense\n");
        let error = apply(&host, &session(), &profile("idp-ns-a")).expect_err("refused");
        assert_eq!((error.kind, error.message.as_str()), (Kind::Usage, "cannot edit ~/.aws/config"));
        assert_eq!(error.because, ["line 2: this is not `key = value`; the AWS CLI cannot read this"]);
        assert_eq!(error.try_next, [format!("${{EDITOR:-vi}} +2 {}", path(&host).display())]);
        assert_eq!(text(&host), "[default]\nnonsense\n");
        assert_eq!(read(&host).expect_err("unreadable").message, "cannot read ~/.aws/config");
    }

    #[test]
    fn profiles_written_at_the_same_time_all_arrive() {
        let (_home, host) = host();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let host = &host;
                scope.spawn(move || apply(host, &session(), &profile(&format!("idp-ns-{number}"))).expect("applied"));
            }
        });
        assert_eq!(read(&host).expect("readable").profile_names().count(), 8);
    }

    #[test]
    fn an_edit_is_made_again_when_another_program_wrote_in_between() {
        let (_home, host) = host();
        put(&host, "[default]\n");
        let runs = std::cell::Cell::new(0);
        let changed = edit(&host, |text| {
            runs.set(runs.get() + 1);
            if runs.get() < WRITE_TRIES {
                put(&host, &format!("{text}a{} = 1\n", runs.get()));
            }
            Ok(format!("{text}z = 1\n"))
        });
        assert_eq!(changed, Ok(true));
        assert_eq!(text(&host), "[default]\na1 = 1\na2 = 1\na3 = 1\na4 = 1\nz = 1\n");
        let endless = edit(&host, |text| {
            put(&host, &format!("{text}# again\n"));
            Ok(format!("{text}y = 1\n"))
        });
        assert!(endless.expect_err("given up").because[0].contains("another program"));
    }
}
