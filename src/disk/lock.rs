//! Advisory locks on files of our own, beside what they guard. The system drops them with the process that holds
//! them, so a killed process leaves nothing behind that has to be cleaned up.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::host::Host;

const EDIT_TRIES: u32 = 100;
const EDIT_PAUSE: Duration = Duration::from_millis(50);

/// A held lock; it ends with the value.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock that guards an edit of a file, waiting for another nsaccess that edits it.
    ///
    /// # Errors
    /// When it cannot be had in five seconds, or not at all.
    pub fn for_edit(host: &Host, name: &str, file: &Path) -> Result<Lock> {
        let path = host.cache_dir().join("locks").join(format!("{name}.lock"));
        for _ in 0..EDIT_TRIES {
            match Lock::try_acquire(&path)? {
                Some(lock) => return Ok(lock),
                None => std::thread::sleep(EDIT_PAUSE),
            }
        }
        Err(Error::failure(format!("cannot edit {}", host.shorten_home(file)))
            .because(format!("another nsaccess has held {} for 5 seconds", host.shorten_home(&path)))
            .try_next("run the same command again"))
    }

    /// Takes the lock if nobody holds it. `None` when somebody does.
    ///
    /// # Errors
    /// When the lock file cannot be created or locked at all.
    pub fn try_acquire(path: &Path) -> Result<Option<Lock>> {
        let fail = |error: &std::io::Error| Error::file("lock", path, error);
        if let Some(folder) = path.parent() {
            create_private_folder(folder).map_err(|error| Error::file("create the folder", folder, &error))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(path).map_err(|error| fail(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(fail(&error)),
        }
    }
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}
