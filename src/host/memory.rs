//! What lies in our memory (keys, tokens) stays there: no core file, and no other process of the same person that reads
//! it through `/proc` or a debugger. What we start gets the limits back that we were started with.

/// Keeps our memory to ourselves. Before anything is read.
pub(crate) fn protect() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Where the system does not know it, the limit below still counts.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    limit::lower();
}

/// Starts a program, whose core files are its own affair.
pub(crate) fn with_original_limits<T>(start: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    limit::restore();
    let started = start();
    #[cfg(unix)]
    limit::lower();
    started
}

#[cfg(unix)]
mod limit {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// As it was when we were started.
    static BEFORE: OnceLock<Rlimit> = OnceLock::new();

    /// The soft limit alone: a hard one never rises again.
    pub(super) fn lower() {
        let before = BEFORE.get_or_init(|| getrlimit(Resource::Core));
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: before.maximum });
    }

    pub(super) fn restore() {
        if let Some(before) = BEFORE.get() {
            let _ = setrlimit(Resource::Core, *before);
        }
    }
}
