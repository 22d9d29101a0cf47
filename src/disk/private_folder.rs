//! A private folder for the files of a child process.

use std::path::{Path, PathBuf};

use crate::disk::atomic;
use crate::disk::lock::Lock;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::random_name;

/// A folder of mode 0700, which dropping the value removes.
#[derive(Debug)]
pub(crate) struct PrivateFolder {
    path: PathBuf,
    /// Until it is removed.
    lock: Option<Lock>,
}

impl PrivateFolder {
    /// Creates a folder below the cache, and removes abandoned ones.
    pub(crate) fn create(host: &Host) -> Result<Self> {
        let all = host.cache_dir().join("run");
        sweep(&all);
        loop {
            let path = all.join(random_name());
            // `None`: another process is about to sweep it.
            let Some(lock) = Lock::try_acquire(&path.join(LOCK))? else { continue };
            // If we are killed, the child still needs the folder.
            lock.share_with_children().map_err(|error| Error::file("share the lock of", &path, &error))?;
            return Ok(PrivateFolder { path, lock: Some(lock) });
        }
    }

    /// Removes folders whose process and its children have ended.
    pub(crate) fn sweep(host: &Host) {
        sweep(&host.cache_dir().join("run"));
    }

    /// The folders whose process and its children have ended.
    pub(crate) fn abandoned(host: &Host) -> Vec<PathBuf> {
        free(&host.cache_dir().join("run")).map(|(folder, _lock)| folder).collect()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of mode 0600.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.path.join(name);
        atomic::write_private(&file, text.as_bytes())?;
        Ok(file)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        if let Some(lock) = self.lock.take() {
            remove(&self.path, lock);
        }
    }
}

const LOCK: &str = "lock";

/// Removes the folders whose lock is free.
fn sweep(all: &Path) {
    for (folder, lock) in free(all) {
        remove(&folder, lock);
    }
}

/// Removes a folder whose lock is held. Whether it is gone.
fn remove(folder: &Path, lock: Lock) -> bool {
    // A folder with an open file in it stays on Windows.
    let held = if cfg!(windows) { None } else { Some(lock) };
    let removed = std::fs::remove_dir_all(folder).is_ok();
    drop(held);
    removed
}

/// Removes such a folder, if its process and its children have ended.
pub(super) fn remove_left_over(host: &Host, folder: &Path) -> bool {
    let is_one = folder.parent() == Some(&host.cache_dir().join("run")) && folder.join(LOCK).is_file();
    let lock = if is_one { Lock::try_acquire(&folder.join(LOCK)).ok().flatten() } else { None };
    lock.is_some_and(|lock| remove(folder, lock))
}

/// The folders whose lock is free, each with its lock.
fn free(all: &Path) -> impl Iterator<Item = (PathBuf, Lock)> {
    let entries = std::fs::read_dir(all).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path()).filter(|path| path.join(LOCK).is_file());
    folders.filter_map(|folder| {
        let lock = Lock::try_acquire(&folder.join(LOCK)).ok().flatten()?;
        Some((folder, lock))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_removes_it_and_abandoned_folders_are_swept() {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        let left = host.cache_dir().join("run/dead");
        atomic::write_private(&left.join(LOCK), b"").expect("a file");
        assert_eq!(PrivateFolder::abandoned(&host), std::slice::from_ref(&left));
        let other = home.path().join("run/dead");
        atomic::write_private(&other.join(LOCK), b"").expect("a file");
        assert!(!remove_left_over(&host, &other) && other.exists(), "another program's");
        assert!(!remove_left_over(&host, &host.cache_dir().join("run")), "it is none");
        let first = PrivateFolder::create(&host).expect("a folder");
        assert_eq!(PrivateFolder::abandoned(&host), [] as [PathBuf; 0]);
        let file = first.write("kubeconfig", "text").expect("a file");
        let second = PrivateFolder::create(&host).expect("another folder");
        assert!(!left.exists(), "it was swept");
        assert!(file.exists() && first.path() != second.path());
        assert!(!remove_left_over(&host, first.path()), "it is in use");
        let path = first.path().to_owned();
        drop(first);
        assert!(!path.exists() && second.path().exists());
    }
}
