//! Replaces a file: by renaming a temporary file, or by overwriting the content where a rename is impossible or would break
//! hard links.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Result as IoResult, Seek, SeekFrom, Write};
use std::path::Path;

use super::permissions::Permissions;
use super::write_error;
use crate::disk::{folder, temporary};
use crate::error::{Error as Failure, Result};
use crate::host::interruption::Deferred;
use crate::host::plain_file;

use temporary::Temporary;

pub(super) struct Replacement<'a> {
    /// The path as the user gave it, for messages.
    pub(crate) path: &'a Path,
    /// The file that symbolic links lead to.
    pub(crate) target: &'a Path,
    pub(crate) bytes: &'a [u8],
    pub(crate) permissions: Permissions,
    /// The mode of folders that have to be created.
    pub(crate) folder_mode: u32,
    pub(crate) keep_hard_links: bool,
}

/// Writes a temporary file, calls `check`, and renames it. Signals are deferred meanwhile, and abandoned temporary files
/// of the folder are removed first.
pub(super) fn replace(replacement: &Replacement<'_>, check: impl FnOnce() -> Result<()>) -> Result<()> {
    let _deferred = Deferred::begin();
    let fail = |error: &Error| write_error(replacement.path, error);
    let existing = fs::metadata(replacement.target).ok();
    if let Some(refusal) = existing.as_ref().and_then(plain_file::special_file_error) {
        return Err(fail(&refusal));
    }
    let folder = folder::containing(replacement.target);
    folder::create(folder, replacement.folder_mode)
        .map_err(|error| Failure::file("create the folder", folder, &error))?;
    temporary::sweep(folder);
    if replacement.keep_hard_links && existing.as_ref().is_some_and(has_hard_links) {
        check()?;
        return overwrite(replacement).map_err(|error| fail(&error));
    }
    let temporary = match Temporary::beside(replacement.target) {
        Ok(temporary) => temporary,
        // Such as a writable file that is mounted into a read-only folder of a container.
        Err(error) if existing.is_some() && is_folder_read_only(&error) => {
            check()?;
            return overwrite(replacement).map_err(|_| fail(&error));
        }
        Err(error) => return Err(fail(&error)),
    };
    fill(&temporary.file, replacement).map_err(|error| fail(&error))?;
    check()?;
    match temporary.replace(replacement.target) {
        Ok(()) => sync_folder(folder),
        // A file that is mounted into a container: only its content can change.
        Err(error) if error.kind() == ErrorKind::ResourceBusy => {
            overwrite(replacement).map_err(|error| fail(&error))?
        }
        Err(error) => return Err(fail(&error)),
    }
    Ok(())
}

fn fill(mut file: &File, replacement: &Replacement<'_>) -> IoResult<()> {
    replacement.permissions.apply_to(file, replacement.target)?;
    file.write_all(replacement.bytes)?;
    file.sync_all()
}

/// Overwrites the content, as kubectl and the AWS CLI always do. Space is reserved first, and after a failure the old
/// content is restored. Only a kill at this very moment leaves a broken file.
fn overwrite(replacement: &Replacement<'_>) -> IoResult<()> {
    let old = plain_file::read(replacement.target, plain_file::LARGEST_TEXT)?.unwrap_or_default();
    let file = OpenOptions::new().write(true).open(replacement.target)?;
    if !replacement.keep_hard_links {
        replacement.permissions.apply_to(&file, replacement.target)?;
    }
    reserve(&file, replacement.bytes.len())?;
    write_in_place(&file, replacement.bytes).inspect_err(|_| {
        let _ = write_in_place(&file, &old);
    })
}

fn write_in_place(mut file: &File, bytes: &[u8]) -> IoResult<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn reserve(file: &File, length: usize) -> IoResult<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, (length as u64).max(1)) {
        Err(rustix::io::Errno::NOSPC) => Err(ErrorKind::StorageFull.into()),
        // Not every file system supports this.
        _ => Ok(()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn reserve(_: &File, _: usize) -> IoResult<()> {
    Ok(())
}

#[cfg(unix)]
fn has_hard_links(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 1
}

#[cfg(not(unix))]
fn has_hard_links(_: &fs::Metadata) -> bool {
    false
}

fn is_folder_read_only(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Makes the rename survive a power failure. Without it the file is intact too, but may be the old one.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
