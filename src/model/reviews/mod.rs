//! Questions about rights, and their answers.

pub(crate) mod ask;
pub(crate) mod review;
pub(crate) mod tasks;
