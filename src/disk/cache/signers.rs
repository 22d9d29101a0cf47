//! What signs tokens where no namespace is named: a file for each profile, role and environment, which is all that the warm
//! path of `token` reads then.

use std::fmt::Write;
use std::path::PathBuf;

use aws_config_edit::same_start_url;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential_fields::CredentialFields;
use super::failures::RememberedFailure;
use super::{Cache, digest, issued_tokens, read, write};
use crate::disk::atomic;
use crate::env_vars;
use crate::error::Result;
use crate::host::Host;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::kube::issued_token::Request;

/// The variables that decide whose credentials sign, or may.
const VARIABLES: [&str; 8] = [
    env_vars::AWS_PROFILE,
    env_vars::AWS_CONFIG_FILE,
    env_vars::AWS_SHARED_CREDENTIALS_FILE,
    env_vars::AWS_ACCESS_KEY_ID,
    env_vars::AWS_WEB_IDENTITY_TOKEN_FILE,
    env_vars::AWS_ROLE_ARN,
    env_vars::AWS_CONTAINER_CREDENTIALS_FULL_URI,
    env_vars::AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,
];

/// The name of a signer's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignerKey(String);

impl SignerKey {
    /// `words`: what the command line names, in one order.
    pub(crate) fn new(host: &Host, words: &[Option<&str>]) -> Self {
        let mut text = String::new();
        for word in words.iter().copied().chain(VARIABLES.iter().map(|name| host.env(name))) {
            // The length tells where a value ends.
            let _ = match word {
                Some(word) => writeln!(text, "{} {word}", word.len()),
                None => writeln!(text, "-"),
            };
        }
        SignerKey(digest(&text))
    }
}

/// The credentials of a signer.
#[derive(Debug, Clone)]
pub(crate) struct CachedSigner {
    /// The state of the files that decided it.
    pub(crate) files: String,
    /// The start URL of the portal that they come from, if they do.
    pub(crate) start_url: Option<String>,
    /// The profiles that they come through.
    pub(crate) profiles: Vec<String>,
    pub(crate) credentials: RoleCredentials,
}

#[derive(Serialize, Deserialize)]
struct SignerFile {
    files: String,
    start_url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    profiles: Vec<String>,
    #[serde(flatten)]
    credentials: CredentialFields,
}

impl Cache {
    /// The credentials of a signer, expired or not.
    pub(crate) fn signer(&self, key: &SignerKey) -> Option<CachedSigner> {
        let SignerFile { files, start_url, profiles, credentials } = read(&self.signer_file(key))?;
        Some(CachedSigner { files, start_url, profiles, credentials: credentials.into() })
    }

    /// Stores the credentials of a signer, and removes expired ones.
    pub(crate) fn store_signer(&self, key: &SignerKey, signer: &CachedSigner, now: Timestamp) -> Result<()> {
        let CachedSigner { files, start_url, profiles, credentials } = signer.clone();
        let file = SignerFile { files, start_url, profiles, credentials: (&credentials).into() };
        write(&self.signer_file(key), &file)?;
        if !self.signer_requests_path(key).exists() {
            // Best effort: without this file, a token that the cluster refused is not noticed.
            let _ = issued_tokens::create(&self.signer_requests_path(key));
        }
        // An expired file that cannot be removed now is removed next time.
        let _ = self.forget_signers(|file| file.credentials.expires_at <= now);
        Ok(())
    }

    /// Removes the credentials that came from a portal, and those of which that is not known.
    pub(crate) fn forget_signers_of(&self, start_url: &str) -> Result<()> {
        self.forget_signers(|file| file.start_url.as_deref().is_none_or(|own| same_start_url(own, start_url)))
    }

    /// Removes the credentials that came through a profile.
    pub(crate) fn forget_signers_through(&self, profile: &str) -> Result<()> {
        self.forget_signers(|file| file.profiles.iter().any(|name| name == profile))
    }

    /// Removes the credentials of all signers.
    pub(crate) fn forget_all_signers(&self) -> Result<()> {
        self.forget_signers(|_| true)
    }

    /// Classifies a process's request for a token of a signer, and records it if it is the first.
    pub(crate) fn note_signer_request(&self, key: &SignerKey, process: u32, now: i64) -> Request {
        issued_tokens::note_request(&self.signer_requests_path(key), process, now)
    }

    /// Records that the credentials behind a process's token were checked.
    pub(crate) fn note_signer_checked(&self, key: &SignerKey, process: u32, now: i64) {
        issued_tokens::note_checked(&self.signer_requests_path(key), process, now);
    }

    /// The failure of a signer, unless it is over or what decided it has changed.
    pub(crate) fn signer_failure(&self, key: &SignerKey, state: &str, now: Timestamp) -> Option<RememberedFailure> {
        let failure: RememberedFailure = read(&self.signer_failure_file(key))?;
        failure.stands(state, now).then_some(failure)
    }

    pub(crate) fn store_signer_failure(&self, key: &SignerKey, failure: &RememberedFailure) -> Result<()> {
        write(&self.signer_failure_file(key), failure)
    }

    fn forget_signers(&self, which: impl Fn(&SignerFile) -> bool) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("signers")) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let is_ours = path.extension().is_some_and(|extension| extension == "json");
            if is_ours && read(&path).as_ref().is_some_and(&which) {
                atomic::remove(&path)?;
                if let Some(SignerKey(name)) =
                    path.file_stem().map(|stem| SignerKey(stem.to_string_lossy().into_owned()))
                {
                    let _ = atomic::remove(&self.signer_requests_path(&SignerKey(name)));
                }
            }
        }
        Ok(())
    }

    fn signer_file(&self, SignerKey(name): &SignerKey) -> PathBuf {
        self.file("signers", name)
    }

    fn signer_requests_path(&self, SignerKey(name): &SignerKey) -> PathBuf {
        self.folder.join("signers").join(format!("{name}.handed"))
    }

    fn signer_failure_file(&self, SignerKey(name): &SignerKey) -> PathBuf {
        self.file("failures", &format!("signer.{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aws::access_keys::AccessKeys;
    use crate::secret::Secret;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn signer(start_url: Option<&str>, ends: i64) -> CachedSigner {
        let keys = AccessKeys::new("ASIA", Secret::from("s"), None).expect("keys");
        CachedSigner {
            files: "f".into(),
            start_url: start_url.map(str::to_owned),
            profiles: vec![format!("of {}", start_url.unwrap_or("nobody"))],
            credentials: RoleCredentials { keys, obtained_at: at(0), expires_at: at(ends) },
        }
    }

    #[test]
    fn every_word_and_variable_tells_signers_apart() {
        let home = tempfile::tempdir().expect("a folder");
        let host = |env: &[(&str, &str)]| Host::for_test(home.path(), env, at(0));
        let plain = host(&[]);
        let mut keys: Vec<SignerKey> = [
            [None, None],
            [Some("a"), None],
            [None, Some("a")],
            [Some(""), None],
            [Some("a\n1 b"), None],
            [Some("a"), Some("b")],
        ]
        .iter()
        .map(|words| SignerKey::new(&plain, words))
        .collect();
        keys.extend(VARIABLES.map(|name| SignerKey::new(&host(&[(name, "x")]), &[None, None])));
        let different: std::collections::BTreeSet<&String> = keys.iter().map(|SignerKey(name)| name).collect();
        assert_eq!(different.len(), keys.len(), "{keys:#?}");
    }

    #[test]
    fn they_go_with_their_end_and_with_their_portal() {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], at(0));
        let cache = Cache::new(&host);
        let key = |name| SignerKey::new(&host, &[Some(name)]);
        cache.store_signer(&key("over"), &signer(None, 10), at(0)).expect("stored");
        cache.store_signer(&key("portal"), &signer(Some("https://x/start"), 100), at(20)).expect("stored");
        cache.store_signer(&key("other"), &signer(Some("https://y/start"), 100), at(20)).expect("stored");
        cache.store_signer(&key("unknown"), &signer(None, 100), at(20)).expect("stored");
        let there = || ["over", "portal", "other", "unknown"].map(|name| cache.signer(&key(name)).is_some());
        assert_eq!(there(), [false, true, true, true]);
        cache.forget_signers_of("https://x/start/#/").expect("forgotten");
        assert_eq!(there(), [false, false, true, false]);
        let files = std::fs::read_dir(home.path().join(".cache/nsaccess/v1/signers")).expect("the folder");
        assert_eq!(files.count(), 2, "the requests of a signer go with it");
        cache.store_signer(&key("unknown"), &signer(None, 100), at(20)).expect("stored");
        cache.forget_signers_through("of https://y/start").expect("forgotten");
        assert_eq!(there(), [false, false, false, true]);
        cache.forget_all_signers().expect("forgotten");
        assert_eq!(there(), [false; 4]);
    }
}
