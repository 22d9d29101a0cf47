//! What programs leave behind that are killed while they write: temporary files, and locks on a kubeconfig.

use std::path::Path;

use crate::disk::{kubeconfig, temporary};
use crate::error::{Error, Result};

/// Removes a temporary file, or a lock on a kubeconfig, that an nsaccess made whose process has ended.
///
/// # Errors
/// When it is in use, or was made by another program.
pub(crate) fn remove_if_abandoned(path: &Path) -> Result<()> {
    if temporary::remove_left_over(path) || kubeconfig::remove_abandoned_lock(path) {
        return Ok(());
    }
    Err(Error::failure(format!("{} was not removed", path.display()))
        .because("it is in use, or was made by another program"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::atomic;

    #[test]
    fn only_what_is_ours_and_abandoned_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let names = ["config.lock", ".config.nsaccess-0123456789abcdef", "other.lock", "config"];
        for (name, text) in names.into_iter().zip(["nsaccess 1\n", "", "", "nsaccess 1\n"]) {
            atomic::write_private(&path(name), text.as_bytes()).expect("written");
        }
        let removed: Vec<bool> = names.into_iter().map(|name| remove_if_abandoned(&path(name)).is_ok()).collect();
        assert_eq!(removed, [true, true, false, false]);
        assert!(!path("config.lock").exists() && path("other.lock").exists() && path("config").exists());
    }
}
