//! Grants and revocations: who is meant, what is there, and the changes of a plan carried out.

pub(crate) mod apply;
mod aws_auth;
mod entry;
pub(crate) mod expired;
mod kubernetes;
pub(crate) mod look;
pub(crate) mod principals;
mod refusals;
pub(crate) mod verify;
