//! To whom tokens of a namespace were handed out: a file of a few places, written in place by the warm path of `token`,
//! which makes no file. It is made with the credentials, and says nothing that is secret.

use std::path::Path;

use crate::disk::atomic;
use crate::disk::cache::Cache;
use crate::error::Result;
use crate::model::kube::handed::{Asked, Handed, LENGTH, PLACES, judge, place};
use crate::model::kube::namespace::Namespace;

impl Cache {
    /// What it means that a process asks for a token now. The first time is noted.
    pub(crate) fn asked(&self, namespace: &Namespace, process: u32, now: i64) -> Asked {
        let path = self.handed_path(namespace);
        let asked = judge(read(&path, process), process, now);
        if asked == Asked::Anew {
            write(&path, Handed { to: process, at: now, checked: false });
        }
        asked
    }

    /// The credentials that a process now gets a token of have been checked.
    pub(crate) fn note_checked(&self, namespace: &Namespace, process: u32, now: i64) {
        write(&self.handed_path(namespace), Handed { to: process, at: now, checked: true });
    }

    pub(super) fn make_handed(&self, namespace: &Namespace) -> Result<()> {
        atomic::write_private(&self.handed_path(namespace), &[0; LENGTH * PLACES])
    }

    pub(super) fn handed_path(&self, namespace: &Namespace) -> std::path::PathBuf {
        self.folder.join("handed").join(namespace.as_str())
    }
}

#[cfg(unix)]
fn read(path: &Path, process: u32) -> Option<Handed> {
    use std::os::unix::fs::FileExt;
    let mut bytes = [0; LENGTH];
    std::fs::File::open(path).ok()?.read_exact_at(&mut bytes, (place(process) * LENGTH) as u64).ok()?;
    Handed::of_bytes(bytes)
}

/// Where nothing can be noted, nothing is noticed.
#[cfg(unix)]
fn write(path: &Path, handed: Handed) {
    use std::os::unix::fs::FileExt;
    if let Ok(file) = std::fs::File::options().write(true).open(path) {
        let _ = file.write_all_at(&handed.to_bytes(), (place(handed.to) * LENGTH) as u64);
    }
}

#[cfg(not(unix))]
fn read(_: &Path, _: u32) -> Option<Handed> {
    None
}

#[cfg(not(unix))]
fn write(_: &Path, _: Handed) {}
