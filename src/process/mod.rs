//! What runs on this machine: child processes, signals, the async runtime, the browser, the clipboard, prompts.

pub(crate) mod browser;
pub(crate) mod child;
pub(crate) mod clipboard;
pub(crate) mod hang_up;
pub(crate) mod probe;
pub(crate) mod profile_browser;
pub(crate) mod prompts;
pub(crate) mod runtime;
pub(crate) mod signals;
pub(crate) mod suspend;
pub(crate) mod value_holder;
