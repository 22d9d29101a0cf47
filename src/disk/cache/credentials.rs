//! Role credentials: a file per namespace, and one more for each other identity that was used in it.
//!
//! `<namespace>.json` holds the credentials of the namespace's own identity and the fingerprint of the configuration that
//! decided it. kubectl's tokens are signed with them while the fingerprint is unchanged. Credentials of an identity that
//! a flag, a variable or a project file chose for one command have a file of their own, found by that identity only.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::credential_fields::CredentialFields;
use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::identity::IdentityKey;
use crate::model::kube::access::AccessName;

/// Credentials, their identity and their cluster: all that the warm path of `token` reads.
#[derive(Debug, Clone)]
pub(crate) struct CachedCredentials {
    pub(crate) identity: IdentityKey,
    pub(crate) credentials: RoleCredentials,
    /// The name and region of the namespace's cluster, once known.
    pub(crate) cluster: Option<(String, String)>,
    /// The configuration that made this the namespace's own identity; `None` for any other identity.
    pub(crate) config_fingerprint: Option<String>,
    /// Of those that no portal gives.
    pub(crate) made_from: Option<MadeFrom>,
}

/// What credentials were made from that a profile gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeFrom {
    /// What the profile meant.
    pub(crate) definition: String,
    /// The state of the files and variables that say so, besides those of the configuration's fingerprint.
    pub(crate) files: String,
}

#[derive(Serialize, Deserialize)]
struct CredentialsFile {
    account: String,
    role: String,
    start_url: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(flatten)]
    credentials: CredentialFields,
    cluster_name: Option<String>,
    cluster_region: Option<String>,
    #[serde(rename = "basis")]
    config_fingerprint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_from: Option<MadeFrom>,
}

impl From<&CachedCredentials> for CredentialsFile {
    fn from(cached: &CachedCredentials) -> Self {
        let (cluster_name, cluster_region) = cached.cluster.clone().unzip();
        CredentialsFile {
            account: cached.identity.account.clone(),
            role: cached.identity.role.clone(),
            start_url: cached.identity.start_url.clone(),
            source: cached.identity.source.clone(),
            credentials: (&cached.credentials).into(),
            cluster_name,
            cluster_region,
            config_fingerprint: cached.config_fingerprint.clone(),
            made_from: cached.made_from.clone(),
        }
    }
}

impl From<CredentialsFile> for CachedCredentials {
    fn from(file: CredentialsFile) -> Self {
        CachedCredentials {
            identity: IdentityKey {
                start_url: file.start_url,
                account: file.account,
                role: file.role,
                source: file.source,
            },
            credentials: file.credentials.into(),
            cluster: file.cluster_name.zip(file.cluster_region),
            config_fingerprint: file.config_fingerprint,
            made_from: file.made_from,
        }
    }
}

impl Cache {
    /// The credentials of a namespace's own identity, expired or not.
    pub(crate) fn own_credentials(&self, name: &AccessName) -> Option<CachedCredentials> {
        read_credentials(&self.own_file(name))
    }

    /// The credentials of this identity, expired or not. If there are two files, those that expire later.
    pub(crate) fn credentials(&self, name: &AccessName, identity: &IdentityKey) -> Option<CachedCredentials> {
        let files = [self.own_file(name), self.other_file(name, identity)];
        let found =
            files.iter().filter_map(|file| read_credentials(file)).filter(|cached| cached.identity.is(identity));
        found.max_by_key(|cached| cached.credentials.expires_at)
    }

    /// Stores credentials: as the namespace's own if they have a fingerprint, else as those of another identity.
    pub(crate) fn store_credentials(&self, name: &AccessName, cached: &CachedCredentials) -> Result<()> {
        let file = CredentialsFile::from(cached);
        let other = self.other_file(name, &cached.identity);
        if cached.config_fingerprint.is_none() {
            return write(&other, &file);
        }
        write(&self.own_file(name), &file)?;
        // Best effort: without this file, a token that the cluster refused is not noticed.
        let _ = self.create_issued_tokens(name);
        atomic::remove(&other).map(drop)
    }

    /// Removes the credentials of this identity in a namespace.
    pub(crate) fn forget_identity(&self, name: &AccessName, identity: &IdentityKey) -> Result<()> {
        if self.own_credentials(name).is_some_and(|own| own.identity.is(identity)) {
            atomic::remove(&self.own_file(name))?;
        }
        atomic::remove(&self.other_file(name, identity)).map(drop)
    }

    /// Removes the credentials of all identities in a namespace. Returns whether there were any.
    pub(crate) fn forget_credentials(&self, name: &AccessName) -> Result<bool> {
        let mut forgotten = false;
        let _ = atomic::remove(&self.issued_tokens_path(name));
        for (_, file) in self.credentials_files().filter(|(owner, _)| owner == name) {
            forgotten |= atomic::remove(&file)?;
        }
        Ok(forgotten)
    }

    /// All stored credentials with their namespaces. A namespace appears once per identity.
    pub(crate) fn accesses_with_credentials(&self) -> Vec<(AccessName, CachedCredentials)> {
        let mut found: Vec<_> = self
            .credentials_files()
            .filter_map(|(namespace, file)| Some((namespace, read_credentials(&file)?)))
            .collect();
        found.sort_by(|left, right| left.0.cmp(&right.0));
        found
    }

    /// The files of credentials. The namespace is what comes before the first dot, since its name has none.
    fn credentials_files(&self) -> impl Iterator<Item = (AccessName, PathBuf)> {
        let entries = std::fs::read_dir(self.folder.join("credentials")).into_iter().flatten().flatten();
        entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let namespace = name.strip_suffix(".json")?.split('.').next()?;
            Some((AccessName::parse(namespace).ok()?, entry.path()))
        })
    }

    fn own_file(&self, name: &AccessName) -> PathBuf {
        self.file("credentials", name.as_str())
    }

    fn other_file(&self, name: &AccessName, identity: &IdentityKey) -> PathBuf {
        self.file("credentials", &format!("{name}.{}", digest(&identity.text())))
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
    use crate::model::aws::access_keys::AccessKeys;

    fn cached(config_fingerprint: Option<&str>, account: &str, ends: i64) -> CachedCredentials {
        CachedCredentials {
            identity: IdentityKey {
                start_url: "https://x/start".into(),
                account: account.into(),
                role: "idp-ns-idp-dev".into(),
                source: String::new(),
            },
            credentials: RoleCredentials {
                keys: AccessKeys::for_test("ASIA"),
                obtained_at: Timestamp::UNIX_EPOCH,
                expires_at: Timestamp::from_second(ends).expect("a time"),
            },
            cluster: Some(("demo".into(), "eu-west-1".into())),
            config_fingerprint: config_fingerprint.map(str::to_owned),
            made_from: None,
        }
    }

    fn cache() -> (tempfile::TempDir, Cache, AccessName) {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], Timestamp::UNIX_EPOCH));
        (home, cache, AccessName::parse("idp-dev").expect("a name"))
    }

    #[test]
    fn stored_credentials_come_back_and_an_unreadable_file_counts_as_absent() {
        let (_home, cache, namespace) = cache();
        assert!(cache.own_credentials(&namespace).is_none());
        cache.store_credentials(&namespace, &cached(Some("b"), "1", 1)).expect("stored");
        let back = cache.own_credentials(&namespace).expect("there");
        assert_eq!(back.credentials.keys.secret_access_key().expose(), "s");
        assert_eq!(
            (back.cluster, back.config_fingerprint),
            (Some(("demo".into(), "eu-west-1".into())), Some("b".into()))
        );
        assert_eq!(cache.accesses_with_credentials().len(), 1);
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
        assert!(back.credentials.keys.session_token().is_none() && back.config_fingerprint.as_deref() == Some("b"));
    }

    #[test]
    fn each_identity_finds_its_own_credentials() {
        let (_home, cache, namespace) = cache();
        let (own, other) = (cached(Some("b"), "1", 1), cached(None, "2", 1));
        cache.store_credentials(&namespace, &own).expect("stored");
        cache.store_credentials(&namespace, &other).expect("stored");
        let account =
            |identity: &IdentityKey| cache.credentials(&namespace, identity).map(|cached| cached.identity.account);
        assert_eq!(cache.own_credentials(&namespace).expect("there").identity.account, "1");
        assert_eq!((account(&own.identity), account(&other.identity)), (Some("1".into()), Some("2".into())));
        for wrong in [
            IdentityKey { role: "x".into(), ..own.identity.clone() },
            IdentityKey { account: "3".into(), ..own.identity.clone() },
            IdentityKey { start_url: "https://y/start".into(), ..own.identity.clone() },
            IdentityKey { source: "corp".into(), ..own.identity.clone() },
        ] {
            assert_eq!(account(&wrong), None, "{wrong:?}");
        }
        let spelled = IdentityKey { start_url: "https://x/start/#/".into(), ..other.identity.clone() };
        assert_eq!(account(&spelled), Some("2".into()), "another spelling of the same portal");
        // The same identity, chosen by a flag and later by the configuration: only one file remains.
        cache.store_credentials(&namespace, &cached(None, "1", 9)).expect("stored");
        let lasting = cache.credentials(&namespace, &own.identity).expect("there");
        assert_eq!(lasting.credentials.expires_at.as_second(), 9);
        cache.store_credentials(&namespace, &cached(Some("c"), "1", 9)).expect("stored");
        assert_eq!(cache.accesses_with_credentials().len(), 2);
        cache.forget_identity(&namespace, &own.identity).expect("forgotten");
        assert_eq!((account(&own.identity), account(&other.identity)), (None, Some("2".into())));
        assert!(cache.forget_credentials(&namespace).expect("forgotten"));
        assert_eq!(cache.accesses_with_credentials().len(), 0);
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
        assert_eq!(mode(&cache.other_file(&namespace, &cached(None, "2", 1).identity)), 0o600);
        assert_eq!(mode(&cache.folder.join("credentials")), 0o700);
        assert_eq!(mode(&cache.folder), 0o700);
    }
}
