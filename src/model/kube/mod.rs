//! Kubernetes: names, pods, services, selectors, rules.

pub(crate) mod access;
pub(crate) mod access_entry;
pub(crate) mod access_names;
pub(crate) mod aws_auth;
pub(crate) mod cluster;
pub(crate) mod definition;
pub(crate) mod endpoints;
pub mod exec_credential;
pub(crate) mod exec_plugin;
pub(crate) mod issued_token;
pub(crate) mod lost_node;
pub(crate) mod namespace;
pub(crate) mod obstacle;
pub(crate) mod offer;
pub(crate) mod pod;
pub(crate) mod pod_status;
pub(crate) mod policy_rule;
pub(crate) mod rbac;
pub(crate) mod read_only;
pub(crate) mod resources;
pub(crate) mod role_rule;
pub(crate) mod selector;
pub(crate) mod service;
pub(crate) mod tunnel;
pub(crate) mod workload;
pub(crate) mod workload_pod;
