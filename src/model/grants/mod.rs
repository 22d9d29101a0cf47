//! Grants: one principal of AWS, one namespace, and what it may do there.

pub(crate) mod access;
pub(crate) mod access_policy;
mod aws_auth;
pub(crate) mod change;
pub(crate) mod file;
mod foreign;
pub(crate) mod grant;
pub(crate) mod granting;
mod mapping;
pub(crate) mod merge;
pub(crate) mod objects;
mod outline;
pub(crate) mod preset;
pub(crate) mod principal;
pub(crate) mod render;
pub(crate) mod revoking;
pub(crate) mod rules;
pub(crate) mod state;
pub(crate) mod tags;
