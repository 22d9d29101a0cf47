//! What a portal offers to this person, and when they signed out of it.

use std::path::PathBuf;

use aws_config_edit::plain_start_url;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::aws::target::Assignment;

/// The person's accounts and roles in a portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PortalIndex {
    pub(crate) read_at: Timestamp,
    pub(crate) assignments: Vec<Assignment>,
}

impl Cache {
    pub(crate) fn portal_index(&self, start_url: &str) -> Option<PortalIndex> {
        read(&self.file("portal", &portal_digest(start_url)))
    }

    pub(crate) fn store_portal_index(&self, start_url: &str, index: &PortalIndex) -> Result<()> {
        write(&self.file("portal", &portal_digest(start_url)), index)
    }

    /// Returns whether there was one.
    pub(crate) fn forget_portal_index(&self, start_url: &str) -> Result<bool> {
        atomic::remove(&self.file("portal", &portal_digest(start_url)))
    }

    /// The lock for storing what a portal's session gave, and for signing out of it. It is held only briefly.
    pub(crate) fn portal_lock_path(&self, start_url: &str) -> PathBuf {
        self.lock_path(&format!("portal-{}", portal_digest(start_url)))
    }

    /// A value that changes with every sign-out from a portal. `None` before the first.
    pub(crate) fn sign_out_mark(&self, start_url: &str) -> Option<String> {
        read(&self.file("signed-out", &portal_digest(start_url)))
    }

    pub(crate) fn store_sign_out_mark(&self, start_url: &str, mark: &str) -> Result<()> {
        write(&self.file("signed-out", &portal_digest(start_url)), &mark)
    }
}

/// The same for every spelling of a start URL.
fn portal_digest(start_url: &str) -> String {
    digest(&plain_start_url(start_url))
}
