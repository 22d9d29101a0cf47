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
}
