//! Keeps the keys and tokens in our memory out of core dumps, and away from other processes of the same user that would
//! read them through `/proc` or a debugger. Child processes get the original limits.

/// To be called before anything secret is read.
pub(crate) fn protect() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // On a kernel without it, the limit below still applies.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    limit::lower();
}

/// Lets other processes of the same user in again: for one that has nothing but what they are to read.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn unprotect() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    let _ = set_dumpable_behavior(DumpableBehavior::Dumpable);
}

/// Starts a program with the core dump limit that we were started with.
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

    static ORIGINAL: OnceLock<Rlimit> = OnceLock::new();

    /// Lowers the soft limit only: the hard one could not be raised again.
    pub(super) fn lower() {
        let original = ORIGINAL.get_or_init(|| getrlimit(Resource::Core));
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: original.maximum });
    }

    pub(super) fn restore() {
        if let Some(original) = ORIGINAL.get() {
            let _ = setrlimit(Resource::Core, *original);
        }
    }
}
