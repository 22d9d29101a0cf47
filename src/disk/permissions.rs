//! Modes of files that should be the user's alone.

use std::path::Path;

use crate::error::{Error, Result};

/// Takes the rights of group and others off a file or folder.
///
/// # Errors
/// When the mode cannot be changed: the file belongs to somebody else.
#[cfg(unix)]
pub(crate) fn tighten(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let fail = |error: std::io::Error| Error::file("change the mode of", path, &error);
    let mode = std::fs::metadata(path).map_err(fail)?.permissions().mode();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o7700)).map_err(fail)
}

/// Access lists protect files on Windows.
#[cfg(not(unix))]
pub(crate) fn tighten(_: &Path) -> Result<()> {
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
}
