//! Kubernetes: names, pods, services, selectors, rules.

pub mod cluster;
pub(crate) mod definition;
pub(crate) mod endpoints;
pub mod exec_credential;
pub mod handed;
pub mod namespace;
pub mod obstacle;
pub mod pod;
pub mod pod_status;
pub(crate) mod resources;
pub mod role_rule;
pub mod selector;
pub(crate) mod service;
pub mod workload;
pub(crate) mod workload_pod;
