//! The only writer of files. A reader, or a `kill -9`, at any instant meets the old file or the new one, never a half.
//!
//! Every write is: a temporary file beside the resolved target, its mode before its first byte, the content, fsync,
//! one more look at the target (refuse if it changed since it was read), rename, fsync of the folder.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A file as it was when it was read: what an edit starts from and what [`Snapshot::replace`] compares with.
#[derive(Debug)]
pub struct Snapshot {
    /// The path as the user names it.
    pub path: PathBuf,
    /// The file behind symbolic links: what is really written.
    pub target: PathBuf,
    /// `None` when the file does not exist.
    pub bytes: Option<Vec<u8>>,
}

/// Who may read a file that we create. A file that exists keeps its own mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewMode {
    /// 0600, in folders of mode 0700: secrets, and files about them.
    Private,
    /// 0600, in folders of mode 0755: as kubectl and the AWS CLI create theirs.
    Shared,
}

/// Reads a file, following symbolic links, for a later [`Snapshot::replace`].
///
/// # Errors
/// When the file exists and cannot be read, or a link leads in a circle.
pub fn read(path: &Path) -> Result<Snapshot> {
    let target = resolve(path)?;
    let bytes = match fs::read(&target) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(cannot_read(path, &error)),
    };
    Ok(Snapshot { path: path.to_owned(), target, bytes })
}

/// The content of a file as text, for a file that is read and not edited. `None` when it does not exist.
///
/// # Errors
/// When it cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<Option<String>> {
    read(path)?.text()
}

/// Writes a file of ours whole: created or replaced, mode 0600 from its first byte.
///
/// # Errors
/// When the folder cannot be created, the disk is full, or the rename fails; the old file is then untouched.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = resolve(path)?;
    place(path, &target, bytes, Mode::exactly_private(), || Ok(()))
}

/// Removes a file; one that is not there is already removed.
///
/// # Errors
/// When it exists and cannot be removed.
pub fn remove(path: &Path) -> Result<bool> {
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
    pub fn text(&self) -> Result<Option<String>> {
        let Some(bytes) = &self.bytes else { return Ok(None) };
        match String::from_utf8(bytes.clone()) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(Error::failure(format!("{} is not UTF-8 text", self.path.display()))
                .because(format!("there is an invalid byte at offset {}", error.utf8_error().valid_up_to()))
                .try_next(format!(
                    "iconv -t UTF-8 {0} > {0}.utf8   # then look at it and move it in place",
                    self.path.display()
                ))),
        }
    }

    /// Puts `bytes` in the file's place. Nothing is written when they equal what is there.
    ///
    /// Returns whether the file changed.
    ///
    /// # Errors
    /// When the file changed since it was read, is write-protected, or cannot be written; it is then as it was.
    pub fn replace(&self, bytes: &[u8], new_mode: NewMode) -> Result<bool> {
        if self.bytes.as_deref() == Some(bytes) {
            return Ok(false);
        }
        let mode = match fs::metadata(&self.target) {
            Ok(metadata) if metadata.permissions().readonly() => return Err(self.write_protected()),
            Ok(metadata) => Mode::like(&metadata),
            Err(_) => Mode::fresh(new_mode),
        };
        place(&self.path, &self.target, bytes, mode, || self.refuse_if_changed())?;
        Ok(true)
    }

    fn refuse_if_changed(&self) -> Result<()> {
        let now = read(&self.path)?;
        if now.bytes == self.bytes && now.target == self.target {
            return Ok(());
        }
        Err(Error::failure(format!("{} was not written", self.path.display()))
            .because("another program changed it in the same moment")
            .try_next("run the same command again"))
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
        ErrorKind::PermissionDenied => failure.try_next(format!("ls -l {}", path.display())),
        _ => failure,
    }
}

/// Mode (and on Unix the owner) that the new file gets before its first byte.
struct Mode {
    bits: Option<u32>,
    owner: Option<(u32, u32)>,
    folder_bits: u32,
}

impl Mode {
    fn exactly_private() -> Self {
        Mode { bits: Some(0o600), owner: None, folder_bits: 0o700 }
    }

    fn fresh(new_mode: NewMode) -> Self {
        let folder_bits = if new_mode == NewMode::Private { 0o700 } else { 0o755 };
        Mode { bits: Some(0o600), owner: None, folder_bits }
    }

    #[cfg(unix)]
    fn like(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let bits = Some(metadata.mode() & 0o7777);
        Mode { bits, owner: Some((metadata.uid(), metadata.gid())), folder_bits: 0o755 }
    }

    #[cfg(not(unix))]
    fn like(_: &fs::Metadata) -> Self {
        Mode { bits: None, owner: None, folder_bits: 0o755 }
    }
}

/// Temporary file, content, fsync, `check`, rename. The temporary file never outlives a failure.
fn place(path: &Path, target: &Path, bytes: &[u8], mode: Mode, check: impl FnOnce() -> Result<()>) -> Result<()> {
    let fail = |error: &std::io::Error| explain_write(path, error);
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    create_folder(folder, mode.folder_bits).map_err(|error| Error::file("create the folder", folder, &error))?;
    let temporary = folder.join(temporary_name(target));
    let written = write_temporary(&temporary, bytes, &mode).map_err(|error| fail(&error));
    let placed = written.and_then(|()| check()).and_then(|()| {
        fs::rename(&temporary, target).map_err(|error| fail(&error))?;
        sync_folder(folder);
        Ok(())
    });
    if placed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    placed
}

fn write_temporary(temporary: &Path, bytes: &[u8], mode: &Mode) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(temporary)?;
    apply_mode(&file, mode)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn apply_mode(file: &File, mode: &Mode) -> std::io::Result<()> {
    use std::os::unix::fs::{PermissionsExt, fchown};
    if let Some((user, group)) = mode.owner {
        // Only the superuser may give a file away; for everybody else the owner is already right.
        let _ = fchown(file, Some(user), Some(group));
    }
    match mode.bits {
        Some(bits) => file.set_permissions(fs::Permissions::from_mode(bits)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn apply_mode(_: &File, _: &Mode) -> std::io::Result<()> {
    Ok(())
}

fn create_folder(folder: &Path, bits: u32) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(bits);
    }
    #[cfg(not(unix))]
    let _ = bits;
    builder.create(folder)
}

/// A name that two processes, or two threads of one, never share.
fn temporary_name(target: &Path) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.nsaccess-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Makes the rename itself survive a power cut. Not every file system can; the file is whole either way.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn explain_write(path: &Path, error: &std::io::Error) -> Error {
    let failure = Error::file("write", path, error).because("the file is as it was before");
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => failure.try_next(format!("df -h {}", path.display())),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            failure.try_next(format!("ls -ld {}", path.parent().unwrap_or(path).display()))
        }
        _ => failure,
    }
}

/// Reads at most `limit` bytes of a file: what we did not write may be of any size.
///
/// # Errors
/// When the file cannot be read, or is larger.
pub fn read_limited(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot_read(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| cannot_read(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(Error::failure(format!("{} is too large", path.display()))
            .because(format!("it has more than {limit} bytes")));
    }
    Ok(Some(bytes))
}
