//! Hashes of access and refresh tokens that AWS has refused. No process sends one of them again, and all know that the
//! session is over although the token file does not say so.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::secret::Secret;

/// No session lasts longer, so an older refusal is of no use.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Serialize, Deserialize)]
struct Refusal {
    at: Timestamp,
    reason: String,
}

impl Cache {
    /// Why AWS refused a token, if it did.
    pub(crate) fn refusal(&self, token: &Secret<String>) -> Option<String> {
        let refusal: Refusal = read(&self.refusal_file(token))?;
        Some(refusal.reason)
    }

    /// Stores that AWS refused a token for good, and removes old refusals.
    pub(crate) fn store_refusal(&self, token: &Secret<String>, reason: &str, now: Timestamp) -> Result<()> {
        write(&self.refusal_file(token), &Refusal { at: now, reason: reason.to_owned() })?;
        let entries = std::fs::read_dir(self.folder.join("refused")).into_iter().flatten();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let old = |refusal: &Refusal| now.duration_since(refusal.at) > KEPT;
            if read(&path).as_ref().is_some_and(old) {
                atomic::remove(&path)?;
            }
        }
        Ok(())
    }

    /// A token is random enough for its hash to reveal nothing.
    fn refusal_file(&self, token: &Secret<String>) -> PathBuf {
        self.file("refused", &digest(token.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;

    #[test]
    fn a_refusal_belongs_to_one_token_and_expires() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], Timestamp::UNIX_EPOCH));
        let [first, second, third] = ["first", "second", "third"].map(Secret::<String>::from);
        let day = |day: i64| Timestamp::from_second(day * 86400).expect("a time");
        assert_eq!(cache.refusal(&first), None);
        cache.store_refusal(&first, "it is over", day(0)).expect("stored");
        cache.store_refusal(&second, "revoked", day(50)).expect("stored");
        assert_eq!(cache.refusal(&first).as_deref(), Some("it is over"));
        assert_eq!(cache.refusal(&third), None);
        cache.store_refusal(&third, "over too", day(100)).expect("stored");
        assert_eq!(cache.refusal(&first), None, "older than any session");
        assert_eq!(cache.refusal(&second).as_deref(), Some("revoked"));
    }
}
