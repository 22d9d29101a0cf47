//! Modes of files and folders that should be the user's alone.

use std::path::Path;

#[cfg(unix)]
use crate::error::Error;
use crate::error::Result;
#[cfg(unix)]
use crate::host::plain_file::special_file_error;

/// Takes the rights of group and others off a plain file. A link is not followed, and may not take its place meanwhile.
///
/// # Errors
/// When it is not a plain file, or belongs to somebody else.
#[cfg(unix)]
pub(crate) fn tighten(path: &Path) -> Result<()> {
    tighten_if(path, |found| special_file_error(found).map_or(Ok(()), Err))
}

/// The same of a folder.
///
/// # Errors
/// When it is not a folder, or belongs to somebody else.
#[cfg(unix)]
pub(crate) fn tighten_folder(path: &Path) -> Result<()> {
    tighten_if(path, |found| if found.is_dir() { Ok(()) } else { Err(std::io::ErrorKind::NotADirectory.into()) })
}

#[cfg(unix)]
fn tighten_if(path: &Path, check: impl FnOnce(&std::fs::Metadata) -> std::io::Result<()>) -> Result<()> {
    use rustix::fs::{Mode, OFlags};
    use std::os::unix::fs::PermissionsExt;
    let fail = |error: std::io::Error| Error::file("change the mode of", path, &error);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| fail(error.into()))?;
    let file = std::fs::File::from(file);
    let found = file.metadata().map_err(fail)?;
    check(&found).map_err(fail)?;
    let mode = found.permissions().mode() & 0o7700;
    file.set_permissions(std::fs::Permissions::from_mode(mode)).map_err(fail)
}

/// Access lists protect files on Windows.
#[cfg(not(unix))]
pub(crate) fn tighten(_: &Path) -> Result<()> {
    Ok(())
}

/// As for files.
#[cfg(not(unix))]
pub(crate) fn tighten_folder(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn rights_of_others_go_and_the_user_s_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        std::fs::File::create(&file).expect("a file");
        for (before, after) in [(0o644, 0o600), (0o777, 0o700), (0o400, 0o400)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(before)).expect("set");
            tighten(&file).expect("changed");
            assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o7777, after);
        }
        assert!(tighten(&folder.path().join("none")).is_err());
    }

    #[test]
    fn what_is_no_plain_file_keeps_its_mode() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, link, below] = ["config", "link", "below"].map(|name| folder.path().join(name));
        std::fs::File::create(&file).expect("a file");
        std::fs::create_dir(&below).expect("a folder");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        for (tightened, changed) in [(&link, &file), (&below, &below)] {
            std::fs::set_permissions(changed, std::fs::Permissions::from_mode(0o755)).expect("set");
            assert!(tighten(tightened).is_err());
            assert_eq!(std::fs::metadata(changed).expect("there").permissions().mode() & 0o7777, 0o755);
        }
    }
}
