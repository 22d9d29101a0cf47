//! The async runtime: one thread, started when first needed (never by the warm path of `token`). Ctrl-C and SIGTERM end
//! its work at the next await, so that locks are released and temporary files removed.

use std::future::Future;

use crate::error::{Error, Kind, Result};
use crate::host::interruption::{self, Handled};

/// Runs a future until it is done or interrupted: [`Kind::Interrupted`] on Ctrl-C, [`Kind::Terminated`] on SIGTERM.
pub(crate) fn run<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    blocking(async {
        let result = interruptible(future).await;
        // A signal during the last step still counts.
        match interruption::pending() {
            Some(error) if result.is_ok() => Err(error),
            _ => result,
        }
    })
}

fn blocking<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failure("cannot start the network runtime").because(error.to_string()))?;
    let handled = Handled::begin();
    let result = runtime.block_on(future);
    drop(handled);
    // Does not wait for a thread that is still resolving a name.
    runtime.shutdown_background();
    result
}

/// Runs a future until it is done or interrupted, as [`run`] does, inside a runtime.
pub(crate) async fn interruptible<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        kind = termination_signal() => Err(Error::new(kind, "interrupted")),
        result = future => result,
    }
}

/// Runs a future that starts a child on our terminal: Ctrl-C is left to the child, and the work ends when the child does.
/// Wrap what comes before the child in [`interruptible`].
pub(crate) fn run_with_child<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    blocking(async {
        let _ignored = ignore_interrupts();
        future.await
    })
}

/// Ignores Ctrl-C while the value lives.
#[cfg(unix)]
fn ignore_interrupts() -> Option<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).ok()
}

#[cfg(not(unix))]
fn ignore_interrupts() {}

#[cfg(unix)]
async fn termination_signal() -> Kind {
    use tokio::signal::unix::{SignalKind, signal};
    // As `nohup` asked.
    let ignores_hangup = interruption::is_ignored(SignalKind::hangup().as_raw_value());
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    let mut hangup = if ignores_hangup { None } else { signal(SignalKind::hangup()).ok() };
    // A signal that arrived before the handlers were registered.
    if let Some(error) = interruption::pending() {
        return error.kind;
    }
    tokio::select! {
        _ = interrupt.recv() => Kind::Interrupted,
        _ = terminate.recv() => Kind::Terminated,
        Some(_) = async { hangup.as_mut()?.recv().await } => Kind::Terminated,
    }
}

#[cfg(not(unix))]
async fn termination_signal() -> Kind {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Kind::Interrupted,
        Err(_) => std::future::pending().await,
    }
}
