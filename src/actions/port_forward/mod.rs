//! Port-forward: which pod is meant now, the listener that outlives pods, and what a person hears of it.

mod absence;
pub(crate) mod resolve;
pub(crate) mod serve;
