//! kubectl's lock: a file `<kubeconfig>.lock` that exists while somebody edits. kubectl gives up at once when it is
//! there; we wait a little. It has no owner and survives a crash, so only a person may decide that it is stale.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::host::Host;

/// A held lock; it ends with the value, on every way out.
#[derive(Debug)]
pub(super) struct KubectlLock {
    files: Vec<PathBuf>,
}

impl KubectlLock {
    /// Takes the lock of a kubeconfig under the name that the person uses and, where a symbolic link makes it another
    /// one, under the file's real name. Names in `taken` are ours already.
    ///
    /// # Errors
    /// When somebody holds it for longer than `patience`, or it cannot be created.
    pub(super) fn acquire(path: &Path, taken: &[PathBuf], patience: Duration, host: &Host) -> Result<Self> {
        let mut lock = KubectlLock { files: Vec::new() };
        for name in lock_names(path)? {
            if !taken.contains(&name) {
                create(&name, path, patience, host)?;
                lock.files.push(name);
            }
        }
        Ok(lock)
    }

    pub(super) fn names(&self) -> Vec<PathBuf> {
        self.files.clone()
    }
}

impl Drop for KubectlLock {
    fn drop(&mut self) {
        for file in self.files.iter().rev() {
            let _ = fs::remove_file(file);
        }
    }
}

/// The lock files of a kubeconfig, each once even if its folder can be reached in two ways.
fn lock_names(path: &Path) -> Result<Vec<PathBuf>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(folder).map_err(|error| Error::file("create the folder", folder, &error))?;
    let mut names = vec![real_lock_name(path)];
    if let Ok(real) = fs::canonicalize(path) {
        let real = real_lock_name(&real);
        if !names.contains(&real) {
            names.push(real);
        }
    }
    names.sort();
    Ok(names)
}

fn real_lock_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    folder.map_or_else(|| path.with_file_name(&name), |folder| folder.join(&name))
}

fn create(lock: &Path, path: &Path, patience: Duration, host: &Host) -> Result<()> {
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(5);
    loop {
        match create_once(lock) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && waited < patience => {
                std::thread::sleep(pause);
                waited += pause;
                pause = (pause * 2).min(Duration::from_millis(200));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(held(lock, path, host)),
            Err(error) => {
                let folder = lock.parent().unwrap_or(lock);
                return Err(Error::file("lock", path, &error).try_next(format!("ls -ld {}", folder.display())));
            }
        }
    }
}

/// As client-go creates it: exclusively and without any permission.
fn create_once(lock: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o0);
    }
    options.open(lock).map(drop)
}

fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o755);
    }
    builder.create(folder)
}

fn held(lock: &Path, path: &Path, host: &Host) -> Error {
    let age = fs::symlink_metadata(lock).and_then(|metadata| metadata.modified()).ok();
    let age = age.and_then(|time| Timestamp::try_from(time).ok()).map(|time| host.now().duration_since(time).as_secs());
    let since = match age {
        Some(seconds) if seconds >= 0 => format!("its lock is {} old", spoken(seconds)),
        _ => "its lock is there".to_owned(),
    };
    Error::failure(format!("cannot lock {}", host.shorten_home(path)))
        .because(format!("{since}: kubectl or another nsaccess is editing it, or was killed while it did"))
        .try_next(format!("rm -f {}   # if neither is running", lock.display()))
}

fn spoken(seconds: i64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
