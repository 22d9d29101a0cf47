//! What Ctrl-C, SIGTERM and SIGHUP do at this moment.
//!
//! | we are | the signal |
//! | --- | --- |
//! | doing anything else | ends the process at once, as it does by default |
//! | in the async runtime ([`Handled`]) | is left to the runtime, which ends the work at the next await |
//! | asking a person ([`Immediate`]) | ends the process at once, although a runtime is running |
//! | holding a lock or writing a file ([`Deferred`]) | waits until that is done |
//!
//! A signal that was ignored when we were started (`nohup`, a background job) stays ignored, but a question does not
//! outlive its terminal ([`hang_up`]).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::error::{Error, Kind};

/// While this value lives, signals wait. Dropping it delivers a pending one, unless a runtime handles signals.
#[derive(Debug)]
pub(crate) struct Deferred(());

/// While this value lives, signals are left to the runtime.
#[derive(Debug)]
pub(crate) struct Handled(());

/// While this value lives, signals end the process at once.
#[derive(Debug)]
pub(crate) struct Immediate(());

impl Deferred {
    pub(crate) fn begin() -> Self {
        STATE.change(|counts| counts.deferred += 1);
        Deferred(())
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let counts = STATE.change(|counts| counts.deferred -= 1);
        if counts.deferred == 0 && counts.handled == 0 {
            STATE.raise_pending();
        }
    }
}

impl Handled {
    pub(crate) fn begin() -> Self {
        STATE.change(|counts| counts.handled += 1);
        Handled(())
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        let counts = STATE.change(|counts| counts.handled -= 1);
        if counts.handled == 0 {
            // The runtime has received it.
            STATE.pending.store(0, Ordering::SeqCst);
        }
    }
}

impl Immediate {
    pub(crate) fn begin() -> Self {
        STATE.change(|counts| counts.immediate += 1);
        Immediate(())
    }
}

impl Drop for Immediate {
    fn drop(&mut self) {
        STATE.change(|counts| counts.immediate -= 1);
    }
}

/// The error for a signal that is pending, for loops that can end early.
pub(crate) fn pending() -> Option<Error> {
    let kind = match STATE.pending.load(Ordering::SeqCst) {
        0 => return None,
        signal if signal == interrupt() => Kind::Interrupted,
        _ => Kind::Terminated,
    };
    Some(Error::new(kind, "interrupted"))
}

/// Ends the process as SIGHUP does where it is not ignored.
#[cfg(unix)]
pub(crate) fn hang_up() {
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGHUP);
}

static STATE: LazyLock<State> = LazyLock::new(State::listen);

struct State {
    /// Whether a signal ends the process. Read by the signal handlers.
    fatal: Arc<AtomicBool>,
    /// The last signal, or 0. Written by the signal handlers.
    pending: Arc<AtomicUsize>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    deferred: usize,
    handled: usize,
    immediate: usize,
}

impl Counts {
    fn fatal(self) -> bool {
        self.deferred == 0 && (self.handled == 0 || self.immediate > 0)
    }
}

impl State {
    fn change(&self, change: impl FnOnce(&mut Counts)) -> Counts {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut counts);
        self.fatal.store(counts.fatal(), Ordering::SeqCst);
        *counts
    }
}

#[cfg(unix)]
impl State {
    fn listen() -> Self {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        use signal_hook::flag;
        let state = State { fatal: Arc::new(AtomicBool::new(true)), pending: Arc::default(), counts: Mutex::default() };
        for signal in [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)) {
            // If a handler cannot be registered, the signal keeps its default effect.
            let noted = flag::register_usize(signal, Arc::clone(&state.pending), usize::try_from(signal).unwrap_or(1));
            if noted.is_ok() {
                let _ = flag::register_conditional_default(signal, Arc::clone(&state.fatal));
            }
        }
        state
    }

    fn raise_pending(&self) {
        let signal = self.pending.swap(0, Ordering::SeqCst);
        if let Some(signal) = i32::try_from(signal).ok().filter(|signal| *signal != 0) {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

#[cfg(unix)]
fn interrupt() -> usize {
    usize::try_from(signal_hook::consts::SIGINT).unwrap_or_default()
}

/// Whether we were started with a signal ignored. Must first be called before any handler is registered, which would
/// hide it.
#[cfg(unix)]
pub(crate) fn is_ignored(signal: i32) -> bool {
    static IGNORED: LazyLock<u64> = LazyLock::new(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
    });
    u32::try_from(signal - 1).is_ok_and(|bit| IGNORED.checked_shr(bit).unwrap_or_default() & 1 == 1)
}

#[cfg(not(unix))]
impl State {
    fn listen() -> Self {
        State { fatal: Arc::new(AtomicBool::new(true)), pending: Arc::default(), counts: Mutex::default() }
    }

    fn raise_pending(&self) {}
}

#[cfg(not(unix))]
fn interrupt() -> usize {
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_fatal_unless_it_is_handled_or_deferred() {
        let ends = |deferred, handled, immediate| Counts { deferred, handled, immediate }.fatal();
        assert!(ends(0, 0, 0), "the default");
        assert!(!ends(0, 1, 0), "a runtime handles it");
        assert!(ends(0, 1, 1), "a person is asked");
        assert!(!ends(1, 0, 0) && !ends(1, 1, 0) && !ends(2, 1, 1), "a lock is held");
    }
}
