//! Sessions of assumed roles: a file per role and method of assuming it.

use std::path::{Path, PathBuf};

use aws_config_edit::same_start_url;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential_fields::CredentialFields;
use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::identity::IdentityKey;

/// What a session was assumed with. All of it must match.
#[derive(Debug, Clone)]
pub(crate) struct RoleKey<'a> {
    /// Whose credentials assumed it.
    pub(crate) identity: IdentityKey,
    pub(crate) access: &'a str,
    pub(crate) role_arn: &'a str,
    /// How the role was assumed.
    pub(crate) method: &'a str,
    /// The service account whose token was used, or the empty text.
    pub(crate) service_account: &'a str,
    /// The duration that was asked for.
    pub(crate) seconds: u32,
}

/// The session of an assumed role.
#[derive(Debug, Clone)]
pub(crate) struct CachedRole {
    /// The ARN of the session.
    pub(crate) arn: String,
    pub(crate) credentials: RoleCredentials,
}

#[derive(Serialize, Deserialize)]
struct RoleFile {
    start_url: String,
    #[serde(default)]
    access: String,
    arn: String,
    #[serde(flatten)]
    credentials: CredentialFields,
}

impl RoleKey<'_> {
    fn name(&self) -> String {
        let seconds = self.seconds.to_string();
        let identity = self.identity.text();
        let parts = [identity.as_str(), self.access, self.role_arn, self.method, self.service_account, &seconds];
        digest(&parts.join("\n"))
    }
}

impl Cache {
    /// The session of a role, expired or not.
    pub(crate) fn role(&self, key: &RoleKey<'_>) -> Option<CachedRole> {
        let file: RoleFile = read(&self.role_file(key))?;
        Some(CachedRole { arn: file.arn, credentials: file.credentials.into() })
    }

    /// Stores the session of a role, and removes expired ones.
    pub(crate) fn store_role(&self, key: &RoleKey<'_>, cached: &CachedRole, now: Timestamp) -> Result<()> {
        let file = RoleFile {
            start_url: key.identity.start_url.clone(),
            access: key.access.to_owned(),
            arn: cached.arn.clone(),
            credentials: (&cached.credentials).into(),
        };
        write(&self.role_file(key), &file)?;
        // An expired file that cannot be removed now is removed next time.
        let _ = self.forget_roles(|role| role.credentials.expires_at <= now);
        Ok(())
    }

    /// Removes the sessions that were assumed with credentials of a portal.
    pub(crate) fn forget_roles_of(&self, start_url: &str) -> Result<()> {
        self.forget_roles(|role| same_start_url(&role.start_url, start_url))
    }

    /// Removes the sessions that were assumed with the credentials of an access.
    pub(crate) fn forget_roles_of_access(&self, access: &str) -> Result<()> {
        self.forget_roles(|role| role.access == access)
    }

    fn forget_roles(&self, which: impl Fn(&RoleFile) -> bool) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("roles")) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_ours(path)) {
            if read(&path).as_ref().is_some_and(&which) {
                atomic::remove(&path)?;
            }
        }
        Ok(())
    }

    fn role_file(&self, key: &RoleKey<'_>) -> PathBuf {
        self.file("roles", &key.name())
    }
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;
    use crate::model::aws::access_keys::AccessKeys;

    fn key() -> RoleKey<'static> {
        RoleKey {
            identity: IdentityKey {
                start_url: "https://x".into(),
                account: "111122223333".into(),
                role: "p".into(),
                source: String::new(),
            },
            access: "idp-dev",
            role_arn: "arn:aws:iam::111122223333:role/../../x",
            method: "sts",
            service_account: "",
            seconds: 3600,
        }
    }

    fn of_portal(start_url: &str) -> IdentityKey {
        IdentityKey { start_url: start_url.into(), ..key().identity }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn role(ends: i64) -> CachedRole {
        CachedRole {
            arn: "arn".into(),
            credentials: RoleCredentials {
                keys: AccessKeys::for_test("ASIA"),
                obtained_at: at(0),
                expires_at: at(ends),
            },
        }
    }

    #[test]
    fn a_session_is_found_by_its_own_key_only() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], at(0)));
        assert!(cache.role(&key()).is_none());
        cache.store_role(&key(), &role(100), at(0)).expect("stored");
        let back = cache.role(&key()).expect("there");
        assert_eq!(back.credentials.keys.secret_access_key().expose(), "s");
        for other in [
            RoleKey { role_arn: "other", ..key() },
            RoleKey { method: "token", ..key() },
            RoleKey { service_account: "other", ..key() },
            RoleKey { seconds: 900, ..key() },
            RoleKey { identity: IdentityKey { account: "444455556666".into(), ..key().identity }, ..key() },
            RoleKey { access: "idp-test", ..key() },
            RoleKey { identity: of_portal("https://y"), ..key() },
        ] {
            assert!(cache.role(&other).is_none(), "{other:?}");
        }
        assert_eq!(cache.role_file(&key()).parent(), Some(cache.folder.join("roles").as_path()));
    }

    #[test]
    fn expired_sessions_are_removed_and_so_are_those_of_a_portal() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], at(0)));
        let other = RoleKey { role_arn: "other", identity: of_portal("https://y"), ..key() };
        let over = RoleKey { role_arn: "over", ..key() };
        cache.store_role(&over, &role(10), at(0)).expect("stored");
        cache.store_role(&key(), &role(100), at(0)).expect("stored");
        cache.store_role(&other, &role(100), at(10)).expect("stored");
        assert!(cache.role(&over).is_none() && cache.role(&key()).is_some());
        cache.forget_roles_of("https://x").expect("forgotten");
        assert!(cache.role(&key()).is_none() && cache.role(&other).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_in_a_private_folder() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], at(0)));
        cache.store_role(&key(), &role(100), at(0)).expect("stored");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&cache.role_file(&key())), 0o600);
        assert_eq!(mode(&cache.folder.join("roles")), 0o700);
    }
}
