//! What was found for completion at the prompt a moment ago.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cache, digest, read, write};
use crate::error::Result;
use crate::model::kube::access::AccessName;

/// An answer, and when it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptCandidates {
    pub(crate) at: Timestamp,
    /// Each with a note.
    pub(crate) values: Vec<(String, String)>,
}

impl Cache {
    /// What was found for an access the last time. `what` says what was asked for.
    pub(crate) fn candidates(&self, access: &AccessName, what: &str) -> Option<KeptCandidates> {
        read(&self.candidates_file(access, what))
    }

    pub(crate) fn store_candidates(
        &self,
        access: &AccessName,
        what: &str,
        values: &[(String, String)],
        at: Timestamp,
    ) -> Result<()> {
        write(&self.candidates_file(access, what), &KeptCandidates { at, values: values.to_vec() })
    }

    fn candidates_file(&self, access: &AccessName, what: &str) -> std::path::PathBuf {
        self.file("candidates", &digest(&format!("{access} {what}")))
    }
}
