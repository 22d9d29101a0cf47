//! Grants: one principal of AWS, one namespace, and what it may do there.
#![allow(dead_code, unused_imports)]

pub(crate) mod access;
pub(crate) mod access_policy;
pub(crate) mod file;
pub(crate) mod grant;
pub(crate) mod objects;
pub(crate) mod preset;
pub(crate) mod principal;
pub(crate) mod render;
pub(crate) mod rules;
