//! The async runtime of everything that is not the warm path: one thread, started when first needed, and ended by
//! Ctrl-C or SIGTERM at the next await, so that locks are released and temporary files removed.

use std::future::Future;

use crate::error::{Error, Kind, Result};
use crate::host::interruption::{self, Handled};

/// Runs a future to its end, or to the signal that ends us.
///
/// # Errors
/// The future's own; [`Kind::Interrupted`] on Ctrl-C, [`Kind::Terminated`] on SIGTERM.
pub(crate) fn run<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    blocking(async {
        let result = interruptible(future).await;
        // One that came with the last step is not lost.
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
    // A resolver thread may still be waiting for DNS; nobody waits for it.
    runtime.shutdown_background();
    result
}

/// A future's result, unless a signal ends us before.
///
/// # Errors
/// As [`run`].
pub(crate) async fn interruptible<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        kind = termination_signal() => Err(Error::new(kind, "interrupted")),
        result = future => result,
    }
}

/// The same as [`run`] for work that has a child on our terminal: Ctrl-C is the child's, and the work ends when the
/// child does. What comes before the child stands in [`interruptible`].
///
/// # Errors
/// The future's own.
pub(crate) fn run_with_child<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    blocking(async {
        let _ignored = ignore_interrupts();
        future.await
    })
}

/// Keeps Ctrl-C from ending us.
#[cfg(unix)]
fn ignore_interrupts() -> Option<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).ok()
}

#[cfg(not(unix))]
fn ignore_interrupts() {}

#[cfg(unix)]
async fn termination_signal() -> Kind {
    use tokio::signal::unix::{SignalKind, signal};
    // `nohup` means it.
    let ignores_hangup = interruption::is_ignored(SignalKind::hangup().as_raw_value());
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    let mut hangup = if ignores_hangup { None } else { signal(SignalKind::hangup()).ok() };
    // One that came before anybody listened.
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
