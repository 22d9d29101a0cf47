//! kubectl's lock: a file `<kubeconfig>.lock` that exists during an edit. kubectl fails at once if it exists; we wait a
//! little. Our lock files hold a mark and our process number, and are locked while the process lives, so that the file of
//! a killed process is recognised and removed. kubectl's files have no owner: only the user can tell that one is stale.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Result as IoResult, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::disk::temporary::{Temporary, is_unsupported};
use crate::disk::{folder, temporary};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::interruption::{self, Deferred};

/// The beginning of our lock files. It is written before the file gets its name.
const MARK: &str = "nsaccess ";

/// Another nsaccess is waited for this many times longer.
const PATIENCE_WITH_OURS: u32 = 6;

/// A lock, which dropping the value releases. Signals are deferred until then.
#[derive(Debug)]
pub(super) struct KubectlLock {
    held: Vec<(PathBuf, File)>,
    // Dropped after the files are removed.
    _deferred: Deferred,
}

impl KubectlLock {
    /// Locks a kubeconfig by the path given and, if that is a symbolic link, by the real path too. We already hold the
    /// names in `taken`. Fails if another program holds the lock for longer than `patience`, or another nsaccess for six
    /// times as long.
    pub(super) fn acquire(path: &Path, taken: &[PathBuf], patience: Duration, host: &Host) -> Result<Self> {
        let mut lock = KubectlLock { held: Vec::new(), _deferred: Deferred::begin() };
        for name in lock_names(path)? {
            if !taken.contains(&name) {
                // Its folder may be another than the file's, where every write sweeps.
                temporary::sweep(folder::containing(&name));
                let file = create_or_wait(&name, path, patience, host)?;
                lock.held.push((name, file));
            }
        }
        Ok(lock)
    }

    pub(super) fn names(&self) -> Vec<PathBuf> {
        self.held.iter().map(|(name, _)| name.clone()).collect()
    }
}

impl Drop for KubectlLock {
    fn drop(&mut self) {
        for (name, _) in self.held.iter().rev() {
            let _ = fs::remove_file(name);
        }
    }
}

/// The lock files of a kubeconfig, without duplicates even if its folder can be reached in two ways.
fn lock_names(path: &Path) -> Result<Vec<PathBuf>> {
    let folder = folder::containing(path);
    folder::create(folder, 0o755).map_err(|error| Error::file("create the folder", folder, &error))?;
    let mut names = vec![lock_name(path)];
    if let Ok(real) = fs::canonicalize(path) {
        let real = lock_name(&real);
        if !names.contains(&real) {
            names.push(real);
        }
    }
    names.sort();
    Ok(names)
}

fn lock_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    folder.map_or_else(|| path.with_file_name(&name), |folder| folder.join(&name))
}

fn create_or_wait(lock: &Path, path: &Path, patience: Duration, host: &Host) -> Result<File> {
    let mut wait = Wait::default();
    let mut pause = Duration::from_millis(5);
    loop {
        match create_once(lock) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                let folder = lock.parent().unwrap_or(lock);
                return Err(Error::file("lock", path, &error).try_next(format!("ls -ld {}", folder.display())));
            }
        }
        if remove_if_abandoned(lock) {
            continue;
        }
        if let Some(error) = interruption::pending() {
            return Err(error);
        }
        wait.look(holder(lock));
        if wait.is_over(patience) {
            return Err(held_error(lock, path, host));
        }
        std::thread::sleep(pause);
        wait.add(pause);
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

/// Who holds a lock file that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// Another nsaccess, which is certainly alive; others may be waiting for it too.
    Ours,
    /// kubectl, which may have crashed. The file is told from the next one by its number and time.
    Others(Option<(u64, i64)>),
    /// It was given back a moment ago.
    Nobody,
}

/// How long a lock has been waited for.
#[derive(Debug, Default)]
struct Wait {
    in_all: Duration,
    /// For the same file of another program. While they come and go, none has crashed.
    for_others: Duration,
    last: Option<Holder>,
}

impl Wait {
    fn look(&mut self, now: Holder) {
        if self.last != Some(now) || !matches!(now, Holder::Others(_)) {
            self.for_others = Duration::ZERO;
        }
        self.last = Some(now);
    }

    fn add(&mut self, pause: Duration) {
        self.in_all += pause;
        self.for_others += pause;
    }

    fn is_over(&self, patience: Duration) -> bool {
        self.for_others >= patience || self.in_all >= patience * PATIENCE_WITH_OURS
    }
}

fn holder(lock: &Path) -> Holder {
    match fs::symlink_metadata(lock) {
        Err(_) => Holder::Nobody,
        Ok(_) if open_ours(lock).is_some() => Holder::Ours,
        Ok(found) => Holder::Others(identity(&found)),
    }
}

#[cfg(unix)]
fn identity(found: &fs::Metadata) -> Option<(u64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.ino(), found.ctime_nsec()))
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> Option<(u64, i64)> {
    None
}

/// Creates the file only if it does not exist, as client-go does. A temporary file that is already marked and locked gets
/// the name.
fn create_once(lock: &Path) -> IoResult<File> {
    let temporary = Temporary::beside(lock)?;
    if let Some(owner) = folder::inherited_owner(lock) {
        folder::set_owner(&temporary.file, owner);
    }
    write_mark(&temporary.file)?;
    match temporary.link(lock) {
        Ok(()) => temporary.file.try_clone(),
        Err(error) if is_unsupported(&error) => create_without_link(lock),
        Err(error) => Err(error),
    }
}

/// For file systems without hard links. If we are killed before the mark is written, the file looks like kubectl's.
fn create_without_link(lock: &Path) -> IoResult<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(lock)?;
    let _ = file.try_lock();
    write_mark(&file)?;
    Ok(file)
}

fn write_mark(mut file: &File) -> IoResult<()> {
    match file.write_all(format!("{MARK}{}\n", std::process::id()).as_bytes()) {
        // The edit will fail, and say so.
        Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => Ok(()),
        marked => marked,
    }
}

/// Removes a lock file of ours whose process has ended. Returns whether it was one.
pub(crate) fn remove_if_abandoned(lock: &Path) -> bool {
    // A lock's name is that of a kubeconfig; kubectl's lock file has mode 0000 and no mark.
    if lock.extension().is_none_or(|end| end != "lock") {
        return false;
    }
    let Some((file, _)) = open_ours(lock) else { return false };
    // The file that we have locked may have lost this name meanwhile.
    file.try_lock().is_ok() && has_name(&file, lock) && fs::remove_file(lock).is_ok()
}

/// A lock file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Of an nsaccess that is gone.
    OursAbandoned(PathBuf),
    /// Of another program.
    Others(PathBuf),
}

/// The locks of a kubeconfig that nobody can be seen to hold.
pub(super) fn standing(path: &Path) -> Vec<Standing> {
    let mut names = vec![lock_name(path)];
    names.extend(fs::canonicalize(path).ok().map(|real| lock_name(&real)));
    names.sort();
    names.dedup();
    let there = names.into_iter().filter(|name| fs::symlink_metadata(name).is_ok());
    there
        .filter_map(|name| match open_ours(&name) {
            None => Some(Standing::Others(name)),
            Some((file, _)) => file.try_lock().is_ok().then_some(Standing::OursAbandoned(name)),
        })
        .collect()
}

/// A lock file of ours, and the number of its process.
fn open_ours(lock: &Path) -> Option<(File, String)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = options.open(lock).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))?;
    let mut text = String::new();
    (&file).take(64).read_to_string(&mut text).ok()?;
    let process = text.strip_prefix(MARK)?.trim_end().to_owned();
    Some((file, process))
}

#[cfg(unix)]
fn has_name(file: &File, name: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(name)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
fn has_name(_: &File, name: &Path) -> bool {
    name.exists()
}

fn held_error(lock: &Path, path: &Path, host: &Host) -> Error {
    let error = Error::failure(format!("cannot lock {}", host.shorten_home(path)));
    let age = fs::symlink_metadata(lock).and_then(|metadata| metadata.modified()).ok();
    let age = age.and_then(|time| Timestamp::try_from(time).ok()).map(|time| host.now().duration_since(time).as_secs());
    let since = match age {
        Some(seconds) if seconds >= 0 => format!("its lock is {} old", age_in_words(seconds)),
        _ => "its lock exists".to_owned(),
    };
    match open_ours(lock) {
        Some((_, process)) => error
            .because(format!("{since}: another nsaccess (process {process}) is editing it"))
            .try_next("run the same command again"),
        None => error
            .because(format!("{since}: kubectl is editing it, or was killed while doing so"))
            .try_next(format!("rm -f {}   # if kubectl is not running", lock.display())),
    }
}

fn age_in_words(seconds: i64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_lock_of_another_program_is_waited_for_in_vain() {
        let patience = Duration::from_secs(5);
        let waited = |holders: &[Holder]| {
            let mut wait = Wait::default();
            holders.iter().position(|holder| {
                wait.look(*holder);
                wait.add(Duration::from_secs(1));
                wait.is_over(patience)
            })
        };
        let (one, other) = (Holder::Others(Some((1, 1))), Holder::Others(Some((2, 1))));
        assert_eq!(waited(&[one; 40]), Some(4), "it may have crashed");
        assert_eq!(waited(&[Holder::Ours; 40]), Some(29), "many may be waiting");
        assert_eq!(waited(&[one, other].repeat(20)), Some(29), "they come and go");
        assert_eq!(waited(&[&[Holder::Ours; 8][..], &[one; 4], &[Holder::Nobody], &[one; 4]].concat()), None);
        assert_eq!(waited(&[&[Holder::Ours; 8][..], &[one; 9]].concat()), Some(12));
    }
}
