//! A symbolic link of ours in a folder of somebody else's, for as long as a command runs.

use std::fs;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

use crate::disk::temporary;

/// A link. Dropping it removes the link, unless it leads elsewhere by now.
#[derive(Debug)]
pub(crate) struct Link {
    path: PathBuf,
    target: PathBuf,
}

impl Link {
    /// Makes a link to a file of a process below `/proc`, also in the place of such a link whose process has ended.
    ///
    /// # Errors
    /// When there is something else already, no link can be made, or the file cannot be opened.
    pub(crate) fn create(path: &Path, target: &Path) -> Result<Self> {
        match symlink(target, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && is_left_over(path) => {
                fs::remove_file(path)?;
                symlink(target, path)?;
            }
            made => made?,
        }
        let link = Link { path: path.to_owned(), target: target.to_owned() };
        fs::File::open(path)?;
        Ok(link)
    }

    /// Leads to another file from now on.
    pub(crate) fn lead_to(&mut self, target: &Path) -> Result<()> {
        temporary::replace_with(&self.path, |path| symlink(target, path))?;
        target.clone_into(&mut self.target);
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if fs::read_link(&self.path).is_ok_and(|target| target == self.target) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn is_left_over(path: &Path) -> bool {
    fs::read_link(path).is_ok_and(|target| target.starts_with("/proc")) && !path.exists()
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_a_link_to_a_process_that_has_ended_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        symlink(Path::new("/proc/self/exe"), &path).expect("a link");
        assert!(Link::create(&path, Path::new("/proc/self/cmdline")).is_err(), "its process lives");
        fs::remove_file(&path).expect("removed");
        symlink(Path::new("/nowhere/at/all"), &path).expect("a link");
        assert!(Link::create(&path, Path::new("/proc/self/cmdline")).is_err(), "it is somebody else's");
        fs::remove_file(&path).expect("removed");
        symlink(Path::new("/proc/0/fd/0"), &path).expect("a link");
        let mut link = Link::create(&path, Path::new("/proc/self/cmdline")).expect("a left-over is replaced");
        link.lead_to(Path::new("/proc/self/exe")).expect("another one");
        assert_eq!(fs::read_link(&path).expect("a link"), Path::new("/proc/self/exe"));
        drop(link);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }

    #[test]
    fn what_has_taken_its_place_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let link = Link::create(&path, Path::new("/proc/self/cmdline")).expect("a link");
        fs::remove_file(&path).expect("removed");
        crate::disk::atomic::write_private(&path, b"mine").expect("a file");
        drop(link);
        assert_eq!(fs::read(&path).expect("it"), b"mine");
    }
}
