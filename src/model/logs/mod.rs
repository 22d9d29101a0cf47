//! Logs: which, and how their lines are read and shown.

pub(crate) mod feed;
pub(crate) mod lines;
pub(crate) mod refusal;
pub(crate) mod stamp;
pub(crate) mod target;
