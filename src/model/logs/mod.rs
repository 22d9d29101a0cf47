//! Logs: which, and how their lines are read and shown.

pub mod feed;
pub mod lines;
pub mod refusal;
pub mod stamp;
pub mod target;
