//! When a person was told of a newer release.

use jiff::Timestamp;

use super::{Cache, read, write};
use crate::error::Result;

impl Cache {
    /// When a person was told the last time.
    pub(crate) fn release_told_at(&self) -> Option<Timestamp> {
        read(&self.file("hints", "newer-release"))
    }

    pub(crate) fn note_release_told(&self, now: Timestamp) -> Result<()> {
        write(&self.file("hints", "newer-release"), &now)
    }
}
