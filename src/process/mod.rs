//! Running things on this machine: children, signals, the runtime, the browser, the clipboard.

pub(crate) mod browser;
pub(crate) mod child;
pub(crate) mod clipboard;
pub(crate) mod prompts;
pub(crate) mod runtime;
pub(crate) mod signals;
pub(crate) mod suspend;
