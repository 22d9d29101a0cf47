//! Names for completion at the prompt: what was found a moment ago, and what was used before.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Cache, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::kube::access::AccessName;

/// How long an old answer is better than none.
const STALE: SignedDuration = SignedDuration::from_mins(10);
/// How many used names are kept.
const MOST_USED: usize = 40;

/// An answer, and when it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptCandidates {
    pub(crate) at: Timestamp,
    /// Each with a note.
    pub(crate) values: Vec<(String, String)>,
}

/// All of an access.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Names {
    /// By what was asked for.
    answers: BTreeMap<String, KeptCandidates>,
    /// Targets that were found by their names, the last one first.
    used: Vec<String>,
}

impl Cache {
    /// What was found for an access the last time, unless that is too long ago. `what` says what was asked for.
    pub(crate) fn candidates(&self, access: &AccessName, what: &str, now: Timestamp) -> Option<KeptCandidates> {
        self.names(access).answers.remove(what).filter(|kept| is_useful(kept, now))
    }

    pub(crate) fn store_candidates(
        &self,
        access: &AccessName,
        what: &str,
        values: &[(String, String)],
        now: Timestamp,
    ) -> Result<()> {
        let mut names = self.names(access);
        names.answers.retain(|_, kept| is_useful(kept, now));
        names.answers.insert(what.to_owned(), KeptCandidates { at: now, values: values.to_vec() });
        write(&self.candidates_file(access), &names)
    }

    /// Targets of an access that were found by their names, the last one first.
    pub(crate) fn used_targets(&self, access: &AccessName) -> Vec<String> {
        self.names(access).used
    }

    /// Notes targets that were found by their names. Writes only if there is something new; answers from before do not have
    /// it, so that none is kept then.
    pub(crate) fn note_used_targets(&self, access: &AccessName, targets: &[String]) -> Result<()> {
        let mut names = self.names(access);
        if targets.iter().all(|target| names.used.contains(target)) {
            return Ok(());
        }
        names.used.retain(|known| !targets.contains(known));
        names.used.splice(0..0, targets.iter().cloned());
        names.used.truncate(MOST_USED);
        names.answers.clear();
        write(&self.candidates_file(access), &names)
    }

    /// Returns whether there were any.
    pub(crate) fn forget_candidates(&self, access: &AccessName) -> Result<bool> {
        atomic::remove(&self.candidates_file(access))
    }

    fn names(&self, access: &AccessName) -> Names {
        read(&self.candidates_file(access)).unwrap_or_default()
    }

    fn candidates_file(&self, access: &AccessName) -> std::path::PathBuf {
        self.file("candidates", access.as_str())
    }
}

fn is_useful(kept: &KeptCandidates, now: Timestamp) -> bool {
    kept.at <= now && now.duration_since(kept.at) < STALE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;

    #[test]
    fn names_are_kept_for_a_while_and_used_targets_for_good() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(folder.path(), &[], Timestamp::UNIX_EPOCH));
        let access = AccessName::parse("dev").expect("a name");
        let at = |seconds: i64| Timestamp::from_second(seconds).expect("a time");
        let values = [("web-0".to_owned(), "Running".to_owned())];
        cache.note_used_targets(&access, &["pod/web-0".to_owned()]).expect("noted");
        cache.note_used_targets(&access, &["pod/web-1".to_owned(), "svc/web".to_owned()]).expect("noted");
        cache.store_candidates(&access, "pods", &values, at(0)).expect("stored");
        cache.note_used_targets(&access, &["svc/web".to_owned()]).expect("nothing new");
        assert_eq!(cache.candidates(&access, "pods", at(599)).expect("kept").values, values);
        assert_eq!(cache.candidates(&access, "pods", at(600)), None);
        assert_eq!(cache.candidates(&access, "secrets", at(1)), None);
        assert_eq!(cache.used_targets(&access), ["pod/web-1", "svc/web", "pod/web-0"]);
        cache.note_used_targets(&access, &["pod/web-2".to_owned()]).expect("noted");
        assert_eq!(cache.candidates(&access, "pods", at(1)), None, "it does not have the new one");
        assert!(cache.forget_candidates(&access).expect("forgotten"));
        assert!(cache.used_targets(&access).is_empty());
    }
}
