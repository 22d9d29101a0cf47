//! The state of the files and variables that decide which portal, account and role a namespace means. Three `stat` calls
//! and no reading, because kubectl waits for this on every command.

use std::fmt::Write;
use std::path::Path;

use crate::disk::{aws_config, aws_credentials, settings};
use crate::env_vars;
use crate::host::Host;

const VARIABLES: [&str; 4] =
    [env_vars::NSACCESS_START_URL, env_vars::NSACCESS_SSO_REGION, env_vars::NSACCESS_ACCOUNT, env_vars::NSACCESS_ROLE];

/// A text that changes when `~/.aws/config`, the user's settings, the organisation's or one of the variables does. Take it before reading
/// the files, so that a change in between is noticed.
pub(crate) fn of(host: &Host) -> String {
    let mut text = String::new();
    let own = [aws_config::path(host), settings::user_path(host)];
    for path in own.into_iter().chain(settings::organisation::path(host)) {
        add_stamp(&mut text, &path);
    }
    for name in VARIABLES {
        if let Some(value) = host.env(name) {
            let _ = writeln!(text, "{name}={value}");
        }
    }
    text
}

/// The same for the files that profiles are in.
pub(crate) fn of_profiles(host: &Host) -> String {
    let mut text = String::new();
    for path in [aws_config::path(host), aws_credentials::path(host)] {
        add_stamp(&mut text, &path);
    }
    text
}

/// The same for `~/.aws/credentials` alone, where [`of`] tells of the rest.
pub(crate) fn of_credentials(host: &Host) -> String {
    let mut text = String::new();
    add_stamp(&mut text, &aws_credentials::path(host));
    text
}

/// A text of [`of_credentials`] with variables that decide too.
pub(crate) fn with_variables(mut text: String, host: &Host, names: &[&str]) -> String {
    for name in names {
        let _ = writeln!(text, "{name}={}", host.env(name).unwrap_or_default());
    }
    text
}

/// Whether a text of [`with_variables`] is what it would be now.
pub(crate) fn stands(host: &Host, text: &str) -> bool {
    let is_same =
        |line: &str| line.split_once('=').is_some_and(|(name, value)| host.env(name).unwrap_or_default() == value);
    text.strip_prefix(&of_credentials(host)).is_some_and(|variables| variables.lines().all(is_same))
}

fn add_stamp(text: &mut String, path: &Path) {
    let _ = match std::fs::metadata(path) {
        Ok(metadata) => writeln!(text, "{} {}", path.display(), stamp(&metadata)),
        Err(_) => writeln!(text, "{} -", path.display()),
    };
}

/// The ctime, which no program can set back, and the numbers that a replacement file would not share.
#[cfg(unix)]
fn stamp(metadata: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    let (seconds, nanoseconds) = (metadata.ctime(), metadata.ctime_nsec());
    format!("{}:{} {} {seconds}.{nanoseconds:09}", metadata.dev(), metadata.ino(), metadata.size())
}

#[cfg(not(unix))]
fn stamp(metadata: &std::fs::Metadata) -> String {
    let changed = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    format!("{} {changed:?}", metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::atomic;

    #[test]
    fn it_changes_with_what_decides_the_identity_and_nothing_else() {
        let home = tempfile::tempdir().expect("a folder");
        let write = |path: &Path, text: &str| atomic::write_private(path, text.as_bytes()).expect("written");
        let organisation = home.path().join("corp.toml");
        let named = organisation.display().to_string();
        let host = |env: &[(&str, &str)]| {
            let env = [&[(env_vars::NSACCESS_SYSTEM_CONFIG, named.as_str())], env].concat();
            Host::for_test(home.path(), &env, jiff::Timestamp::UNIX_EPOCH)
        };
        let mut seen = vec![of(&host(&[]))];
        for path in [aws_config::path(&host(&[])), settings::user_path(&host(&[])), organisation.clone()] {
            // Of the same length.
            for text in ["a = 1\n", "a = 2\n"] {
                write(&path, text);
                seen.push(of(&host(&[])));
            }
        }
        seen.extend(VARIABLES.map(|name| of(&host(&[(name, "x")]))));
        seen.push(of(&host(&[("AWS_CONFIG_FILE", "/elsewhere")])));
        seen.extend(["", "/elsewhere"].map(|named| of(&host(&[(env_vars::NSACCESS_SYSTEM_CONFIG, named)]))));
        let different: std::collections::BTreeSet<&String> = seen.iter().collect();
        assert_eq!(different.len(), seen.len(), "{seen:#?}");
        let before = of(&host(&[]));
        write(&home.path().join(".kube/config"), "x");
        assert_eq!(of(&host(&[("AWS_PROFILE", "x"), ("NSACCESS_REGION", "x")])), before);
    }

    #[test]
    fn a_profile_s_keys_and_the_variables_that_decide_are_compared() {
        let home = tempfile::tempdir().expect("a folder");
        let host = |env: &[(&str, &str)]| Host::for_test(home.path(), env, jiff::Timestamp::UNIX_EPOCH);
        let by_keys = |value| host(&[(env_vars::AWS_ACCESS_KEY_ID, value)]);
        let text = |host: &Host, names: &[&str]| with_variables(of_credentials(host), host, names);
        let (plain, with_keys) = (text(&host(&[]), &[]), text(&by_keys("AKIA1"), &[env_vars::AWS_ACCESS_KEY_ID]));
        assert!(
            stands(&host(&[]), &plain) && stands(&by_keys("AKIA1"), &plain) && stands(&by_keys("AKIA1"), &with_keys)
        );
        assert!(!stands(&by_keys("AKIA2"), &with_keys) && !stands(&host(&[]), &with_keys));
        atomic::write_private(&aws_credentials::path(&host(&[])), b"[corp]\n").expect("written");
        assert!(!stands(&host(&[]), &plain) && !stands(&by_keys("AKIA1"), &with_keys));
    }
}
