//! Advisory locks on files of our own. The system releases them when the process ends, even if it is killed.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::disk::{folder, temporary};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::interruption;

const EDIT_TRIES: u32 = 100;
const EDIT_PAUSE: Duration = Duration::from_millis(50);

/// A lock, which dropping the value releases.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Locks a file for an edit, and removes what killed edits of it left, since this one may have nothing to write. Waits
    /// up to five seconds for another nsaccess that edits it.
    pub(crate) fn for_edit(host: &Host, name: &str, file: &Path) -> Result<Lock> {
        let path = host.cache_dir().join("locks").join(format!("{name}.lock"));
        for _ in 0..EDIT_TRIES {
            match Lock::try_acquire(&path)? {
                Some(lock) => {
                    temporary::sweep_beside([file]);
                    return Ok(lock);
                }
                None => std::thread::sleep(EDIT_PAUSE),
            }
            if let Some(error) = interruption::pending() {
                return Err(error);
            }
        }
        Err(Error::failure(format!("cannot edit {}", host.shorten_home(file)))
            .because(format!("another nsaccess has held {} for 5 seconds", host.shorten_home(&path)))
            .try_next("run the same command again"))
    }

    /// Lets child processes inherit the lock: it is then released when the last of them has ended.
    pub(crate) fn share_with_children(&self) -> std::io::Result<()> {
        #[cfg(unix)]
        rustix::io::fcntl_setfd(&self.file, rustix::io::FdFlags::empty())?;
        #[cfg(not(unix))]
        let _ = &self.file;
        Ok(())
    }

    /// Takes the lock, or returns `None` if another process holds it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Lock>> {
        let fail = |error: &std::io::Error| Error::file("lock", path, error);
        let folder = folder::containing(path);
        folder::create(folder, 0o700).map_err(|error| Error::file("create the folder", folder, &error))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let is_new = !path.exists();
        let file = options.open(path).map_err(|error| fail(&error))?;
        if let Some(owner) = folder::inherited_owner(path).filter(|_| is_new) {
            folder::set_owner(&file, owner);
        }
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(fail(&error)),
        }
    }
}
