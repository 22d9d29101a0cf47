//! nsaccess's own cache. It may be deleted at any time. The version of its format is a folder (`v1`), so that another
//! version of nsaccess neither misreads nor overwrites it. A file that cannot be read counts as absent, never as an
//! error.

mod candidates;
mod clusters;
mod credential_fields;
mod credentials;
mod failures;
mod issued_tokens;
mod portals;
mod profiles;
mod refused_tokens;
mod release;
mod roles;
mod setup;
mod shared_roles;
mod signers;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::disk::{atomic, temporary};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::secret::Secret;

pub(crate) use credentials::{CachedCredentials, MadeFrom};
pub(crate) use failures::RememberedFailure;
pub(crate) use portals::PortalIndex;
pub(crate) use roles::{CachedRole, RoleKey};
pub(crate) use signers::{CachedSigner, SignerKey};

/// Larger than any file that the cache writes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The cache folder of this version, and the locks beside it.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
    locks: PathBuf,
}

impl Cache {
    pub(crate) fn new(host: &Host) -> Self {
        Cache { folder: host.cache_dir().join("v1"), locks: host.cache_dir().join("locks") }
    }

    pub(crate) fn lock_path(&self, name: &str) -> PathBuf {
        self.locks.join(format!("{name}.lock"))
    }

    /// Removes temporary files of processes that were killed during a write. They may hold credentials.
    pub(crate) fn sweep(&self) {
        temporary::sweep_below(&self.folder);
    }

    fn file(&self, kind: &str, name: &str) -> PathBuf {
        self.folder.join(kind).join(format!("{name}.json"))
    }
}

/// A file name for text that cannot be one, such as a URL or an ARN.
pub(crate) fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = Secret::new(atomic::read_limited(path, LARGEST).ok()??);
    serde_json::from_slice(bytes.expose()).ok()
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::failure("cannot write the cache").because(error.to_string()))?;
    atomic::write_private(path, Secret::new(text).expose().as_bytes())
}
