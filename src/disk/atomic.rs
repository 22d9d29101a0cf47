//! The only writer of files. A reader, or a `kill -9`, at any instant meets the old file or the new one, never a half.
//!
//! Every write is: a temporary file beside the resolved target, its permissions before its first byte, the content, fsync,
//! one more look at the target (refuse if it changed since it was read), rename, fsync of the folder. A file with other
//! names (hard links), and one that is mounted by itself into a container, are written over instead.

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

/// A file as it was when it was read: what an edit starts from and what [`Snapshot::replace`] compares with.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The path as the user names it.
    pub path: PathBuf,
    /// The file behind symbolic links: what is really written.
    pub target: PathBuf,
    /// `None` when the file does not exist.
    pub bytes: Option<Vec<u8>>,
}

/// Who may read a file that we create. A file that exists keeps its own mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewMode {
    /// 0600, in folders of mode 0700: secrets, and files about them.
    Private,
    /// 0600, in folders of mode 0755: as kubectl and the AWS CLI create theirs.
    Shared,
}

/// Reads a file, following symbolic links, for a later [`Snapshot::replace`].
///
/// # Errors
/// When the file exists and cannot be read or is no plain file, or a link leads in a circle. The null device reads as
/// an empty file.
pub(crate) fn read(path: &Path) -> Result<Snapshot> {
    let target = resolve(path)?;
    let bytes = read_limited(path, LARGEST_TEXT)?;
    Ok(Snapshot { path: path.to_owned(), target, bytes })
}

/// The content of a file as text, for a file that is read and not edited. `None` when it does not exist.
///
/// # Errors
/// When it cannot be read or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>> {
    read(path)?.text()
}

/// Writes a file of ours whole: created or replaced, mode 0600 from its first byte. It belongs to whom its folder does.
///
/// # Errors
/// When the folder cannot be created, the disk is full, or the rename fails; the old file is then untouched.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    write_file(path, bytes, Permissions::private())
}

/// The same for a file that is ours wherever it lies: what a person wants a secret to be written to.
///
/// # Errors
/// As [`write_private`].
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

/// Removes a file; one that is not there is already removed.
///
/// # Errors
/// When it exists and cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file("remove", path, &error)),
    }
}

impl Snapshot {
    /// The content as text. `None` when the file does not exist.
    ///
    /// # Errors
    /// When the content is not UTF-8: we refuse to edit what we cannot read.
    pub(crate) fn text(&self) -> Result<Option<String>> {
        let Some(bytes) = &self.bytes else { return Ok(None) };
        match String::from_utf8(bytes.clone()) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(Error::failure(format!("{} is not UTF-8 text", self.path.display()))
                .because(format!("there is an invalid byte at offset {}", error.utf8_error().valid_up_to()))
                .try_next(self.conversion_command(bytes))),
        }
    }

    /// The command that makes UTF-8 of it. Windows writes UTF-16 and marks it; what else there is can only be guessed.
    fn conversion_command(&self, bytes: &[u8]) -> String {
        let is_utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let encoding = if is_utf_16 { "UTF-16" } else { "ISO-8859-1" };
        let path = self.path.display().to_string();
        let (from, to) = (shell::quote(&path), format!("{path}.utf8"));
        let to = shell::quote(&to);
        format!("iconv -f {encoding} -t UTF-8 {from} > {to}   # then look at it and move it in place")
    }

    /// Puts `bytes` in the file's place. Nothing is written when they equal what is there.
    ///
    /// Returns whether the file changed.
    ///
    /// # Errors
    /// When the file changed since it was read, is write-protected, or cannot be written; it is then as it was.
    pub(crate) fn replace(&self, bytes: &[u8], new_mode: NewMode) -> Result<bool> {
        if self.bytes.as_deref() == Some(bytes) {
            return Ok(false);
        }
        let found = match fs::metadata(&self.target) {
            Ok(found) if found.permissions().readonly() => return Err(self.write_protected()),
            found => found.ok(),
        };
        self.refuse_special(found.as_ref())?;
        let permissions = match &found {
            Some(found) => Permissions::of(&self.target, found).map_err(|error| explain_write(&self.path, &error))?,
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

    /// Refuses what can be read and not be replaced, like the null device.
    ///
    /// # Errors
    /// What it is.
    pub(crate) fn refuse_unless_plain(&self) -> Result<()> {
        self.refuse_special(fs::metadata(&self.target).ok().as_ref())
    }

    fn refuse_special(&self, found: Option<&fs::Metadata>) -> Result<()> {
        match found.and_then(plain_file::refusal) {
            Some(refusal) => Err(explain_write(&self.path, &refusal)),
            None if found.is_none() && self.bytes.is_some() => Err(self.changed()),
            None => Ok(()),
        }
    }

    fn refuse_if_changed(&self) -> Result<()> {
        let now = read(&self.path)?;
        if now.bytes == self.bytes && now.target == self.target {
            return Ok(());
        }
        Err(self.changed())
    }

    fn changed(&self) -> Error {
        Error::failure(format!("{} was not written", self.path.display()))
            .because("another program changed it in the same moment")
            .try_next("run the same command again")
    }

    fn write_protected(&self) -> Error {
        Error::failure(format!("cannot write {}", self.path.display()))
            .because("the file is write-protected (no write permission in its mode)")
            .try_next(format!("chmod u+w {}", self.target.display()))
    }
}

/// The file behind symbolic links, existing or not: the last link's own destination.
fn resolve(path: &Path) -> Result<PathBuf> {
    let mut current = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&current) {
            Ok(next) => current = current.parent().map_or(next.clone(), |folder| folder.join(&next)),
            Err(_) => return Ok(current),
        }
    }
    Err(Error::failure(format!("cannot follow {}", path.display())).because("its symbolic links lead in a circle"))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Error {
    let failure = Error::file("read", path, error);
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::Other => failure.try_next(format!("ls -ld {}", path.display())),
        _ => failure,
    }
}

fn explain_write(path: &Path, error: &std::io::Error) -> Error {
    let failure = Error::file("write", path, error).because("the file is as it was before");
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => failure.try_next(format!("df -h {}", path.display())),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            failure.try_next(format!("ls -ld {}", path.parent().unwrap_or(path).display()))
        }
        ErrorKind::Other => failure.try_next(format!("ls -ld {}", path.display())),
        _ => failure,
    }
}

/// What is where a file should be written. A link counts as what it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occupant {
    Nothing,
    File,
    Folder,
    /// A device, a pipe, a socket.
    Other,
}

/// Looks what is at a path. What cannot be looked at counts as nothing: the write says why.
pub(crate) fn occupant(path: &Path) -> Occupant {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Occupant::Folder,
        Ok(found) if found.is_file() => Occupant::File,
        Ok(_) => Occupant::Other,
        Err(_) => Occupant::Nothing,
    }
}

/// Reads at most `limit` bytes of a file: what we did not write may be of any size.
///
/// # Errors
/// When the file cannot be read, is no plain file, or is larger.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    plain_file::read(path, limit).map_err(|error| cannot_read(path, &error))
}
