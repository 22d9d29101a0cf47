//! The async runtime of everything that is not the warm path: one thread, started when first needed, and ended by
//! Ctrl-C or SIGTERM at the next await, so that locks are released and temporary files removed.

use std::future::Future;

use crate::error::{Error, Kind, Result};

/// Runs a future to its end, or to the signal that ends us.
///
/// # Errors
/// The future's own; [`Kind::Interrupted`] on Ctrl-C, [`Kind::Terminated`] on SIGTERM.
pub fn run<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    blocking(unless_ended(future))
}

fn blocking<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failure("cannot start the network runtime").because(error.to_string()))?;
    let result = runtime.block_on(future);
    // A resolver thread may still be waiting for DNS; nobody waits for it.
    runtime.shutdown_background();
    result
}

/// A future's result, unless a signal ends us before.
///
/// # Errors
/// As [`run`].
pub async fn unless_ended<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        kind = ending_signal() => Err(Error::new(kind, "interrupted")),
        result = future => result,
    }
}

/// The same as [`run`] for work that has a child on our terminal: Ctrl-C is the child's, and the work ends when the
/// child does. What comes before the child stands in [`unless_ended`].
///
/// # Errors
/// The future's own.
pub fn run_deaf<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    blocking(async {
        let _interrupts = interrupts();
        future.await
    })
}

/// Keeps Ctrl-C from ending us.
#[cfg(unix)]
fn interrupts() -> Option<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).ok()
}

#[cfg(not(unix))]
fn interrupts() {}

#[cfg(unix)]
async fn ending_signal() -> Kind {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => Kind::Interrupted,
        _ = terminate.recv() => Kind::Terminated,
        _ = hangup.recv() => Kind::Terminated,
    }
}

#[cfg(not(unix))]
async fn ending_signal() -> Kind {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Kind::Interrupted,
        Err(_) => std::future::pending().await,
    }
}
