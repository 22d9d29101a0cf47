//! `~/.aws/cli/cache`: credentials of roles, shared with the AWS CLI. A file that cannot be read counts as absent.

use std::path::PathBuf;

use crate::disk::{atomic, folder, temporary};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::sso_cache::parse_role_credentials;
use crate::secret::Secret;

/// Larger than any file in this folder.
const LARGEST: u64 = 1 << 20;

/// The folder. It depends on `HOME` and not on `AWS_CONFIG_FILE`, as in the AWS CLI.
pub(crate) fn folder(host: &Host) -> PathBuf {
    host.home.join(".aws").join("cli").join("cache")
}

/// The credentials in a file, expired or not. The name is from
/// [`crate::model::aws::sso_cache::role_credentials_file_name`] or
/// [`crate::model::aws::sso_cache::assumed_role_file_name`].
pub(crate) fn read(host: &Host, file_name: &str) -> Option<RoleCredentials> {
    let path = folder(host).join(file_name);
    let bytes = zeroize::Zeroizing::new(atomic::read_limited(&path, LARGEST).ok()??);
    let (keys, expires_at) = parse_role_credentials(&bytes).ok()?;
    // The file does not say when they were obtained. Its own time does, but for one in the future.
    let written = std::fs::metadata(&path).and_then(|found| found.modified()).ok();
    let obtained_at = written.and_then(|at| at.try_into().ok()).unwrap_or_else(|| host.now()).min(host.now());
    Some(RoleCredentials { keys, obtained_at, expires_at })
}

/// Writes a file, with the text of [`crate::model::aws::sso_cache::render_sso_role`] or
/// [`crate::model::aws::sso_cache::render_assumed_role`].
pub(crate) fn write(host: &Host, file_name: &str, text: &Secret<String>) -> Result<()> {
    // The folders belong to the AWS CLI, so they get the mode that it would give them.
    let shared = folder(host);
    folder::create(&shared, 0o777).map_err(|error| Error::file("create the folder", &shared, &error))?;
    atomic::write_private(&shared.join(file_name), text.expose().as_bytes())
}

/// Removes a file. Returns whether there was one.
pub(crate) fn remove(host: &Host, file_name: &str) -> Result<bool> {
    atomic::remove(&folder(host).join(file_name))
}

/// Removes temporary files of processes that were killed during a write. They may hold credentials.
pub(crate) fn sweep(host: &Host) {
    temporary::sweep(&folder(host));
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::aws::access_keys::AccessKeys;
    use crate::model::aws::sso_cache::{render_sso_role, role_credentials_file_name};

    fn host() -> (tempfile::TempDir, Host) {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], Timestamp::UNIX_EPOCH);
        (home, host)
    }

    fn credentials() -> RoleCredentials {
        RoleCredentials {
            keys: AccessKeys::for_test("ASIA"),
            obtained_at: Timestamp::UNIX_EPOCH,
            expires_at: "2026-11-22T02:07:47Z".parse().expect("a time"),
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_garbage_is_absent() {
        let (_home, host) = host();
        let name = role_credentials_file_name("111122223333", "Dev", Some("corp"), "");
        assert!(read(&host, &name).is_none());
        write(&host, &name, &render_sso_role(&credentials(), "111122223333")).expect("written");
        let back = read(&host, &name).expect("there");
        assert_eq!((back.keys.access_key_id(), back.expires_at), ("ASIA", credentials().expires_at));
        write(&host, &name, &Secret::from("{}}")).expect("written");
        assert!(read(&host, &name).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private_even_over_a_readable_one() {
        use std::os::unix::fs::PermissionsExt;
        let (_home, host) = host();
        std::fs::create_dir_all(folder(&host)).expect("the folder");
        let path = folder(&host).join("a.json");
        std::fs::File::create(&path).expect("a file").set_permissions(PermissionsExt::from_mode(0o644)).expect("mode");
        write(&host, "a.json", &render_sso_role(&credentials(), "1")).expect("written");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn role_credentials_are_removed_by_file_name() {
        let (home, host) = host();
        let folder = home.path().join(".aws/cli/cache");
        std::fs::create_dir_all(&folder).expect("the folder");
        let [theirs, other] =
            ["20985b56d713cfd135648cadc68a6115ca80d9a5.json", "other.json"].map(|name| folder.join(name));
        for file in [&theirs, &other] {
            std::fs::File::create(file).expect("a file");
        }
        let name = role_credentials_file_name("111122223333", "Dev", Some("corp"), "");
        assert!(remove(&host, &name).expect("removed"));
        assert!(!remove(&host, &name).expect("already gone"));
        assert!(!theirs.exists() && other.exists());
    }
}
