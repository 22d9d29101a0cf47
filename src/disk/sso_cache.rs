//! `~/.aws/sso/cache`: tokens and registrations, shared with the AWS CLI and the SDKs.
//!
//! A file that cannot be understood is no error: it reads as [`Cached::Unusable`] with the reason, stays where it is, and
//! the next sign-in overwrites it. The AWS CLI leaves such files behind when two of its processes write at once.

use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};

use crate::disk::{atomic, folder, temporary};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::sso_cache::{
    Registration, SsoToken, parse_registration, parse_token, render_registration, render_token, token_file_name,
};

/// Nothing that belongs here is anywhere near as large.
const LIMIT: u64 = 1 << 20;

/// What a cache file holds.
#[derive(Debug, Clone)]
pub(crate) enum Cached<T> {
    /// There is no file.
    Absent,
    /// There is a file that cannot be used.
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There it is.
    Found(T),
}

#[cfg(test)]
impl<T> Cached<T> {
    /// The value, for tests to which no file and a broken one are the same.
    pub(crate) fn found(self) -> Option<T> {
        match self {
            Cached::Found(value) => Some(value),
            Cached::Absent | Cached::Unusable { .. } => None,
        }
    }
}

/// The folder. It follows `HOME` and not `AWS_CONFIG_FILE`, as in the AWS CLI.
pub(crate) fn folder(host: &Host) -> PathBuf {
    host.home.join(".aws").join("sso").join("cache")
}

/// The token's file. The key is an sso-session's name, or a start URL where there is no session.
pub(crate) fn token_path(host: &Host, key: &str) -> PathBuf {
    folder(host).join(token_file_name(key))
}

/// A short text that changes whenever anybody signs in, renews or signs out. It says nothing about the token.
pub(crate) fn fingerprint(host: &Host, key: &str) -> String {
    let Ok(metadata) = std::fs::metadata(token_path(host, key)) else { return "absent".to_owned() };
    let modified = metadata.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
    format!("{} bytes of {}", metadata.len(), modified.map_or_else(String::new, |time| time.to_string()))
}

/// The lock that sign-ins and refreshes of one session hold. The AWS CLI knows nothing of it.
pub(crate) fn lock_path(host: &Host, session: &str) -> PathBuf {
    let digest: String = Sha1::digest(session.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    host.cache_dir().join("locks").join(format!("session-{digest}.lock"))
}

/// Removes what processes that were killed in the middle of a write left here: it may hold a token.
pub(crate) fn sweep(host: &Host) {
    temporary::sweep(&folder(host));
}

/// Reads a token.
///
/// # Errors
/// When the file exists and cannot be read at all.
pub(crate) fn read_token(host: &Host, key: &str) -> Result<Cached<SsoToken>> {
    read(token_path(host, key), parse_token)
}

/// Writes a token, for us and for the AWS CLI.
///
/// # Errors
/// When the file cannot be written; the old one is then untouched.
pub(crate) fn write_token(host: &Host, key: &str, token: &SsoToken) -> Result<()> {
    write(host, &token_path(host, key), render_token(token).expose())
}

/// Removes a token. Returns whether there was one.
///
/// # Errors
/// When it exists and cannot be removed.
pub(crate) fn remove_token(host: &Host, key: &str) -> Result<bool> {
    atomic::remove(&token_path(host, key))
}

/// Reads a registration by its file name ([`crate::model::aws::sso_cache::registration_file_name`]).
///
/// # Errors
/// When the file exists and cannot be read at all.
pub(crate) fn read_registration(host: &Host, file_name: &str) -> Result<Cached<Registration>> {
    read(folder(host).join(file_name), parse_registration)
}

/// Writes a registration, for us and for the AWS CLI.
///
/// # Errors
/// When the file cannot be written; the old one is then untouched.
pub(crate) fn write_registration(host: &Host, file_name: &str, registration: &Registration) -> Result<()> {
    write(host, &folder(host).join(file_name), render_registration(registration).expose())
}

/// Removes a registration. Returns whether there was one.
///
/// # Errors
/// When it exists and cannot be removed.
pub(crate) fn remove_registration(host: &Host, file_name: &str) -> Result<bool> {
    atomic::remove(&folder(host).join(file_name))
}

/// Removes credentials that the AWS CLI keeps in `~/.aws/cli/cache`, by their file's name
/// ([`crate::model::aws::sso_cache::role_credentials_file_name`], [`crate::model::aws::sso_cache::assumed_role_file_name`]). Returns
/// whether there were any.
///
/// # Errors
/// When the file exists and cannot be removed.
pub(crate) fn remove_cli_credentials(host: &Host, file_name: &str) -> Result<bool> {
    atomic::remove(&host.home.join(".aws").join("cli").join("cache").join(file_name))
}

fn read<T>(path: PathBuf, parse: impl Fn(&[u8]) -> Result<T, String>) -> Result<Cached<T>> {
    let Some(bytes) = atomic::read_limited(&path, LIMIT)? else { return Ok(Cached::Absent) };
    let bytes = zeroize::Zeroizing::new(bytes);
    match parse(&bytes) {
        Ok(value) => Ok(Cached::Found(value)),
        Err(reason) => Ok(Cached::Unusable { path, reason }),
    }
}

fn write(host: &Host, path: &Path, text: &str) -> Result<()> {
    // The folders are the AWS CLI's, so they get its mode (the umask's) and not that of our own.
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
        let host = Host::made(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
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
    fn role_credentials_of_the_aws_cli_are_removed_by_its_name() {
        let (home, host) = host();
        let folder = home.path().join(".aws/cli/cache");
        std::fs::create_dir_all(&folder).expect("the folder");
        let [theirs, other] =
            ["20985b56d713cfd135648cadc68a6115ca80d9a5.json", "other.json"].map(|name| folder.join(name));
        for file in [&theirs, &other] {
            std::fs::File::create(file).expect("a file");
        }
        let name = crate::model::aws::sso_cache::role_credentials_file_name("111122223333", "Dev", Some("corp"), "");
        assert!(remove_cli_credentials(&host, &name).expect("removed"));
        assert!(!remove_cli_credentials(&host, &name).expect("already gone"));
        assert!(!theirs.exists() && other.exists());
    }

    #[test]
    fn the_folder_follows_home_alone() {
        let env = [("AWS_CONFIG_FILE", "/elsewhere/config"), ("XDG_CACHE_HOME", "/c")];
        let host = Host::made(Path::new("/home/ada"), &env, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(folder(&host), Path::new("/home/ada/.aws/sso/cache"));
        let lock = "/c/nsaccess/locks/session-ee0bfd2552fbd840c02cc48b6e823320543c450f.lock";
        assert_eq!(lock_path(&host, "corp"), Path::new(lock));
    }
}
