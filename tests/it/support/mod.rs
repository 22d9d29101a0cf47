//! What every test stands on: a sealed world, the real binary in it, and its output as text that can be compared.

pub mod canaries;
pub mod fingerprint;
pub mod forward;
pub mod http;
pub mod logs;
pub mod output;
pub mod process;
pub mod proxy;
pub mod pty;
pub mod world;

pub use fingerprint::Files;
pub use forward::Forward;
pub use logs::Follow;
pub use output::Output;
pub use world::World;

use std::time::{Duration, Instant};

/// Asks until there is an answer. Nothing is asserted about the time: the limit only turns a test that would hang into
/// one that fails.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
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
pub fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Says on standard error why a test proves nothing here.
pub fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
