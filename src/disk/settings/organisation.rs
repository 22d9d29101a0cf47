//! The organisation's file: settings of everybody who works on this machine. Whoever may write it chooses where people sign
//! in, so it counts only if that is root alone.

use std::path::{Path, PathBuf};

use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::{Host, plain_file};
use crate::model::settings::Warning;
use crate::model::shell::quote;

/// Where it is. `None` if the variable that names it is empty.
pub(crate) fn path(host: &Host) -> Option<PathBuf> {
    match named(host) {
        Some("") => None,
        Some(named) => Some(host.current_dir.join(host.expand_home(named))),
        None => Some(usual_path(host)),
    }
}

/// By the variable; unlike others it means something when it is empty.
fn named(host: &Host) -> Option<&str> {
    host.environment().get(env_vars::NSACCESS_SYSTEM_CONFIG).map(String::as_str)
}

fn usual_path(host: &Host) -> PathBuf {
    if cfg!(windows) {
        return Path::new(host.env(env_vars::PROGRAMDATA).unwrap_or(r"C:\ProgramData")).join(r"nsaccess\config.toml");
    }
    let folder = if cfg!(target_os = "macos") { "/Library/Application Support/nsaccess" } else { "/etc/nsaccess" };
    Path::new(folder).join("config.toml")
}

/// What there is in its place.
pub(super) enum Found {
    Nothing,
    Text(String),
    /// It does not count.
    Refused(Warning),
}

pub(super) fn read(host: &Host, path: &Path) -> Result<Found> {
    let failed = |error: &std::io::Error| Error::file("read", path, error);
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) if plain_file::is_null_device(&metadata) => return Ok(Found::Nothing),
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(unreadable(host, path)),
        Err(error) => return Err(failed(&error)),
    };
    if let Some(refused) = fault(host, path, &metadata)? {
        return Ok(Found::Refused(refused));
    }
    let bytes = match plain_file::read(path, plain_file::LARGEST_TEXT) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(unreadable(host, path)),
        Err(error) => return Err(failed(&error)),
    };
    let text = String::from_utf8(bytes);
    text.map(Found::Text).map_err(|_| whom_to_tell(Error::usage(format!("{} is not UTF-8 text", path.display()))))
}

/// `command` is for root.
fn refused(host: &Host, path: &Path, why: &str, command: &str) -> Warning {
    let sudo = if cfg!(windows) || is_root() { "" } else { "sudo " };
    Warning {
        text: format!("{} is not read: {why}", host.shorten_home(path)),
        command: Some(format!("{sudo}{command} {}", quote(&path.to_string_lossy()))),
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn unreadable(host: &Host, path: &Path) -> Found {
    Found::Refused(refused(host, path, "you are not allowed to read it", "chmod a+r"))
}

/// Why a file does not count: one that belongs to somebody else, or that others may write.
#[cfg(unix)]
fn fault(host: &Host, path: &Path, metadata: &std::fs::Metadata) -> Result<Option<Warning>> {
    use std::os::unix::fs::MetadataExt;
    let failed = |error: std::io::Error| Error::file("find the owner of", path, &error);
    // A link can be changed by its own owner.
    let link = std::fs::symlink_metadata(path).map_err(failed)?;
    let is_named = named(host).is_some();
    let (is_owned, owner) = match is_named {
        true => (host.owns(path).map_err(failed)?, "it belongs to neither you nor root"),
        false => (link.uid() == 0 && metadata.uid() == 0, "it does not belong to root"),
    };
    if !is_owned {
        // Of a link that somebody else can turn, root has to decide what is right.
        let repair = if link.is_symlink() { "ls -l" } else { "chown root" };
        return Ok(Some(refused(host, path, owner, repair)));
    }
    let open_to_others = metadata.mode() & 0o022 != 0;
    Ok(open_to_others.then(|| refused(host, path, "users other than its owner can write to it", "chmod go-w")))
}

/// On Windows, access lists protect the files of others.
#[cfg(not(unix))]
fn fault(_: &Host, _: &Path, _: &std::fs::Metadata) -> Result<Option<Warning>> {
    Ok(None)
}

/// A person cannot repair the file, but go on without it.
pub(super) fn whom_to_tell(error: Error) -> Error {
    error
        .because("the file belongs to your organisation: tell the administrator of this machine or your platform team")
        .try_next("NSACCESS_SYSTEM_CONFIG= nsaccess config   # in the meantime: runs without that file")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::disk::atomic;

    fn host(home: &Path, env: &[(&str, &str)]) -> Host {
        Host::for_test(home, env, jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_variable_names_another_file_or_none() {
        let home = Path::new("/home/ada");
        let of = |value: &str| path(&host(home, &[(env_vars::NSACCESS_SYSTEM_CONFIG, value)]));
        assert_eq!(of(""), None);
        assert_eq!(of("/srv/corp.toml"), Some("/srv/corp.toml".into()));
        assert_eq!((of("~/corp.toml"), of("corp.toml")), (Some(home.join("corp.toml")), Some(home.join("corp.toml"))));
        let usual = usual_path(&host(home, &[]));
        assert!(usual.is_absolute() && usual.ends_with("nsaccess/config.toml"), "{usual:?}");
    }

    #[test]
    fn only_a_file_that_nobody_else_may_write_counts() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("corp.toml");
        let host = host(home.path(), &[(env_vars::NSACCESS_SYSTEM_CONFIG, &file.display().to_string())]);
        let found = || read(&host, &file).unwrap_or_else(|error| panic!("{error}"));
        assert!(matches!(found(), Found::Nothing));
        atomic::write_private(&file, b"flow = 'device'\n").expect("written");
        assert!(matches!(found(), Found::Text(text) if text.starts_with("flow")));
        for (mode, counts) in [(0o644, true), (0o664, false), (0o646, false), (0o755, true)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set");
            match found() {
                Found::Text(_) => assert!(counts, "{mode:o}"),
                Found::Refused(warning) => {
                    assert!(!counts, "{mode:o}");
                    assert_eq!(warning.text, "~/corp.toml is not read: users other than its owner can write to it");
                    let command = warning.command.expect("a command");
                    assert!(command.ends_with(&format!("chmod go-w {}", file.display())), "{command}");
                }
                Found::Nothing => panic!("it is there"),
            }
        }
    }

    #[test]
    fn the_null_device_is_no_file() {
        let host = host(Path::new("/home/ada"), &[(env_vars::NSACCESS_SYSTEM_CONFIG, "/dev/null")]);
        assert!(matches!(read(&host, Path::new("/dev/null")), Ok(Found::Nothing)));
    }
}
