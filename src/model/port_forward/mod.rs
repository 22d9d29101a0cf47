//! What `port-forward` is told on the command line.

pub(crate) mod addresses;
pub(crate) mod ports;
