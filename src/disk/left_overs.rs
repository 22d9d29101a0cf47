//! What programs left that were killed: ours can be told by the locks that nobody holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::disk::kubeconfig::{Kubeconfigs, Standing};
use crate::disk::private_folder::{self, PrivateFolder};
use crate::disk::{aws_config, cli_cache, folder, kubeconfig, sso_cache, temporary};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::doctor::machine::left_overs::{LeftOver, LeftOvers};

/// All that was left in the folders that we write to.
pub(crate) fn find(host: &Host, kubeconfigs: &Kubeconfigs) -> LeftOvers {
    let mut found = LeftOvers::default();
    for lock in kubeconfigs.standing_locks() {
        match lock {
            Standing::OursAbandoned(path) => found.our_locks.push(left(host, path)),
            Standing::Others(path) => found.kubectl_locks.push(left(host, path)),
        }
    }
    let shared = kubeconfigs.paths().iter().map(|path| folder::containing(path).to_owned());
    let aws = aws_config::path(host);
    let shared = shared.chain([folder::containing(&aws).to_owned(), sso_cache::folder(host), cli_cache::folder(host)]);
    let shared: BTreeSet<PathBuf> = shared.collect();
    let ours = [host.config_dir(), host.cache_dir()];
    let temporary = shared.iter().flat_map(|folder| temporary::abandoned(folder, false));
    let temporary = temporary.chain(ours.iter().flat_map(|folder| temporary::abandoned(folder, true)));
    let folders = PrivateFolder::abandoned(host);
    let temporary = temporary.filter(|path| !folders.iter().any(|folder| path.starts_with(folder)));
    let temporary: Vec<PathBuf> = temporary.collect();
    found.temporary = temporary.into_iter().chain(folders).map(|path| left(host, path)).collect();
    found
}

fn left(host: &Host, path: PathBuf) -> LeftOver {
    let modified = std::fs::symlink_metadata(&path).and_then(|found| found.modified()).ok();
    let modified = modified.and_then(|time| Timestamp::try_from(time).ok());
    let age_seconds = modified.map(|time| host.now().duration_since(time).as_secs());
    LeftOver { shown: host.shorten_home(&path), path, age_seconds }
}

/// Removes a temporary file or folder, or a lock on a kubeconfig, that an nsaccess made whose process has ended.
///
/// # Errors
/// When it is in use, or was created by another program.
pub(crate) fn remove_if_abandoned(host: &Host, path: &Path) -> Result<()> {
    let is_removed = temporary::remove_left_over(path) || kubeconfig::remove_abandoned_lock(path);
    if is_removed || private_folder::remove_left_over(host, path) {
        return Ok(());
    }
    Err(Error::failure(format!("{} was not removed", path.display()))
        .because("it is in use, or was created by another program"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::atomic;

    #[test]
    fn only_what_is_ours_and_abandoned_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let host = Host::for_test(folder.path(), &[], Timestamp::UNIX_EPOCH);
        let names = ["config.lock", ".config.nsaccess-0123456789abcdef", "other.lock", "config"];
        for (name, text) in [("config.lock", "nsaccess 1\n"), ("other.lock", ""), ("config", "nsaccess 1\n")] {
            atomic::write_private(&path(name), text.as_bytes()).expect("written");
        }
        // The last, because every write sweeps its folder.
        std::fs::File::create(path(names[1])).expect("a file");
        let removed: Vec<bool> =
            names.into_iter().map(|name| remove_if_abandoned(&host, &path(name)).is_ok()).collect();
        assert_eq!(removed, [true, true, false, false]);
        assert!(!path("config.lock").exists() && path("other.lock").exists() && path("config").exists());
    }
}
