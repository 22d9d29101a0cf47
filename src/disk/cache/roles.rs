//! Sessions of assumed roles: a file per role and method of assuming it.

use std::path::{Path, PathBuf};

use aws_config_edit::{plain_start_url, same_start_url};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential_fields::CredentialFields;
use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::credentials::RoleCredentials;

/// What a session was assumed with. All of it must match.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoleKey<'a> {
    /// The portal, account and permission set of the credentials that assumed it.
    pub(crate) start_url: &'a str,
    pub(crate) account: &'a str,
    pub(crate) permission_set: &'a str,
    pub(crate) namespace: &'a str,
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
    arn: String,
    #[serde(flatten)]
    credentials: CredentialFields,
}

impl RoleKey<'_> {
    fn name(&self) -> String {
        let seconds = self.seconds.to_string();
        let portal = plain_start_url(self.start_url);
        let parts = [
            portal.as_str(),
            self.account,
            self.permission_set,
            self.namespace,
            self.role_arn,
            self.method,
            self.service_account,
            &seconds,
        ];
        digest(&parts.join("\n"))
    }
}

impl Cache {
    /// The session of a role, expired or not.
    pub(crate) fn role(&self, key: RoleKey<'_>) -> Option<CachedRole> {
        let file: RoleFile = read(&self.role_file(key))?;
        Some(CachedRole { arn: file.arn, credentials: file.credentials.into() })
    }

    /// Stores the session of a role, and removes expired ones.
    pub(crate) fn store_role(&self, key: RoleKey<'_>, cached: &CachedRole, now: Timestamp) -> Result<()> {
        let file = RoleFile {
            start_url: key.start_url.to_owned(),
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

    fn forget_roles(&self, which: impl Fn(&RoleFile) -> bool) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("roles")) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_ours(path)) {
            if read(&path).as_ref().is_some_and(&which) {
                atomic::remove(&path)?;
            }
        }
        Ok(())
    }

    fn role_file(&self, key: RoleKey<'_>) -> PathBuf {
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
    use crate::model::aws::credentials::AccessKeys;
    use crate::secret::Secret;

    const KEY: RoleKey<'_> = RoleKey {
        start_url: "https://x",
        account: "111122223333",
        permission_set: "p",
        namespace: "idp-dev",
        role_arn: "arn:aws:iam::111122223333:role/../../x",
        method: "sts",
        service_account: "",
        seconds: 3600,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn role(ends: i64) -> CachedRole {
        CachedRole {
            arn: "arn".into(),
            credentials: RoleCredentials {
                keys: AccessKeys {
                    access_key_id: "ASIA".into(),
                    secret_access_key: Secret::from("s"),
                    session_token: Some(Secret::from("t")),
                },
                obtained_at: at(0),
                expires_at: at(ends),
            },
        }
    }

    #[test]
    fn a_session_is_found_by_its_own_key_only() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], at(0)));
        assert!(cache.role(KEY).is_none());
        cache.store_role(KEY, &role(100), at(0)).expect("stored");
        let back = cache.role(KEY).expect("there");
        assert_eq!(back.credentials.keys.secret_access_key.expose(), "s");
        for other in [
            RoleKey { role_arn: "other", ..KEY },
            RoleKey { method: "token", ..KEY },
            RoleKey { service_account: "other", ..KEY },
            RoleKey { seconds: 900, ..KEY },
            RoleKey { account: "444455556666", ..KEY },
            RoleKey { namespace: "idp-test", ..KEY },
            RoleKey { start_url: "https://y", ..KEY },
        ] {
            assert!(cache.role(other).is_none(), "{other:?}");
        }
        assert_eq!(cache.role_file(KEY).parent(), Some(cache.folder.join("roles").as_path()));
    }

    #[test]
    fn expired_sessions_are_removed_and_so_are_those_of_a_portal() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], at(0)));
        let other = RoleKey { role_arn: "other", start_url: "https://y", ..KEY };
        let over = RoleKey { role_arn: "over", ..KEY };
        cache.store_role(over, &role(10), at(0)).expect("stored");
        cache.store_role(KEY, &role(100), at(0)).expect("stored");
        cache.store_role(other, &role(100), at(10)).expect("stored");
        assert!(cache.role(over).is_none() && cache.role(KEY).is_some());
        cache.forget_roles_of("https://x").expect("forgotten");
        assert!(cache.role(KEY).is_none() && cache.role(other).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_in_a_private_folder() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], at(0)));
        cache.store_role(KEY, &role(100), at(0)).expect("stored");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&cache.role_file(KEY)), 0o600);
        assert_eq!(mode(&cache.folder.join("roles")), 0o700);
    }
}
