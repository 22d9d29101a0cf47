//! Files that are about to become others. Each is locked by the process that writes it; the system drops the lock with
//! the process, so one that is not locked was left behind by a process that was killed, whatever machine or container it
//! ran in, and is removed.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

use crate::disk::folder;
use crate::host;

/// Between the name of the target and what makes the name unique.
const MARK: &str = ".nsaccess-";

/// As many letters of a target's name as leave room for the rest: a letter has up to four bytes, a name up to 255.
const LONGEST: usize = 50;

/// A new file of mode 0600 beside its target. It goes away with the value unless it took another name.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    /// Open for writing, and locked.
    pub file: File,
}

impl Temporary {
    /// A new one for this target.
    ///
    /// # Errors
    /// When the folder takes no file.
    pub(crate) fn beside(target: &Path) -> Result<Self> {
        loop {
            let path = folder::containing(target).join(name(target.file_name().unwrap_or_default()));
            let file = open_options().create_new(true).open(&path)?;
            match file.try_lock() {
                // Whoever sweeps has met it before it was locked.
                Err(TryLockError::WouldBlock) => continue,
                // A file system without locks: nothing there is ever swept.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            if has_name(&file) {
                return Ok(Temporary { path, file });
            }
        }
    }

    /// Takes the place of its target.
    ///
    /// # Errors
    /// When it cannot be renamed; both files are then as they were.
    pub(crate) fn replace(&self, target: &Path) -> Result<()> {
        fs::rename(&self.path, target)
    }

    /// Takes a name that nobody has, and stays locked.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] when somebody has it; when the file system has no hard links.
    pub(crate) fn link(&self, name: &Path) -> Result<()> {
        fs::hard_link(&self.path, name)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Not there any more if it took its target's place.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes what killed processes left in a folder. Returns how many files.
pub(crate) fn sweep(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| is_ours(&entry.file_name()) && remove_if_abandoned(&entry.path())).count()
}

/// The same in a folder and all folders below it.
pub(crate) fn sweep_below(folder: &Path) {
    sweep(folder);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    // A link is no folder here.
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        sweep_below(&entry.path());
    }
}

fn remove_if_abandoned(path: &Path) -> bool {
    let Ok(file) = open_options().open(path) else { return false };
    file.try_lock().is_ok() && fs::remove_file(path).is_ok()
}

/// Neither a link is followed nor a pipe waited for.
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

/// Whether an error says that the file system cannot do it at all.
pub(crate) fn is_unsupported(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied | ErrorKind::TooManyLinks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_short_and_known_again() {
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
    fn what_a_dead_process_left_is_swept_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let alive = Temporary::beside(&folder.path().join("config")).expect("a file");
        let below = folder.path().join("below");
        fs::create_dir(&below).expect("a folder");
        for left in [folder.path(), &below].map(|folder| folder.join(".config.nsaccess-0123456789abcdef")) {
            File::create(left).expect("a file");
        }
        let names = || fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!((names(), sweep(folder.path()), names()), (3, 1, 2));
        sweep_below(folder.path());
        assert_eq!(fs::read_dir(&below).expect("the folder").count(), 0);
        drop(alive);
        assert_eq!(names(), 1);
    }
}
