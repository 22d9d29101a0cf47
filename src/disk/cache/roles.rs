//! Sessions of assumed roles: one file for each role and way to it, mode 0600.

use std::path::{Path, PathBuf};

use aws_config_edit::{plain_start_url, same_start_url};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{Cache, digest, read};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::credentials::{AccessKeys, RoleCredentials};
use crate::secret::Secret;

/// What a stored session is for; all of it must fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoleKey<'a> {
    /// Portal that gave the credentials before.
    pub start_url: &'a str,
    /// Account of the permission set.
    pub account: &'a str,
    /// Permission set.
    pub permission_set: &'a str,
    /// Namespace.
    pub namespace: &'a str,
    /// ARN of the assumed role.
    pub role_arn: &'a str,
    /// The way to it.
    pub way: &'a str,
    /// Service account of the token, where one proves who asks.
    pub service_account: &'a str,
    /// How long it was to last.
    pub seconds: u32,
}

/// A stored session.
#[derive(Debug, Clone)]
pub(crate) struct CachedRole {
    /// Its ARN as STS shows it.
    pub arn: String,
    /// The credentials.
    pub credentials: RoleCredentials,
}

#[derive(Deserialize)]
struct RoleFile {
    start_url: String,
    arn: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    obtained_at: Timestamp,
    expires_at: Timestamp,
}

impl RoleKey<'_> {
    /// ARNs and URLs make no file names.
    fn name(&self) -> String {
        let seconds = self.seconds.to_string();
        let portal = plain_start_url(self.start_url);
        let parts = [
            portal.as_str(),
            self.account,
            self.permission_set,
            self.namespace,
            self.role_arn,
            self.way,
            self.service_account,
            &seconds,
        ];
        digest(&parts.join("\n"))
    }
}

impl Cache {
    /// The session of a role, fresh or not.
    pub(crate) fn role(&self, key: RoleKey<'_>) -> Option<CachedRole> {
        let file: RoleFile = read(&self.role_file(key))?;
        Some(CachedRole {
            arn: file.arn,
            credentials: RoleCredentials {
                keys: AccessKeys {
                    access_key_id: file.access_key_id,
                    secret_access_key: Secret::new(file.secret_access_key),
                    session_token: file.session_token.map(Secret::new),
                },
                obtained_at: file.obtained_at,
                expires_at: file.expires_at,
            },
        })
    }

    /// Stores the session of a role, and removes those that are over.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_role(&self, key: RoleKey<'_>, cached: &CachedRole, now: Timestamp) -> Result<()> {
        let keys = &cached.credentials.keys;
        let file = json!({
            "start_url": key.start_url,
            "arn": cached.arn,
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key.expose(),
            "session_token": keys.session_token.as_ref().map(|token| token.expose()),
            "obtained_at": cached.credentials.obtained_at,
            "expires_at": cached.credentials.expires_at,
        });
        let text = Secret::new(file.to_string());
        atomic::write_private(&self.role_file(key), text.expose().as_bytes())?;
        // What is over is of no use to anybody; that it goes later is no reason to fail now.
        let _ = self.forget_roles(|role| role.expires_at <= now);
        Ok(())
    }

    /// Forgets the sessions that came from a portal.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub(crate) fn forget_roles_of(&self, start_url: &str) -> Result<()> {
        self.forget_roles(|role| same_start_url(&role.start_url, start_url))
    }

    fn forget_roles(&self, which: impl Fn(&RoleFile) -> bool) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("roles")) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_ours(path)) {
            let role: Option<RoleFile> = read(&path);
            let fits = role.as_ref().is_some_and(&which);
            if let Some(role) = role {
                drop((Secret::new(role.secret_access_key), role.session_token.map(Secret::new)));
            }
            if fits {
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

    const KEY: RoleKey<'_> = RoleKey {
        start_url: "https://x",
        account: "111122223333",
        permission_set: "p",
        namespace: "idp-dev",
        role_arn: "arn:aws:iam::111122223333:role/../../x",
        way: "sts",
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
    fn a_session_comes_back_for_what_it_was_given_for_and_for_nothing_else() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::made(home.path(), &[], at(0)));
        assert!(cache.role(KEY).is_none());
        cache.store_role(KEY, &role(100), at(0)).expect("stored");
        let back = cache.role(KEY).expect("there");
        assert_eq!(back.credentials.keys.secret_access_key.expose(), "s");
        for other in [
            RoleKey { role_arn: "other", ..KEY },
            RoleKey { way: "token", ..KEY },
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
    fn sessions_that_are_over_go_and_so_do_those_of_a_portal_that_was_left() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::made(home.path(), &[], at(0)));
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
        let cache = Cache::new(&Host::made(home.path(), &[], at(0)));
        cache.store_role(KEY, &role(100), at(0)).expect("stored");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&cache.role_file(KEY)), 0o600);
        assert_eq!(mode(&cache.folder.join("roles")), 0o700);
    }
}
