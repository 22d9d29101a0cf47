//! Role credentials: a file for each namespace, and one more for each other identity that was used in its name.
//!
//! `<namespace>.json` holds the credentials of the namespace's own identity and the fingerprint of the configuration that
//! decided it. kubectl's tokens are signed with them while the fingerprint is unchanged. Credentials of an identity that
//! a flag, a variable or a project file chose for one command have a file of their own, found by that identity only.

use std::path::PathBuf;

use aws_config_edit::{plain_start_url, same_start_url};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{Cache, digest, read};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::credentials::{AccessKeys, RoleCredentials};
use crate::model::aws::target::Target;
use crate::model::kube::namespace::Namespace;
use crate::secret::Secret;

/// Who credentials are for, besides the namespace; all of it must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity<'a> {
    /// Portal that gives them.
    pub start_url: &'a str,
    /// Account.
    pub account: &'a str,
    /// Permission set.
    pub role: &'a str,
}

/// Credentials with what they are for: all that the warm path of `token` reads.
#[derive(Debug, Clone)]
pub(crate) struct CachedCredentials {
    /// Account they belong to.
    pub account: String,
    /// Permission set they belong to.
    pub role: String,
    /// Portal that gave them.
    pub start_url: String,
    /// The credentials.
    pub credentials: RoleCredentials,
    /// Name and region of the namespace's cluster, once known.
    pub cluster: Option<(String, String)>,
    /// The configuration that made this the namespace's own identity; `None` for any other identity.
    pub config_fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct CredentialsFile {
    account: String,
    role: String,
    start_url: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    obtained_at: Timestamp,
    expires_at: Timestamp,
    cluster_name: Option<String>,
    cluster_region: Option<String>,
    #[serde(rename = "basis")]
    config_fingerprint: Option<String>,
}

impl<'a> From<&'a Target> for Identity<'a> {
    fn from(target: &'a Target) -> Self {
        Identity { start_url: &target.portal.start_url, account: &target.account, role: &target.role }
    }
}

impl Identity<'_> {
    /// URLs make no file names.
    fn digest(self) -> String {
        digest(&[&plain_start_url(self.start_url), self.account, self.role].join("\n"))
    }
}

impl CachedCredentials {
    /// Who they are for.
    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity { start_url: &self.start_url, account: &self.account, role: &self.role }
    }

    /// Whether they are for this identity.
    pub(crate) fn belong_to(&self, identity: Identity<'_>) -> bool {
        let portal = same_start_url(&self.start_url, identity.start_url);
        portal && self.account == identity.account && self.role == identity.role
    }
}

impl Cache {
    /// The credentials of a namespace's own identity, fresh or not.
    pub(crate) fn own_credentials(&self, namespace: &Namespace) -> Option<CachedCredentials> {
        read_credentials(&self.own_file(namespace))
    }

    /// The credentials of this very identity in a namespace: of two, those that last longer.
    pub(crate) fn credentials(&self, namespace: &Namespace, identity: Identity<'_>) -> Option<CachedCredentials> {
        let files = [self.own_file(namespace), self.other_file(namespace, identity)];
        let found = files.iter().filter_map(|file| read_credentials(file)).filter(|cached| cached.belong_to(identity));
        found.max_by_key(|cached| cached.credentials.expires_at)
    }

    /// Stores credentials: as the namespace's own if they have a fingerprint, else as those of another identity.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_credentials(&self, namespace: &Namespace, cached: &CachedCredentials) -> Result<()> {
        let keys = &cached.credentials.keys;
        let file = json!({
            "account": cached.account,
            "role": cached.role,
            "start_url": cached.start_url,
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key.expose(),
            "session_token": keys.session_token.as_ref().map(|token| token.expose()),
            "obtained_at": cached.credentials.obtained_at,
            "expires_at": cached.credentials.expires_at,
            "cluster_name": cached.cluster.as_ref().map(|(name, _)| name),
            "cluster_region": cached.cluster.as_ref().map(|(_, region)| region),
            "basis": cached.config_fingerprint,
        });
        let text = Secret::new(file.to_string());
        let other = self.other_file(namespace, cached.identity());
        if cached.config_fingerprint.is_none() {
            return atomic::write_private(&other, text.expose().as_bytes());
        }
        atomic::write_private(&self.own_file(namespace), text.expose().as_bytes())?;
        // Without this file, a token that the cluster refused is not noticed. That is no reason to fail.
        let _ = self.create_issued_tokens(namespace);
        atomic::remove(&other).map(drop)
    }

    /// Forgets the credentials of this very identity in a namespace.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub(crate) fn forget_identity(&self, namespace: &Namespace, identity: Identity<'_>) -> Result<()> {
        if self.own_credentials(namespace).is_some_and(|own| own.belong_to(identity)) {
            atomic::remove(&self.own_file(namespace))?;
        }
        atomic::remove(&self.other_file(namespace, identity)).map(drop)
    }

    /// Forgets the credentials of a namespace, of every identity that was used in its name.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub(crate) fn forget_credentials(&self, namespace: &Namespace) -> Result<bool> {
        let mut forgotten = false;
        let _ = atomic::remove(&self.issued_tokens_path(namespace));
        for (_, file) in self.credentials_files().filter(|(owner, _)| owner == namespace) {
            forgotten |= atomic::remove(&file)?;
        }
        Ok(forgotten)
    }

    /// The namespaces that credentials are stored for, with those; a namespace comes once for each identity.
    pub(crate) fn namespaces_with_credentials(&self) -> Vec<(Namespace, CachedCredentials)> {
        let mut found: Vec<_> = self
            .credentials_files()
            .filter_map(|(namespace, file)| Some((namespace, read_credentials(&file)?)))
            .collect();
        found.sort_by(|left, right| left.0.cmp(&right.0));
        found
    }

    /// Every file of credentials, with its namespace: what stands before the first dot, which no name of one has.
    fn credentials_files(&self) -> impl Iterator<Item = (Namespace, PathBuf)> {
        let entries = std::fs::read_dir(self.folder.join("credentials")).into_iter().flatten().flatten();
        entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let namespace = name.strip_suffix(".json")?.split('.').next()?;
            Some((Namespace::parse(namespace).ok()?, entry.path()))
        })
    }

    fn own_file(&self, namespace: &Namespace) -> PathBuf {
        self.file("credentials", namespace.as_str())
    }

    fn other_file(&self, namespace: &Namespace, identity: Identity<'_>) -> PathBuf {
        self.file("credentials", &format!("{namespace}.{}", identity.digest()))
    }
}

fn read_credentials(path: &std::path::Path) -> Option<CachedCredentials> {
    let file: CredentialsFile = read(path)?;
    Some(CachedCredentials {
        account: file.account,
        role: file.role,
        start_url: file.start_url,
        credentials: RoleCredentials {
            keys: AccessKeys {
                access_key_id: file.access_key_id,
                secret_access_key: Secret::new(file.secret_access_key),
                session_token: file.session_token.map(Secret::new),
            },
            obtained_at: file.obtained_at,
            expires_at: file.expires_at,
        },
        cluster: file.cluster_name.zip(file.cluster_region),
        config_fingerprint: file.config_fingerprint,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::host::Host;

    fn cached(config_fingerprint: Option<&str>, account: &str, ends: i64) -> CachedCredentials {
        CachedCredentials {
            account: account.into(),
            role: "idp-ns-idp-dev".into(),
            start_url: "https://x/start".into(),
            credentials: RoleCredentials {
                keys: AccessKeys {
                    access_key_id: "ASIA".into(),
                    secret_access_key: Secret::from("s"),
                    session_token: Some(Secret::from("t")),
                },
                obtained_at: Timestamp::UNIX_EPOCH,
                expires_at: Timestamp::from_second(ends).expect("a time"),
            },
            cluster: Some(("demo".into(), "eu-west-1".into())),
            config_fingerprint: config_fingerprint.map(str::to_owned),
        }
    }

    fn cache() -> (tempfile::TempDir, Cache, Namespace) {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::made(home.path(), &[], Timestamp::UNIX_EPOCH));
        (home, cache, Namespace::parse("idp-dev").expect("a name"))
    }

    #[test]
    fn what_is_stored_comes_back_and_what_cannot_be_read_is_a_miss() {
        let (_home, cache, namespace) = cache();
        assert!(cache.own_credentials(&namespace).is_none());
        cache.store_credentials(&namespace, &cached(Some("b"), "1", 1)).expect("stored");
        let back = cache.own_credentials(&namespace).expect("there");
        assert_eq!(back.credentials.keys.secret_access_key.expose(), "s");
        assert_eq!(
            (back.cluster, back.config_fingerprint),
            (Some(("demo".into(), "eu-west-1".into())), Some("b".into()))
        );
        assert_eq!(cache.namespaces_with_credentials().len(), 1);
        for garbage in ["", "{", "{}", "[]", "\0"] {
            atomic::write_private(&cache.own_file(&namespace), garbage.as_bytes()).expect("written");
            assert!(cache.own_credentials(&namespace).is_none(), "{garbage:?}");
        }
    }

    #[test]
    fn each_identity_finds_its_own_and_the_namespaces_own_is_not_touched_by_others() {
        let (_home, cache, namespace) = cache();
        let (own, other) = (cached(Some("b"), "1", 1), cached(None, "2", 1));
        cache.store_credentials(&namespace, &own).expect("stored");
        cache.store_credentials(&namespace, &other).expect("stored");
        let account = |identity| cache.credentials(&namespace, identity).map(|cached| cached.account);
        assert_eq!(cache.own_credentials(&namespace).expect("there").account, "1");
        assert_eq!((account(own.identity()), account(other.identity())), (Some("1".into()), Some("2".into())));
        for wrong in [
            Identity { role: "x", ..own.identity() },
            Identity { account: "3", ..own.identity() },
            Identity { start_url: "https://y/start", ..own.identity() },
        ] {
            assert_eq!(account(wrong), None, "{wrong:?}");
        }
        let spelled = Identity { start_url: "https://x/start/#/", ..other.identity() };
        assert_eq!(account(spelled), Some("2".into()), "another spelling is no other portal");
        // The same identity, chosen for once and then for good: one file, the one that lasts.
        cache.store_credentials(&namespace, &cached(None, "1", 9)).expect("stored");
        let lasting = cache.credentials(&namespace, own.identity()).expect("there");
        assert_eq!(lasting.credentials.expires_at.as_second(), 9);
        cache.store_credentials(&namespace, &cached(Some("c"), "1", 9)).expect("stored");
        assert_eq!(cache.namespaces_with_credentials().len(), 2);
        cache.forget_identity(&namespace, own.identity()).expect("forgotten");
        assert_eq!((account(own.identity()), account(other.identity())), (None, Some("2".into())));
        assert!(cache.forget_credentials(&namespace).expect("forgotten"));
        assert_eq!(cache.namespaces_with_credentials().len(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private_in_private_folders() {
        use std::os::unix::fs::PermissionsExt;
        let (_home, cache, namespace) = cache();
        cache.store_credentials(&namespace, &cached(Some("b"), "1", 1)).expect("stored");
        cache.store_credentials(&namespace, &cached(None, "2", 1)).expect("stored");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&cache.own_file(&namespace)), 0o600);
        assert_eq!(mode(&cache.other_file(&namespace, cached(None, "2", 1).identity())), 0o600);
        assert_eq!(mode(&cache.folder.join("credentials")), 0o700);
        assert_eq!(mode(&cache.folder), 0o700);
    }
}
