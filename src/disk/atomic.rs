//! The only writer of files. A reader sees either the old file or the new one, even if we are killed during a write.
//!
//! A write is: create a temporary file beside the resolved target, set its permissions, write, fsync, check that the target
//! has not changed since it was read, rename, fsync the folder. A file with hard links, and a single file that is mounted
//! into a container, are overwritten instead.

mod permissions;
mod replace;

#[cfg(all(test, unix))]
mod tests;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::host::plain_file::{self, LARGEST_TEXT};
use crate::model::shell;

use permissions::Permissions;
use replace::{Replacement, replace};

/// A file as it was when it was read, to be edited and written by [`Snapshot::replace`].
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The path, before symbolic links are followed.
    pub(crate) path: PathBuf,
    /// The file that symbolic links lead to.
    pub(crate) target: PathBuf,
    /// `None` when the file does not exist.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// The modes of a new file and its new folders. An existing file keeps its own mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewMode {
    /// 0600 in folders of mode 0700: secrets, and files about them.
    Private,
    /// 0600 in folders of mode 0755, as kubectl and the AWS CLI create theirs.
    Shared,
}

/// Reads a file, following symbolic links, for a later [`Snapshot::replace`]. The null device reads as an empty file.
pub(crate) fn read(path: &Path) -> Result<Snapshot> {
    let target = resolve(path)?;
    let bytes = read_limited(path, LARGEST_TEXT)?;
    Ok(Snapshot { path: path.to_owned(), target, bytes })
}

/// The content of a file as text. `None` if it does not exist.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>> {
    read(path)?.text()
}

/// Creates or replaces a file with mode 0600. If root writes in the folder of another user, the file becomes theirs. After
/// an error the old file is unchanged.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    write_file(path, bytes, Permissions::private())
}

/// As [`write_private`], but the file always belongs to the current user: where the user wants a secret to be written.
pub(crate) fn write_private_to_current_user(path: &Path, bytes: &[u8]) -> Result<()> {
    write_file(path, bytes, Permissions::private_to_current_user())
}

fn write_file(path: &Path, bytes: &[u8], permissions: Permissions) -> Result<()> {
    let target = resolve(path)?;
    replace(
        &Replacement { path, target: &target, bytes, permissions, folder_mode: 0o700, keep_hard_links: false },
        || Ok(()),
    )
}

/// Removes a file. Returns whether it existed.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file("remove", path, &error)),
    }
}

impl Snapshot {
    /// The content as text. `None` if the file does not exist.
    pub(crate) fn text(&self) -> Result<Option<String>> {
        let Some(bytes) = &self.bytes else { return Ok(None) };
        match String::from_utf8(bytes.clone()) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(Error::failure(format!("{} is not UTF-8 text", self.path.display()))
                .because(format!("invalid byte at offset {}", error.utf8_error().valid_up_to()))
                .try_next(self.conversion_command(bytes))),
        }
    }

    /// The command that converts the file to UTF-8. Windows marks UTF-16; any other encoding is a guess.
    fn conversion_command(&self, bytes: &[u8]) -> String {
        let is_utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let encoding = if is_utf_16 { "UTF-16" } else { "ISO-8859-1" };
        let path = self.path.display().to_string();
        let (from, to) = (shell::quote(&path), format!("{path}.utf8"));
        let to = shell::quote(&to);
        format!("iconv -f {encoding} -t UTF-8 {from} > {to}   # check the result, then replace the file with it")
    }

    /// Replaces the content. Returns whether that changed the file. Fails if the file changed since it was read. After an
    /// error the file is unchanged.
    pub(crate) fn replace(&self, bytes: &[u8], new_mode: NewMode) -> Result<bool> {
        if self.bytes.as_deref() == Some(bytes) {
            return Ok(false);
        }
        let found = match fs::metadata(&self.target) {
            Ok(found) if found.permissions().readonly() => return Err(self.write_protected_error()),
            found => found.ok(),
        };
        self.refuse_special(found.as_ref())?;
        let permissions = match &found {
            Some(found) => Permissions::of(&self.target, found).map_err(|error| write_error(&self.path, &error))?,
            None => Permissions::private(),
        };
        let folder_mode = if found.is_none() && new_mode == NewMode::Private { 0o700 } else { 0o755 };
        let replacement = Replacement {
            path: &self.path,
            target: &self.target,
            bytes,
            permissions,
            folder_mode,
            keep_hard_links: true,
        };
        replace(&replacement, || self.refuse_if_changed())?;
        Ok(true)
    }

    /// Fails for what can be read but not replaced, like the null device.
    pub(crate) fn refuse_unless_plain(&self) -> Result<()> {
        self.refuse_special(fs::metadata(&self.target).ok().as_ref())
    }

    fn refuse_special(&self, found: Option<&fs::Metadata>) -> Result<()> {
        match found.and_then(plain_file::special_file_error) {
            Some(refusal) => Err(write_error(&self.path, &refusal)),
            None if found.is_none() && self.bytes.is_some() => Err(self.changed_error()),
            None => Ok(()),
        }
    }

    fn refuse_if_changed(&self) -> Result<()> {
        let now = read(&self.path)?;
        if now.bytes == self.bytes && now.target == self.target {
            return Ok(());
        }
        Err(self.changed_error())
    }

    fn changed_error(&self) -> Error {
        Error::failure(format!("{} was not written", self.path.display()))
            .because("another program changed it at the same time")
            .try_next("run the same command again")
    }

    fn write_protected_error(&self) -> Error {
        Error::failure(format!("cannot write {}", self.path.display()))
            .because("the file is read-only (its mode has no write permission)")
            .try_next(format!("chmod u+w {}", self.target.display()))
    }
}

/// The file that symbolic links lead to, whether or not it exists.
fn resolve(path: &Path) -> Result<PathBuf> {
    let mut current = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&current) {
            Ok(next) => current = current.parent().map_or(next.clone(), |folder| folder.join(&next)),
            Err(_) => return Ok(current),
        }
    }
    Err(Error::failure(format!("cannot follow {}", path.display())).because("its symbolic links form a loop"))
}

fn read_error(path: &Path, error: &std::io::Error) -> Error {
    let failure = Error::file("read", path, error);
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::Other => failure.try_next(format!("ls -ld {}", path.display())),
        _ => failure,
    }
}

fn write_error(path: &Path, error: &std::io::Error) -> Error {
    let failure = Error::file("write", path, error).because("the file is unchanged");
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => failure.try_next(format!("df -h {}", path.display())),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            failure.try_next(format!("ls -ld {}", path.parent().unwrap_or(path).display()))
        }
        ErrorKind::Other => failure.try_next(format!("ls -ld {}", path.display())),
        _ => failure,
    }
}

/// What exists at a path. Symbolic links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occupant {
    Nothing,
    File,
    Folder,
    /// A device, a pipe, a socket.
    Other,
}

/// What exists at a path. If that cannot be found out, it counts as nothing, and writing there reports why.
pub(crate) fn occupant(path: &Path) -> Occupant {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Occupant::Folder,
        Ok(found) if found.is_file() => Occupant::File,
        Ok(_) => Occupant::Other,
        Err(_) => Occupant::Nothing,
    }
}

/// Reads a file of at most `limit` bytes: a file that is not ours may have any size.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    plain_file::read(path, limit).map_err(|error| read_error(path, &error))
}
