//! Access reviews: questions about permissions, and their answers.

pub(crate) mod access_review;
pub(crate) mod review;
pub(crate) mod tasks;
