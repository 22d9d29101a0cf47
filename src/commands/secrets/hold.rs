//! What `exec --mount` starts: a process that holds a file, its standard input, and ends with the one that started it.

use crate::commands::Context;
use crate::error::Result;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::host::memory;

pub(super) fn run(context: Context<'_>) -> Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    memory::unprotect();
    context.ui.print("ready\n")?;
    wait_until_nobody_listens();
    Ok(())
}

/// Waits until the other end of standard output is closed, which is reported as an error whatever is asked for.
#[cfg(unix)]
fn wait_until_nobody_listens() {
    use rustix::event::{PollFd, PollFlags, poll};
    let stdout = rustix::stdio::stdout();
    let _ = poll(&mut [PollFd::new(&stdout, PollFlags::empty())], None);
}

#[cfg(not(unix))]
fn wait_until_nobody_listens() {}
