//! What `kubeconfig convert` has replaced in kubeconfigs. It cannot be made again, so it is not in the cache.

use std::path::PathBuf;

use crate::disk::atomic;
use crate::disk::lock::Lock;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::kube::exec_plugin::converted::Converted;

/// The file, locked for as long as this value lives.
#[derive(Debug)]
pub(crate) struct ConvertedFile {
    path: PathBuf,
    shown: String,
    _lock: Lock,
}

fn path(host: &Host) -> PathBuf {
    host.config_dir().join("converted.json")
}

/// What is kept now, for a look.
///
/// # Errors
/// When the file is there and cannot be read.
pub(crate) fn read(host: &Host) -> Result<Converted> {
    let path = path(host);
    let Some(text) = atomic::read_text(&path)?.map(crate::secret::Secret::new) else { return Ok(Converted::default()) };
    Converted::parse(text.expose().as_bytes()).map_err(|reason| {
        Error::failure(format!("cannot read {}", host.shorten_home(&path)))
            .because(reason)
            .because(
                "it stores the kubeconfig entries from before `nsaccess kubeconfig convert`, so it is not overwritten",
            )
            .try_next(format!("mv {0} {0}.old   # conversions before this can then not be reverted", path.display()))
    })
}

impl ConvertedFile {
    /// # Errors
    /// When another nsaccess is at work for long.
    pub(crate) fn lock(host: &Host) -> Result<Self> {
        let path = path(host);
        let lock = Lock::for_edit(host, "converted", &path)?;
        Ok(ConvertedFile { shown: host.shorten_home(&path), path, _lock: lock })
    }

    /// Changes what is kept; an empty rest leaves no file.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(crate) fn change(&self, host: &Host, change: impl FnOnce(&mut Converted)) -> Result<()> {
        let before = read(host)?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        if after.records.is_empty() {
            return atomic::remove(&self.path).map(drop);
        }
        atomic::write_private(&self.path, after.render().expose().as_bytes())
            .map_err(|error| error.because(format!("without {}, the conversion could not be reverted", self.shown)))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::model::kube::exec_plugin::converted::{Call, Record, Written};
    use crate::secret::Secret;

    #[test]
    fn what_is_kept_is_private_and_an_empty_rest_leaves_no_file() {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        let written = Written { before: Secret::from("old"), after: Secret::from("new") };
        let record =
            Record { file: "f".into(), user: "u".into(), before: Call::default(), after: Call::default(), written };
        let file = ConvertedFile::lock(&host).expect("locked");
        file.change(&host, |kept| kept.records.push(record.clone())).expect("written");
        let mode = std::fs::metadata(path(&host)).expect("there").permissions().mode();
        assert_eq!((mode & 0o777, read(&host).expect("readable").records), (0o600, vec![record]));
        file.change(&host, |kept| kept.forget("f", "u")).expect("written");
        assert!(!path(&host).exists());
    }

    #[test]
    fn what_a_killed_process_left_goes_even_when_nothing_is_written() {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        atomic::write_private(&path(&host), Converted::default().render().expose().as_bytes()).expect("written");
        let left = host.config_dir().join(".converted.json.nsaccess-0123456789abcdef");
        std::fs::File::create(&left).expect("a file");
        ConvertedFile::lock(&host).expect("locked").change(&host, |_| ()).expect("nothing to do");
        assert!(!left.exists());
    }

    #[test]
    fn what_cannot_be_read_is_not_overwritten() {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        atomic::write_private(&path(&host), b"{}").expect("written");
        let file = ConvertedFile::lock(&host).expect("locked");
        let error = file.change(&host, |kept| kept.records.clear()).expect_err("unreadable");
        assert_eq!(error.message, "cannot read ~/.config/nsaccess/converted.json");
        assert_eq!(std::fs::read(path(&host)).expect("there"), b"{}");
    }
}
