//! What the chain leads to: each thing that is done in a namespace, one folder for each.

pub mod child_environment;
pub mod irsa;
pub mod logout;
pub mod logs;
pub mod pods;
pub mod port_forward;
pub mod reviews;
pub mod secrets;
pub mod setup;
