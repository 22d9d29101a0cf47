//! Logs: requests, lines, and their format.

pub(crate) mod columns;
pub(crate) mod condition;
pub(crate) mod containers;
pub(crate) mod feed;
pub(crate) mod following;
pub(crate) mod highlight;
pub(crate) mod lines;
pub(crate) mod refusal;
pub(crate) mod target;
pub(crate) mod timestamp;
