//! Which processes got a token of a namespace: a file of fixed size, created with the credentials and then updated in
//! place by the warm path of `token`. It holds no secrets.

use std::path::{Path, PathBuf};

use crate::disk::atomic;
use crate::disk::cache::Cache;
use crate::error::Result;
use crate::model::kube::access::AccessName;
#[cfg(unix)]
use crate::model::kube::issued_token::slot;
use crate::model::kube::issued_token::{IssuedToken, LENGTH, Request, SLOTS, classify};

impl Cache {
    /// Classifies a process's request for a token, and records it if it is the first.
    pub(crate) fn note_request(&self, name: &AccessName, process: u32, now: i64) -> Request {
        note_request(&self.issued_tokens_path(name), process, now)
    }

    /// Records that the credentials behind a process's token were checked.
    pub(crate) fn note_checked(&self, name: &AccessName, process: u32, now: i64) {
        note_checked(&self.issued_tokens_path(name), process, now);
    }

    pub(super) fn create_issued_tokens(&self, name: &AccessName) -> Result<()> {
        create(&self.issued_tokens_path(name))
    }

    pub(super) fn issued_tokens_path(&self, name: &AccessName) -> PathBuf {
        self.folder.join("handed").join(name.as_str())
    }
}

pub(super) fn create(path: &Path) -> Result<()> {
    atomic::write_private(path, &[0; LENGTH * SLOTS])
}

pub(super) fn note_request(path: &Path, process: u32, now: i64) -> Request {
    let request = classify(read(path, process), process, now);
    if request == Request::First {
        write(path, IssuedToken { process, at: now, checked: false });
    }
    request
}

pub(super) fn note_checked(path: &Path, process: u32, now: i64) {
    write(path, IssuedToken { process, at: now, checked: true });
}

#[cfg(unix)]
fn read(path: &Path, process: u32) -> Option<IssuedToken> {
    use std::os::unix::fs::FileExt;
    let mut bytes = [0; LENGTH];
    std::fs::File::open(path).ok()?.read_exact_at(&mut bytes, (slot(process) * LENGTH) as u64).ok()?;
    IssuedToken::from_bytes(bytes)
}

/// Errors are ignored: without the record, a refused token is not noticed.
#[cfg(unix)]
fn write(path: &Path, issued: IssuedToken) {
    use std::os::unix::fs::FileExt;
    if let Ok(file) = std::fs::File::options().write(true).open(path) {
        let _ = file.write_all_at(&issued.to_bytes(), (slot(issued.process) * LENGTH) as u64);
    }
}

#[cfg(not(unix))]
fn read(_: &Path, _: u32) -> Option<IssuedToken> {
    None
}

#[cfg(not(unix))]
fn write(_: &Path, _: IssuedToken) {}
