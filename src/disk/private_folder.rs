//! A folder of our own for as long as a child of ours lives.

use std::path::{Path, PathBuf};

use crate::disk::atomic;
use crate::disk::lock::Lock;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::random_name;

/// A folder of mode 0700 that goes away with the value.
#[derive(Debug)]
pub(crate) struct PrivateFolder {
    path: PathBuf,
    _lock: Lock,
}

impl PrivateFolder {
    /// A new folder below our cache. Folders of processes that were killed, with their children, are removed on the way.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn create(host: &Host) -> Result<Self> {
        let all = host.cache_dir().join("run");
        sweep(&all);
        loop {
            let path = all.join(random_name());
            // None: whoever sweeps has met it before it was locked.
            let Some(lock) = Lock::try_acquire(&path.join(LOCK))? else { continue };
            // A child lives on when we are killed, and so does what it needs.
            lock.pass_on().map_err(|error| Error::file("pass on", &path, &error))?;
            return Ok(PrivateFolder { path, _lock: lock });
        }
    }

    /// Removes what nobody needs any more: neither we nor a child.
    pub(crate) fn sweep(host: &Host) {
        sweep(&host.cache_dir().join("run"));
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, mode 0600.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.path.join(name);
        atomic::write_private(&file, text.as_bytes())?;
        Ok(file)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

const LOCK: &str = "lock";

/// Removes what nobody holds the lock of.
fn sweep(all: &Path) {
    let entries = std::fs::read_dir(all).into_iter().flatten().flatten();
    for folder in entries.map(|entry| entry.path()).filter(|path| path.join(LOCK).is_file()) {
        if let Ok(Some(_lock)) = Lock::try_acquire(&folder.join(LOCK)) {
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_with_the_value_and_what_was_left_behind_is_swept() {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::made(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        let left = host.cache_dir().join("run/dead");
        atomic::write_private(&left.join(LOCK), b"").expect("a file");
        let first = PrivateFolder::create(&host).expect("a folder");
        let file = first.write("kubeconfig", "text").expect("a file");
        let second = PrivateFolder::create(&host).expect("another folder");
        assert!(!left.exists() && file.exists() && first.path() != second.path());
        let path = first.path().to_owned();
        drop(first);
        assert!(!path.exists() && second.path().exists());
    }
}
