//! The command line of `port-forward`.

pub(crate) mod addresses;
pub(crate) mod local;
pub(crate) mod ports;
pub(crate) mod scheme;
pub(crate) mod sets;
