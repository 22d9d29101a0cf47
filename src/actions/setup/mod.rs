//! What a login writes into other tools' files, and whether it may take the place of what is there.

pub(crate) mod profile_and_context;
pub(crate) mod replace;
