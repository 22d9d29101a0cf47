//! Temporary files that are about to be renamed. The process that writes one holds a lock on it. A file without a lock was
//! abandoned by a process that was killed, in whatever container, and is removed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

use crate::disk::folder;
use crate::host;

/// Stands between the name of the target and the random part.
const MARK: &str = ".nsaccess-";

/// How many characters of the target's name are used: up to 4 bytes each, and a file name has at most 255.
const LONGEST: usize = 50;

/// A new file of mode 0600 beside its target. Dropping the value removes it, unless it was renamed.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    /// Open for writing, and locked.
    pub(crate) file: File,
}

impl Temporary {
    pub(crate) fn beside(target: &Path) -> Result<Self> {
        loop {
            let path = beside(target);
            let file = open_options().create_new(true).open(&path)?;
            if let Some(temporary) = Temporary::claimed(path, file) {
                return Ok(temporary);
            }
        }
    }

    /// Locks a file that was just made. `None`: another process looks at it, and may be about to sweep it.
    fn claimed(path: PathBuf, file: File) -> Option<Self> {
        match file.try_lock() {
            // The other one may only have looked.
            Err(TryLockError::WouldBlock) => {
                let _ = fs::remove_file(&path);
                None
            }
            // A file system without locks is never swept.
            Ok(()) | Err(TryLockError::Error(_)) => has_name(&file).then_some(Temporary { path, file }),
        }
    }

    /// Renames the file to its target.
    pub(crate) fn replace(&self, target: &Path) -> Result<()> {
        rename(&self.path, target)
    }

    /// Gives the file another name, which must be free, and keeps the lock.
    pub(crate) fn link(&self, name: &Path) -> Result<()> {
        fs::hard_link(&self.path, name)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Fails if the file was renamed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes what is no regular file, such as a link, and gives it the name of the target, whatever had that name. Nobody sees the
/// name without a file.
pub(crate) fn replace_with<T>(target: &Path, make: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let path = beside(target);
    let made = make(&path)?;
    rename(&path, target).inspect_err(|_| {
        let _ = fs::remove_file(&path);
    })?;
    Ok(made)
}

#[cfg(not(windows))]
fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)
}

/// Windows refuses for the moment in which another program has the file open, such as kubectl while it reads it. Go's own
/// tools wait in this way, too: cmd/internal/robustio.
#[cfg(windows)]
fn rename(from: &Path, to: &Path) -> Result<()> {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    let start = std::time::Instant::now();
    loop {
        match fs::rename(from, to) {
            Err(error)
                if matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION))
                    && start.elapsed() < PATIENCE =>
            {
                std::thread::sleep(PAUSE);
            }
            renamed => return renamed,
        }
    }
}

fn beside(target: &Path) -> PathBuf {
    folder::containing(target).join(name(target.file_name().unwrap_or_default()))
}

/// Removes the abandoned files in a folder. Returns how many.
pub(crate) fn sweep(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| is_ours(&entry.file_name()) && remove_if_abandoned(&entry.path())).count()
}

/// The abandoned files in a folder, and with `below` in the folders below it.
pub(crate) fn abandoned(folder: &Path, below: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Symbolic links are not followed.
        if below && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(abandoned(&entry.path(), below));
        } else if is_ours(&entry.file_name()) && is_abandoned(&entry.path()) {
            found.push(entry.path());
        }
    }
    found
}

/// Removes the abandoned files beside files, and beside those that links lead to.
pub(crate) fn sweep_beside<'a>(files: impl IntoIterator<Item = &'a Path>) {
    let both = |file: &'a Path| [Some(file.to_owned()), fs::canonicalize(file).ok()];
    let folders = files.into_iter().flat_map(both).flatten();
    let folders = folders.filter_map(|file| fs::canonicalize(folder::containing(&file)).ok());
    for folder in folders.collect::<BTreeSet<PathBuf>>() {
        sweep(&folder);
    }
}

/// Removes the abandoned files in a folder and below it.
pub(crate) fn sweep_below(folder: &Path) {
    sweep(folder);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    // Symbolic links are not followed.
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        sweep_below(&entry.path());
    }
}

/// Removes a file if it is one of these and abandoned.
pub(crate) fn remove_left_over(path: &Path) -> bool {
    path.file_name().is_some_and(is_ours) && remove_if_abandoned(path)
}

/// Whether nobody holds the lock of a file.
fn is_abandoned(path: &Path) -> bool {
    open_options().open(path).is_ok_and(|file| file.try_lock().is_ok())
}

fn remove_if_abandoned(path: &Path) -> bool {
    let Ok(file) = open_options().open(path) else { return false };
    file.try_lock().is_ok() && fs::remove_file(path).is_ok()
}

/// Follows no link and does not wait for a pipe.
fn open_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options
}

#[cfg(unix)]
fn has_name(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|found| found.nlink() > 0)
}

#[cfg(not(unix))]
fn has_name(_: &File) -> bool {
    true
}

fn name(target: &OsStr) -> String {
    let start: String = target.to_string_lossy().chars().take(LONGEST).collect();
    format!(".{start}{MARK}{}", host::random_name())
}

fn is_ours(name: &OsStr) -> bool {
    let unique = name.to_str().filter(|name| name.starts_with('.')).and_then(|name| name.rsplit_once(MARK));
    unique.is_some_and(|(_, unique)| unique.len() == 16 && unique.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether an error means that the file system does not support this.
pub(crate) fn is_unsupported(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied | ErrorKind::TooManyLinks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_short_and_recognised() {
        let long = "ä".repeat(120);
        for target in ["config", "", long.as_str(), ".nsaccess-0123456789abcdef"] {
            let (one, other) = (name(OsStr::new(target)), name(OsStr::new(target)));
            assert!(one != other && one.len() < 255 && is_ours(OsStr::new(&one)), "{one}");
        }
        for foreign in ["config", ".config", ".config.nsaccess-1-0", "config.nsaccess-0123456789abcdef", ".nsaccess-"] {
            assert!(!is_ours(OsStr::new(foreign)), "{foreign}");
        }
    }

    #[test]
    fn a_file_that_another_process_looks_at_is_not_left_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(".config.nsaccess-0123456789abcdef");
        let file = open_options().create_new(true).open(&path).expect("a file");
        let other = open_options().open(&path).expect("the file");
        other.try_lock().expect("it is free");
        assert!(Temporary::claimed(path.clone(), file).is_none());
        // Windows keeps it as long as it is open.
        drop(other);
        assert!(!path.exists());
    }

    #[test]
    fn abandoned_files_are_swept_and_files_in_use_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let alive = Temporary::beside(&folder.path().join("config")).expect("a file");
        let below = folder.path().join("below");
        fs::create_dir(&below).expect("a folder");
        for left in [folder.path(), &below].map(|folder| folder.join(".config.nsaccess-0123456789abcdef")) {
            File::create(left).expect("a file");
        }
        let names = || fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!((abandoned(folder.path(), false).len(), abandoned(folder.path(), true).len()), (1, 2));
        assert_eq!((names(), sweep(folder.path()), names()), (3, 1, 2));
        sweep_below(folder.path());
        assert_eq!(fs::read_dir(&below).expect("the folder").count(), 0);
        drop(alive);
        assert_eq!(names(), 1);
    }
}
