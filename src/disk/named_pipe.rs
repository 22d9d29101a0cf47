//! A value in a named pipe: whoever opens the file reads all of it, as often as they like, and it is never on disk. Two
//! readers who open it at the same instant share one pipe, and so the bytes: no system tells how many there are.

use std::io::Result;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::secret::Secret;

/// A named pipe with a value. Dropping it removes the file.
#[derive(Debug)]
pub(crate) struct NamedPipe {
    path: PathBuf,
    served: Arc<Served>,
}

/// What its readers get.
#[derive(Debug)]
struct Served {
    value: Mutex<Secret<Vec<u8>>>,
    /// Which file at the path is ours; none any more once it was removed.
    file: Mutex<Option<pipe::Identity>>,
}

impl NamedPipe {
    /// Makes the file, which only we can read (mode 0600). One that a killed process left behind is replaced.
    ///
    /// # Errors
    /// When there is a file already, or none can be made.
    pub(crate) fn create(path: &Path, value: Secret<Vec<u8>>) -> Result<Self> {
        let made = pipe::make_anew(path)?;
        let served = Arc::new(Served { value: Mutex::new(value), file: Mutex::new(Some(made)) });
        let pipe = NamedPipe { path: path.to_owned(), served };
        pipe::serve(&pipe.path, &pipe.served)?;
        Ok(pipe)
    }

    /// Whoever opens the file from now on reads another value.
    pub(crate) fn replace(&self, value: Secret<Vec<u8>>) {
        *locked(&self.served.value) = value;
    }
}

impl Drop for NamedPipe {
    fn drop(&mut self) {
        if let Some(own) = locked(&self.served.file).take() {
            pipe::remove(&self.path, &own);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
mod pipe {
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io::{ErrorKind, Read, Result, Write};
    use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
    use std::path::Path;
    use std::sync::Arc;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::OFlags;

    use super::{Served, locked};
    use crate::disk::temporary;

    /// A file, whatever its name: device and number.
    pub(super) type Identity = (u64, u64);

    /// Makes the pipe, also in the place of one that nobody serves any more.
    pub(super) fn make_anew(path: &Path) -> Result<Identity> {
        match make(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && is_abandoned(path) => {
                fs::remove_file(path)?;
                make(path)?;
            }
            made => made?,
        }
        Ok(identity(&fs::symlink_metadata(path)?))
    }

    /// Answers readers from now on, until the process ends: nothing else wakes a writer that waits for a reader.
    pub(super) fn serve(path: &Path, served: &Arc<Served>) -> Result<()> {
        let (path, served) = (path.to_owned(), Arc::clone(served));
        let answer = move || while answer_one(&path, &served).is_ok() {};
        std::thread::Builder::new().spawn(answer).map(drop)
    }

    pub(super) fn remove(path: &Path, own: &Identity) {
        if fs::symlink_metadata(path).is_ok_and(|metadata| identity(&metadata) == *own) {
            let _ = fs::remove_file(path);
        }
    }

    /// Waits for a reader. It gets a pipe of its own, since two readers of one would share its bytes: the next pipe is there
    /// before the first byte is written.
    fn answer_one(path: &Path, served: &Arc<Served>) -> Result<()> {
        let mut reader = open(path, OFlags::WRONLY)?;
        {
            let mut own = locked(&served.file);
            // Nobody else's file is written to, or replaced.
            if Some(identity(&reader.metadata()?)) != *own {
                return Err(ErrorKind::AlreadyExists.into());
            }
            *own = Some(replace(path)?);
        }
        let value = locked(&served.value).clone();
        let answer = move || {
            // The reader may be gone.
            let _ = reader.write_all(value.expose());
        };
        std::thread::Builder::new().spawn(answer).map(drop)
    }

    fn replace(path: &Path) -> Result<Identity> {
        temporary::replace_with(path, |path| {
            make(path)?;
            Ok(identity(&fs::symlink_metadata(path)?))
        })
    }

    /// How long a writer has to show itself: between two readers there is none for some microseconds.
    const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

    /// Whether this is a pipe of ours that nobody writes to any more. A process that serves it waits for a reader, and we
    /// are one: it writes.
    fn is_abandoned(path: &Path) -> bool {
        let is_own = |metadata: Metadata| {
            metadata.file_type().is_fifo() && metadata.uid() == rustix::process::geteuid().as_raw()
        };
        if !fs::symlink_metadata(path).is_ok_and(is_own) {
            return false;
        }
        let Ok(mut pipe) = open(path, OFlags::RDONLY | OFlags::NONBLOCK) else { return false };
        let has_no_writer = matches!(pipe.read(&mut [0]), Ok(0));
        has_no_writer && matches!(poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&PATIENCE)), Ok(0))
    }

    fn open(path: &Path, flags: OFlags) -> Result<File> {
        let write = flags.contains(OFlags::WRONLY);
        let others = i32::try_from((flags | OFlags::NOFOLLOW).bits()).map_err(std::io::Error::other)?;
        OpenOptions::new().read(!write).write(write).custom_flags(others).open(path)
    }

    fn identity(metadata: &Metadata) -> Identity {
        (metadata.dev(), metadata.ino())
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn make(path: &Path) -> Result<()> {
        use rustix::fs::{CWD, Mode, mkfifoat};
        Ok(mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR)?)
    }

    /// macOS has no `mkfifoat` before version 13.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn make(path: &Path) -> Result<()> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(path).output()?;
        match made.status.success() {
            true => Ok(()),
            false => Err(std::io::Error::other(String::from_utf8_lossy(&made.stderr).trim().to_owned())),
        }
    }
}

#[cfg(not(unix))]
mod pipe {
    use std::io::{ErrorKind, Result};
    use std::path::Path;
    use std::sync::Arc;

    use super::Served;

    pub(super) type Identity = ();

    pub(super) fn make_anew(_: &Path) -> Result<Identity> {
        Err(ErrorKind::Unsupported.into())
    }

    pub(super) fn serve(_: &Path, _: &Arc<Served>) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    pub(super) fn remove(_: &Path, (): &Identity) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn secret(bytes: &[u8]) -> Secret<Vec<u8>> {
        Secret::new(bytes.to_vec())
    }

    #[test]
    fn every_reader_gets_the_whole_value() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let large = vec![7; 300_000];
        let pipe = NamedPipe::create(&path, secret(&large)).expect("a pipe");
        assert_eq!(fs::metadata(&path).expect("it").permissions().mode() & 0o777, 0o600);
        for _ in 0..20 {
            assert_eq!(fs::read(&path).expect("the value"), large);
        }
        pipe.replace(secret(b"new"));
        assert_eq!(fs::read(&path).expect("the value"), b"new");
        drop(pipe);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }

    #[test]
    fn only_a_pipe_that_nobody_serves_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        crate::disk::atomic::write_private(&path, b"mine").expect("a file");
        assert!(NamedPipe::create(&path, secret(b"x")).is_err());
        assert_eq!(fs::read(&path).expect("it"), b"mine");
        fs::remove_file(&path).expect("removed");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).expect("a pipe");
        let first = NamedPipe::create(&path, secret(b"first")).expect("nobody serves the other one");
        assert_eq!(fs::read(&path).expect("the value"), b"first");
        let refused = NamedPipe::create(&path, secret(b"second")).expect_err("it is served");
        assert_eq!(refused.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("the value"), b"first");
        fs::remove_file(&path).expect("removed");
        crate::disk::atomic::write_private(&path, b"mine").expect("a file");
        drop(first);
        assert_eq!(fs::read(&path).expect("it"), b"mine");
    }
}
