//! The command line of `port-forward`.

pub(crate) mod addresses;
pub(crate) mod ports;
