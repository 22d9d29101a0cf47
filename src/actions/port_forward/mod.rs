//! Port-forward: the pod that connections go to, the listener that outlives it, and what is said about both.

mod absence;
pub(crate) mod open_port;
pub(crate) mod resolve;
pub(crate) mod serve;
