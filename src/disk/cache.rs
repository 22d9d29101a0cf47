//! Our own cache: role credentials, cluster facts, the portal's index, failures to remember for a moment. All of it
//! may be deleted at any time. The format's version is a folder (`v1`), so that an older or newer nsaccess neither
//! misreads nor overwrites another's files. What cannot be read is a miss, never an error.

mod credentials;
mod issued_tokens;
mod refused;
mod roles;

use std::path::{Path, PathBuf};

use aws_config_edit::plain_start_url;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::disk::{atomic, temporary};
use crate::error::Result;
use crate::host::Host;
use crate::model::aws::target::Assignment;
use crate::model::kube::cluster::Cluster;
use crate::model::kube::namespace::Namespace;
use crate::secret::Secret;

pub(crate) use credentials::CachedCredentials;
pub(crate) use roles::{CachedRole, RoleKey};

/// Larger than any file of ours; a larger one is not ours.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The cache folder of this version.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
    locks: PathBuf,
}

/// The portal's accounts and roles, as found at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PortalIndex {
    /// When it was read.
    pub read_at: Timestamp,
    /// All of the person's assignments.
    pub assignments: Vec<Assignment>,
}

/// A failure that a polling program shall not repeat every second.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct RememberedFailure {
    /// Until when it stands.
    pub until: Timestamp,
    /// State of the token file when it failed: a sign-in by any tool changes it and so ends the failure.
    pub token_file: String,
    /// Whether there were good credentials when it failed: credentials that came later end the failure.
    #[serde(default)]
    pub with_credentials: bool,
    /// The exit code.
    pub exit_code: u8,
    /// What happened.
    pub message: String,
    /// Why.
    pub because: Vec<String>,
    /// What to do.
    pub try_next: Vec<String>,
}

impl Cache {
    /// The cache of this person.
    pub(crate) fn new(host: &Host) -> Self {
        Cache { folder: host.cache_dir().join("v1"), locks: host.cache_dir().join("locks") }
    }

    /// The lock that guards what `name` says, beside the cache.
    pub(crate) fn lock_path(&self, name: &str) -> PathBuf {
        self.locks.join(format!("{name}.lock"))
    }

    /// Removes what processes that were killed in the middle of a write left here: it may hold credentials.
    pub(crate) fn sweep(&self) {
        temporary::sweep_below(&self.folder);
    }

    /// The cluster of a namespace, as last described.
    pub(crate) fn cluster(&self, namespace: &Namespace) -> Option<Cluster> {
        read(&self.file("clusters", namespace.as_str()))
    }

    /// Stores a cluster's facts.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_cluster(&self, namespace: &Namespace, cluster: &Cluster) -> Result<()> {
        write(&self.file("clusters", namespace.as_str()), cluster)
    }

    /// Forgets a cluster's facts.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub(crate) fn forget_cluster(&self, namespace: &Namespace) -> Result<bool> {
        atomic::remove(&self.file("clusters", namespace.as_str()))
    }

    /// The port-forward transport that worked last in a namespace of a cluster, by its name.
    pub(crate) fn transport(&self, namespace: &Namespace, cluster: &Cluster) -> Option<String> {
        let (arn, transport): (String, String) = read(&self.file("transports", namespace.as_str()))?;
        (arn == cluster.arn).then_some(transport)
    }

    /// Remembers the port-forward transport that worked.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_transport(&self, namespace: &Namespace, cluster: &Cluster, transport: &str) -> Result<()> {
        write(&self.file("transports", namespace.as_str()), &(&cluster.arn, transport))
    }

    /// What a portal offered when it was last asked.
    pub(crate) fn portal_index(&self, start_url: &str) -> Option<PortalIndex> {
        read(&self.file("portal", &portal_digest(start_url)))
    }

    /// Stores a portal's index.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_portal_index(&self, start_url: &str, index: &PortalIndex) -> Result<()> {
        write(&self.file("portal", &portal_digest(start_url)), index)
    }

    /// Forgets a portal's index.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub(crate) fn forget_portal_index(&self, start_url: &str) -> Result<bool> {
        atomic::remove(&self.file("portal", &portal_digest(start_url)))
    }

    /// The lock that is held for a moment by whoever stores what a portal's session gave, and by who ends it.
    pub(crate) fn portal_lock_path(&self, start_url: &str) -> PathBuf {
        self.lock_path(&format!("portal-{}", portal_digest(start_url)))
    }

    /// The mark of the last sign-out of a portal: another one after each. `None` before the first.
    pub(crate) fn sign_out_mark(&self, start_url: &str) -> Option<String> {
        read(&self.file("signed-out", &portal_digest(start_url)))
    }

    /// Sets the mark of a sign-out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_sign_out_mark(&self, start_url: &str, mark: &str) -> Result<()> {
        write(&self.file("signed-out", &portal_digest(start_url)), &mark)
    }

    /// The failure that stands for a namespace, if one does.
    pub(crate) fn failure(&self, namespace: &Namespace, token_file: &str, now: Timestamp) -> Option<RememberedFailure> {
        let failure: RememberedFailure = read(&self.file("failures", namespace.as_str()))?;
        (failure.until > now && failure.token_file == token_file).then_some(failure)
    }

    /// Remembers a failure.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_failure(&self, namespace: &Namespace, failure: &RememberedFailure) -> Result<()> {
        write(&self.file("failures", namespace.as_str()), failure)
    }

    /// The context that was current before the last switch, for `use -`.
    pub(crate) fn previous_context(&self) -> Option<String> {
        read(&self.folder.join("previous-context.json"))
    }

    /// Remembers the context that was current before a switch.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_previous_context(&self, context: &str) -> Result<()> {
        write(&self.folder.join("previous-context.json"), &context)
    }

    /// The sso-sessions that we wrote into `~/.aws/config` under names that others give too: only these of them may be
    /// taken out again.
    pub(crate) fn written_sso_sessions(&self) -> Vec<String> {
        read(&self.folder.join("made-sessions.json")).unwrap_or_default()
    }

    /// Remembers that we wrote an sso-session.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn store_written_sso_session(&self, name: &str) -> Result<()> {
        let mut names = self.written_sso_sessions();
        names.retain(|known| known != name);
        names.push(name.to_owned());
        write(&self.folder.join("made-sessions.json"), &names)
    }

    fn file(&self, kind: &str, name: &str) -> PathBuf {
        self.folder.join(kind).join(format!("{name}.json"))
    }
}

/// A portal's part of file names, the same for every spelling of its start URL.
fn portal_digest(start_url: &str) -> String {
    digest(&plain_start_url(start_url))
}

/// Start URLs make no file names; their hash does.
fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = atomic::read_limited(path, LARGEST).ok()??;
    let value = serde_json::from_slice(&bytes).ok();
    drop(Secret::new(bytes));
    value
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value);
    let text =
        text.map_err(|error| crate::error::Error::failure("cannot write the cache").because(error.to_string()))?;
    atomic::write_private(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_stands_until_its_time_or_until_somebody_signs_in() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::made(home.path(), &[], Timestamp::UNIX_EPOCH));
        let namespace = Namespace::parse("a").expect("a name");
        let at = |second| Timestamp::from_second(second).expect("a time");
        let failure = RememberedFailure {
            until: at(60),
            token_file: "state 1".into(),
            with_credentials: false,
            exit_code: 3,
            message: "m".into(),
            because: vec![],
            try_next: vec![],
        };
        cache.store_failure(&namespace, &failure).expect("stored");
        assert_eq!(cache.failure(&namespace, "state 1", at(59)), Some(failure));
        assert_eq!(cache.failure(&namespace, "state 1", at(60)), None);
        assert_eq!(cache.failure(&namespace, "state 2", at(1)), None);
    }
}
