//! Role credentials: a file per namespace, and one more for each other identity that was used in it.
//!
//! `<namespace>.json` holds the credentials of the namespace's own identity and the fingerprint of the configuration that
//! decided it. kubectl's tokens are signed with them while the fingerprint is unchanged. Credentials of an identity that
//! a flag, a variable or a project file chose for one command have a file of their own, found by that identity only.

use std::path::{Path, PathBuf};

use aws_config_edit::{plain_start_url, same_start_url};
use serde::{Deserialize, Serialize};

use super::credential_fields::CredentialFields;
use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::kube::namespace::Namespace;

/// Whose credentials these are. All of it must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity<'a> {
    pub(crate) start_url: &'a str,
    pub(crate) account: &'a str,
    /// The permission set.
    pub(crate) role: &'a str,
}

/// Credentials, their identity and their cluster: all that the warm path of `token` reads.
#[derive(Debug, Clone)]
pub(crate) struct CachedCredentials {
    pub(crate) account: String,
    /// The permission set.
    pub(crate) role: String,
    pub(crate) start_url: String,
    pub(crate) credentials: RoleCredentials,
    /// The name and region of the namespace's cluster, once known.
    pub(crate) cluster: Option<(String, String)>,
    /// The configuration that made this the namespace's own identity; `None` for any other identity.
    pub(crate) config_fingerprint: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct CredentialsFile {
    account: String,
    role: String,
    start_url: String,
    #[serde(flatten)]
    credentials: CredentialFields,
    cluster_name: Option<String>,
    cluster_region: Option<String>,
    #[serde(rename = "basis")]
    config_fingerprint: Option<String>,
}

impl From<&CachedCredentials> for CredentialsFile {
    fn from(cached: &CachedCredentials) -> Self {
        let (cluster_name, cluster_region) = cached.cluster.clone().unzip();
        CredentialsFile {
            account: cached.account.clone(),
            role: cached.role.clone(),
            start_url: cached.start_url.clone(),
            credentials: (&cached.credentials).into(),
            cluster_name,
            cluster_region,
            config_fingerprint: cached.config_fingerprint.clone(),
        }
    }
}

impl From<CredentialsFile> for CachedCredentials {
    fn from(file: CredentialsFile) -> Self {
        CachedCredentials {
            account: file.account,
            role: file.role,
            start_url: file.start_url,
            credentials: file.credentials.into(),
            cluster: file.cluster_name.zip(file.cluster_region),
            config_fingerprint: file.config_fingerprint,
        }
    }
}

impl<'a> From<&'a Target> for Identity<'a> {
    fn from(target: &'a Target) -> Self {
        Identity { start_url: &target.portal.start_url, account: &target.account, role: &target.role }
    }
}

impl Identity<'_> {
    fn digest(self) -> String {
        digest(&[&plain_start_url(self.start_url), self.account, self.role].join("\n"))
    }
}

impl CachedCredentials {
    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity { start_url: &self.start_url, account: &self.account, role: &self.role }
    }

    pub(crate) fn belong_to(&self, identity: Identity<'_>) -> bool {
        let portal = same_start_url(&self.start_url, identity.start_url);
        portal && self.account == identity.account && self.role == identity.role
    }
}

impl Cache {
    /// The credentials of a namespace's own identity, expired or not.
    pub(crate) fn own_credentials(&self, namespace: &Namespace) -> Option<CachedCredentials> {
        read_credentials(&self.own_file(namespace))
    }

    /// The credentials of this identity, expired or not. If there are two files, those that expire later.
    pub(crate) fn credentials(&self, namespace: &Namespace, identity: Identity<'_>) -> Option<CachedCredentials> {
        let files = [self.own_file(namespace), self.other_file(namespace, identity)];
        let found = files.iter().filter_map(|file| read_credentials(file)).filter(|cached| cached.belong_to(identity));
        found.max_by_key(|cached| cached.credentials.expires_at)
    }

    /// Stores credentials: as the namespace's own if they have a fingerprint, else as those of another identity.
    pub(crate) fn store_credentials(&self, namespace: &Namespace, cached: &CachedCredentials) -> Result<()> {
        let file = CredentialsFile::from(cached);
        let other = self.other_file(namespace, cached.identity());
        if cached.config_fingerprint.is_none() {
            return write(&other, &file);
        }
        write(&self.own_file(namespace), &file)?;
        // Best effort: without this file, a token that the cluster refused is not noticed.
        let _ = self.create_issued_tokens(namespace);
        atomic::remove(&other).map(drop)
    }

    /// Removes the credentials of this identity in a namespace.
    pub(crate) fn forget_identity(&self, namespace: &Namespace, identity: Identity<'_>) -> Result<()> {
        if self.own_credentials(namespace).is_some_and(|own| own.belong_to(identity)) {
            atomic::remove(&self.own_file(namespace))?;
        }
        atomic::remove(&self.other_file(namespace, identity)).map(drop)
    }

    /// Removes the credentials of all identities in a namespace. Returns whether there were any.
    pub(crate) fn forget_credentials(&self, namespace: &Namespace) -> Result<bool> {
        let mut forgotten = false;
        let _ = atomic::remove(&self.issued_tokens_path(namespace));
        for (_, file) in self.credentials_files().filter(|(owner, _)| owner == namespace) {
            forgotten |= atomic::remove(&file)?;
        }
        Ok(forgotten)
    }

    /// All stored credentials with their namespaces. A namespace appears once per identity.
    pub(crate) fn namespaces_with_credentials(&self) -> Vec<(Namespace, CachedCredentials)> {
        let mut found: Vec<_> = self
            .credentials_files()
            .filter_map(|(namespace, file)| Some((namespace, read_credentials(&file)?)))
            .collect();
        found.sort_by(|left, right| left.0.cmp(&right.0));
        found
    }

    /// The files of credentials. The namespace is what comes before the first dot, since its name has none.
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

fn read_credentials(path: &Path) -> Option<CachedCredentials> {
    read::<CredentialsFile>(path).map(CachedCredentials::from)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::host::Host;
    use crate::model::aws::credentials::AccessKeys;
    use crate::secret::Secret;

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
        let cache = Cache::new(&Host::for_test(home.path(), &[], Timestamp::UNIX_EPOCH));
        (home, cache, Namespace::parse("idp-dev").expect("a name"))
    }

    #[test]
    fn stored_credentials_come_back_and_an_unreadable_file_counts_as_absent() {
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
    fn other_versions_of_nsaccess_read_and_write_the_same_file() {
        let (_home, cache, namespace) = cache();
        let file = serde_json::json!({
            "account": "1", "role": "idp-ns-idp-dev", "start_url": "https://x/start", "access_key_id": "ASIA",
            "secret_access_key": "s", "session_token": "t", "obtained_at": "1970-01-01T00:00:00Z",
            "expires_at": "1970-01-01T00:00:01Z", "cluster_name": "demo", "cluster_region": "eu-west-1", "basis": "b",
        });
        let path = cache.own_file(&namespace);
        cache.store_credentials(&namespace, &cached(Some("b"), "1", 1)).expect("stored");
        assert_eq!(read::<serde_json::Value>(&path), Some(file.clone()));
        let mut without_token = file;
        without_token["session_token"] = serde_json::Value::Null;
        write(&path, &without_token).expect("written");
        let back = cache.own_credentials(&namespace).expect("there");
        assert!(back.credentials.keys.session_token.is_none() && back.config_fingerprint.as_deref() == Some("b"));
    }

    #[test]
    fn each_identity_finds_its_own_credentials() {
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
        assert_eq!(account(spelled), Some("2".into()), "another spelling of the same portal");
        // The same identity, chosen by a flag and later by the configuration: only one file remains.
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
