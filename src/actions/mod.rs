//! What the chain leads to: each thing that is done in a namespace, one folder for each.

pub(crate) mod audit;
pub(crate) mod candidates;
pub(crate) mod child_environment;
pub(crate) mod console;
pub(crate) mod convert;
pub(crate) mod doctor;
pub(crate) mod get_token;
pub(crate) mod grants;
pub(crate) mod irsa;
pub(crate) mod logout;
pub(crate) mod logs;
pub(crate) mod pods;
pub(crate) mod port_forward;
pub(crate) mod read_only;
pub(crate) mod reviews;
pub(crate) mod secrets;
pub(crate) mod setup;
