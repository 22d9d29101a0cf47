//! Credentials of AWS profiles that the AWS CLI's cache cannot hold: those of a process or a web identity, and all where
//! its folder cannot be written.

use std::path::PathBuf;

use aws_config_edit::same_start_url;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential_fields::CredentialFields;
use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::credentials::RoleCredentials;

#[derive(Serialize, Deserialize)]
struct ProfileFile {
    /// The start URL of the portal that they come from, or empty.
    start_url: String,
    /// The profiles that they come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    profiles: Vec<String>,
    #[serde(flatten)]
    credentials: CredentialFields,
}

impl Cache {
    /// Credentials, expired or not. `key`: all that they depend on.
    pub(crate) fn profile_credentials(&self, key: &str) -> Option<RoleCredentials> {
        let file: ProfileFile = read(&self.file("profiles", &digest(key)))?;
        Some(file.credentials.into())
    }

    /// Stores credentials, and removes expired ones. They are from a portal, by its start URL, through profiles.
    pub(crate) fn store_profile_credentials(
        &self,
        key: &str,
        ((start_url, profiles), credentials): ((Option<&str>, &[String]), &RoleCredentials),
        now: Timestamp,
    ) -> Result<()> {
        let start_url = start_url.unwrap_or_default().to_owned();
        let file = ProfileFile { start_url, profiles: profiles.to_vec(), credentials: credentials.into() };
        write(&self.file("profiles", &digest(key)), &file)?;
        // An expired file that cannot be removed now is removed next time.
        let _ = self.forget_profiles(|file| file.credentials.expires_at <= now);
        Ok(())
    }

    /// The lock for fetching the credentials of this key.
    pub(crate) fn profile_lock_path(&self, key: &str) -> PathBuf {
        self.lock_path(&format!("profile-{}", digest(key)))
    }

    /// Removes the credentials that came from a portal, and those of which that is not known.
    pub(crate) fn forget_profiles_of(&self, start_url: &str) -> Result<()> {
        self.forget_profiles(|file| file.start_url.is_empty() || same_start_url(&file.start_url, start_url))
    }

    /// Removes the credentials that came through a profile.
    pub(crate) fn forget_profiles_through(&self, profile: &str) -> Result<()> {
        self.forget_profiles(|file| file.profiles.iter().any(|name| name == profile))
    }

    /// Removes the credentials of all profiles.
    pub(crate) fn forget_all_profiles(&self) -> Result<()> {
        self.forget_profiles(|_| true)
    }

    fn forget_profiles(&self, which: impl Fn(&ProfileFile) -> bool) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("profiles")) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|extension| extension == "json") && read(&path).as_ref().is_some_and(&which)
            {
                atomic::remove(&path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;
    use crate::model::aws::access_keys::AccessKeys;
    use crate::secret::Secret;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn credentials(ends: i64) -> RoleCredentials {
        let keys = AccessKeys::new("ASIA", Secret::from("s"), None).expect("keys");
        RoleCredentials { keys, obtained_at: at(0), expires_at: at(ends) }
    }

    #[test]
    fn they_go_with_their_end_and_with_their_portal() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], at(0)));
        let store = |key, portal, ends, now| {
            let from = (portal, [format!("through {key}")]);
            cache.store_profile_credentials(key, ((from.0, &from.1), &credentials(ends)), at(now)).expect("stored");
        };
        store("over", None, 10, 0);
        store("process", None, 100, 5);
        store("portal", Some("https://x/start"), 100, 20);
        let there = |key| cache.profile_credentials(key).is_some();
        assert_eq!((there("over"), there("process"), there("portal")), (false, true, true));
        store("other", Some("https://y/start"), 100, 20);
        store("portal", Some("https://x/start"), 100, 20);
        cache.forget_profiles_of("https://x/start/#/").expect("forgotten");
        assert_eq!((there("process"), there("portal"), there("other")), (false, false, true));
        store("process", None, 100, 20);
        cache.forget_profiles_through("through other").expect("forgotten");
        assert_eq!((there("process"), there("other")), (true, false));
        cache.forget_all_profiles().expect("forgotten");
        assert!(!there("process"));
    }
}
