//! Reads files whose path comes from elsewhere: an environment variable, a symbolic link. Such a path may lead to a pipe,
//! a device or a disk image, which must neither block us nor fill the memory.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Larger than any configuration file.
pub(crate) const LARGEST_TEXT: u64 = 16 * MIB;

const MIB: u64 = 1 << 20;

/// Reads a plain file of at most `limit` bytes. `None` if it does not exist. The null device reads as an empty file.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        // A socket cannot be opened; "it is a socket" is the better message.
        Err(error) => {
            return Err(std::fs::metadata(path).ok().and_then(|found| special_file_error(&found)).unwrap_or(error));
        }
    };
    let found = file.metadata()?;
    if is_null_device(&found) {
        return Ok(Some(Vec::new()));
    }
    if let Some(error) = special_file_error(&found) {
        return Err(error);
    }
    let too_large = || Error::other(format!("it is larger than {}", size_in_words(limit)));
    if found.len() > limit {
        return Err(too_large());
    }
    // One byte more, so that the end is found without reallocating.
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default() + 1);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(Some(bytes)) }
}

/// The error for something that is not a plain file.
pub(crate) fn special_file_error(found: &Metadata) -> Option<Error> {
    let kind = kind_of_special_file(found)?;
    Some(Error::other(format!("it is {kind}, not a plain file")))
}

/// Opens without waiting for the other end of a pipe, or for a terminal's carrier.
#[cfg(unix)]
fn open(path: &Path) -> Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File> {
    File::open(path)
}

#[cfg(unix)]
pub(crate) fn kind_of_special_file(found: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    if kind.is_file() {
        return None;
    }
    Some(match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    })
}

#[cfg(not(unix))]
pub(crate) fn kind_of_special_file(found: &Metadata) -> Option<&'static str> {
    match (found.is_file(), found.is_dir()) {
        (true, _) => None,
        (false, true) => Some("a folder"),
        (false, false) => Some("something else"),
    }
}

#[cfg(unix)]
pub(crate) fn is_null_device(found: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    found.file_type().is_char_device() && std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == found.rdev())
}

#[cfg(not(unix))]
pub(crate) fn is_null_device(_: &Metadata) -> bool {
    false
}

fn size_in_words(limit: u64) -> String {
    if limit >= MIB { format!("{} MiB", limit / MIB) } else { format!("{limit} bytes") }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn special_files_are_refused_without_blocking_and_the_null_device_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let why = |path: &Path| read(path, 10).expect_err("refused").to_string();
        let [pipe, socket, none] = ["pipe", "socket", "none"].map(|name| folder.path().join(name));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        assert_eq!(why(&pipe), "it is a named pipe, not a plain file");
        assert_eq!(why(&socket), "it is a socket, not a plain file");
        assert_eq!(why(folder.path()), "it is a folder, not a plain file");
        assert_eq!(why(Path::new("/dev/zero")), "it is a device, not a plain file");
        assert_eq!(read(Path::new("/dev/null"), 10).expect("empty"), Some(Vec::new()));
        assert_eq!(read(&none, 10).expect("absent"), None);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn sizes_are_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "0123456789").expect("written");
        assert_eq!(read(&path, 10).expect("it fits").as_deref(), Some(b"0123456789".as_slice()));
        assert_eq!(read(&path, 9).expect_err("too large").to_string(), "it is larger than 9 bytes");
        let image = File::create(&path).expect("a file");
        image.set_len(5 << 30).expect("a hole");
        assert_eq!(read(&path, LARGEST_TEXT).expect_err("too large").to_string(), "it is larger than 16 MiB");
        // Files in /proc report a size of 0.
        assert!(read(Path::new("/proc/self/status"), LARGEST_TEXT).expect("read").is_some_and(|text| !text.is_empty()));
    }
}
