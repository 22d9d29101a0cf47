//! Questions about rights, and their answers.

pub mod ask;
pub mod review;
pub mod tasks;
