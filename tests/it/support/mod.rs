//! What every test stands on: a sealed world, the real binary in it, and its output as text that can be compared.

pub(crate) mod administrator;
pub(crate) mod canaries;
pub(crate) mod corp;
pub(crate) mod doctor;
pub(crate) mod fingerprint;
pub(crate) mod former_endpoint;
pub(crate) mod forward;
pub(crate) mod http;
pub(crate) mod logs;
pub(crate) mod output;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod pty;
pub(crate) mod transcripts;
pub(crate) mod world;

pub(crate) use fingerprint::Files;
pub(crate) use forward::Forward;
pub(crate) use logs::Follow;
pub(crate) use output::Output;
pub(crate) use world::World;

use std::time::{Duration, Instant};

/// Asks until there is an answer. Nothing is asserted about the time: the limit only turns a test that would hang into
/// one that fails.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Whether a program is in the folders that the tests' own `PATH` names.
pub(crate) fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Says on standard error why a test proves nothing here.
pub(crate) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
