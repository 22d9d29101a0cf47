//! `~/.aws/sso/cache`: tokens and registrations, shared with the AWS CLI and the SDKs.
//!
//! A file that cannot be parsed is not an error: it reads as [`Cached::Unusable`], and the next sign-in overwrites it. The
//! AWS CLI leaves such files when two of its processes write at once.

use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};

use crate::disk::{atomic, folder, temporary};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::sso_cache::{
    Registration, SsoToken, parse_registration, parse_token, render_registration, render_token, token_file_name,
};

/// Larger than any file in this folder.
const LARGEST: u64 = 1 << 20;

/// What a cache file holds.
#[derive(Debug, Clone)]
pub(crate) enum Cached<T> {
    Absent,
    Unusable { path: PathBuf, reason: String },
    Found(T),
}

#[cfg(test)]
impl<T> Cached<T> {
    pub(crate) fn found(self) -> Option<T> {
        match self {
            Cached::Found(value) => Some(value),
            Cached::Absent | Cached::Unusable { .. } => None,
        }
    }
}

/// The folder. It depends on `HOME` and not on `AWS_CONFIG_FILE`, as in the AWS CLI.
pub(crate) fn folder(host: &Host) -> PathBuf {
    host.home.join(".aws").join("sso").join("cache")
}

/// The file of a token. The key is the name of an sso-session, or the start URL if there is none.
pub(crate) fn token_path(host: &Host, key: &str) -> PathBuf {
    folder(host).join(token_file_name(key))
}

/// A text that changes with every sign-in, refresh and sign-out, and does not reveal the token.
pub(crate) fn fingerprint(host: &Host, key: &str) -> String {
    let Ok(metadata) = std::fs::metadata(token_path(host, key)) else { return "absent".to_owned() };
    let modified = metadata.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
    format!("{} bytes of {}", metadata.len(), modified.map_or_else(String::new, |time| time.to_string()))
}

/// The lock for signing in to a session and refreshing it. The AWS CLI does not use it.
pub(crate) fn lock_path(host: &Host, session: &str) -> PathBuf {
    let digest: String = Sha1::digest(session.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    host.cache_dir().join("locks").join(format!("session-{digest}.lock"))
}

/// Removes temporary files of processes that were killed during a write. They may hold a token.
pub(crate) fn sweep(host: &Host) {
    temporary::sweep(&folder(host));
}

pub(crate) fn read_token(host: &Host, key: &str) -> Result<Cached<SsoToken>> {
    read(token_path(host, key), parse_token)
}

pub(crate) fn write_token(host: &Host, key: &str, token: &SsoToken) -> Result<()> {
    write(host, &token_path(host, key), render_token(token).expose())
}

/// Returns whether there was a token.
pub(crate) fn remove_token(host: &Host, key: &str) -> Result<bool> {
    atomic::remove(&token_path(host, key))
}

/// Reads a client registration. The name is from [`crate::model::aws::sso_cache::registration_file_name`].
pub(crate) fn read_registration(host: &Host, file_name: &str) -> Result<Cached<Registration>> {
    read(folder(host).join(file_name), parse_registration)
}

pub(crate) fn write_registration(host: &Host, file_name: &str, registration: &Registration) -> Result<()> {
    write(host, &folder(host).join(file_name), render_registration(registration).expose())
}

/// Returns whether there was a registration.
pub(crate) fn remove_registration(host: &Host, file_name: &str) -> Result<bool> {
    atomic::remove(&folder(host).join(file_name))
}

fn read<T>(path: PathBuf, parse: impl Fn(&[u8]) -> Result<T, String>) -> Result<Cached<T>> {
    let Some(bytes) = atomic::read_limited(&path, LARGEST)? else { return Ok(Cached::Absent) };
    let bytes = zeroize::Zeroizing::new(bytes);
    match parse(&bytes) {
        Ok(value) => Ok(Cached::Found(value)),
        Err(reason) => Ok(Cached::Unusable { path, reason }),
    }
}

fn write(host: &Host, path: &Path, text: &str) -> Result<()> {
    // The folders belong to the AWS CLI, so they get the mode that it would give them.
    let shared = folder(host);
    folder::create(&shared, 0o777).map_err(|error| Error::file("create the folder", &shared, &error))?;
    atomic::write_private(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = r#"{"startUrl": "https://x/start", "region": "eu-west-1", "accessToken": "aoa", "expiresAt": "2026-11-22T02:07:47Z"}"#;

    fn host() -> (tempfile::TempDir, Host) {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        (home, host)
    }

    #[test]
    fn a_token_is_written_where_the_aws_cli_looks_and_read_back() {
        let (home, host) = host();
        assert!(matches!(read_token(&host, "corp"), Ok(Cached::Absent)));
        write_token(&host, "corp", &parse_token(TOKEN.as_bytes()).expect("a token")).expect("written");
        let path = home.path().join(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), TOKEN);
        let token = read_token(&host, "corp").expect("read").found().expect("found");
        assert_eq!(token.access_token.expose(), "aoa");
        assert!(remove_token(&host, "corp").expect("removed"));
        assert!(!remove_token(&host, "corp").expect("already gone"));
    }

    #[cfg(unix)]
    #[test]
    fn secrets_are_private_even_over_a_readable_file() {
        use std::os::unix::fs::PermissionsExt;
        let (_home, host) = host();
        let path = token_path(&host, "corp");
        std::fs::create_dir_all(folder(&host)).expect("the folder");
        std::fs::File::create(&path).expect("a file").set_permissions(PermissionsExt::from_mode(0o644)).expect("mode");
        assert!(
            matches!(read_token(&host, "corp"), Ok(Cached::Unusable { reason, .. }) if reason == "the file is empty")
        );
        write_token(&host, "corp", &parse_token(TOKEN.as_bytes()).expect("a token")).expect("written");
        let mode = |path: &Path| std::fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&folder(&host)) & 0o700, 0o700);
    }

    #[test]
    fn a_registration_is_written_and_read_back() {
        let (_home, host) = host();
        let text = r#"{"clientId": "id", "clientSecret": "s", "expiresAt": "2027-02-20T01:07:46Z"}"#;
        let registration = parse_registration(text.as_bytes()).expect("a registration");
        write_registration(&host, "abc.json", &registration).expect("written");
        assert_eq!(std::fs::read_to_string(folder(&host).join("abc.json")).expect("the file"), text);
        assert!(read_registration(&host, "abc.json").expect("read").found().is_some());
        assert!(remove_registration(&host, "abc.json").expect("removed"));
        assert!(read_registration(&host, "abc.json").expect("read").found().is_none());
    }

    #[test]
    #[cfg(unix)]
    fn the_folder_depends_on_home_only() {
        let env = [("AWS_CONFIG_FILE", "/elsewhere/config"), ("XDG_CACHE_HOME", "/c")];
        let host = Host::for_test(Path::new("/home/ada"), &env, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(folder(&host), Path::new("/home/ada/.aws/sso/cache"));
        let lock = "/c/nsaccess/locks/session-ee0bfd2552fbd840c02cc48b6e823320543c450f.lock";
        assert_eq!(lock_path(&host, "corp"), Path::new(lock));
    }
}
