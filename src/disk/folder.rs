//! Creates folders. Under `sudo` with the user's home folder, what we create there belongs to the user.

use std::fs::{self, DirBuilder, File};
use std::io::Result;
use std::path::Path;

/// Creates a folder, and missing ones above it, with this mode.
pub(crate) fn create(folder: &Path, mode: u32) -> Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !exists(path)).collect();
    for path in missing.into_iter().rev() {
        match create_one(path, mode) {
            Ok(()) => set_inherited_owner(path),
            // Another process created it meanwhile.
            Err(_) if path.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    if exists(folder) { Ok(()) } else { fs::create_dir(folder) }
}

/// The folder that contains a path, `.` for a bare name.
pub(crate) fn containing(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> bool {
    path.as_os_str().is_empty() || path.is_dir()
}

#[cfg(unix)]
fn create_one(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().mode(mode).create(path)
}

#[cfg(not(unix))]
fn create_one(path: &Path, _: u32) -> Result<()> {
    DirBuilder::new().create(path)
}

/// Changes the owner of a new folder to that of its parent. It follows no link, which that owner may have put there
/// meanwhile.
#[cfg(unix)]
fn set_inherited_owner(path: &Path) {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    if let (Some(owner), Ok(made)) = (inherited_owner(path), open(path, flags, Mode::empty())) {
        set_owner(&File::from(made), owner);
    }
}

#[cfg(not(unix))]
fn set_inherited_owner(_: &Path) {}

/// The owner of a new file or folder at this path, if it is not the current user: what root creates in another user's
/// folder belongs to that user.
#[cfg(unix)]
pub(crate) fn inherited_owner(path: &Path) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let folder = fs::metadata(containing(path)).ok()?;
    (folder.uid() != 0).then_some((folder.uid(), folder.gid()))
}

#[cfg(not(unix))]
pub(crate) fn inherited_owner(_: &Path) -> Option<(u32, u32)> {
    None
}

/// Changes the owner of a file that we have just created. A failure is harmless.
pub(crate) fn set_owner(file: &File, (user, group): (u32, u32)) {
    #[cfg(unix)]
    let _ = std::os::unix::fs::fchown(file, Some(user), Some(group));
    #[cfg(not(unix))]
    let _ = (file, user, group);
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[test]
    fn folders_get_their_mode_and_the_owner_of_the_parent() {
        let home = tempfile::tempdir().expect("a folder");
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            std::os::unix::fs::chown(home.path(), Some(1234), Some(2345)).expect("root gives it away");
        }
        create(&home.path().join("a/b"), 0o700).expect("made");
        create(&home.path().join("a/b"), 0o755).expect("already there");
        for name in ["a", "a/b"] {
            let made = fs::metadata(home.path().join(name)).expect("there");
            assert_eq!(made.permissions().mode() & 0o777, 0o700, "{name}");
            if is_root {
                assert_eq!((made.uid(), made.gid()), (1234, 2345), "{name}");
            }
        }
        File::create(home.path().join("file")).expect("a file");
        assert!(create(&home.path().join("file/x"), 0o700).is_err());
    }
}
