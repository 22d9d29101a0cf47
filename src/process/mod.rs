//! Running things on this machine: children, signals, the runtime, the browser, the clipboard.

pub mod browser;
pub mod child;
pub mod clipboard;
pub mod prompts;
pub mod runtime;
pub mod signals;
pub mod suspend;
