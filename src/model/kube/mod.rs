//! Kubernetes: names, pods, services, selectors, rules.

pub mod cluster;
pub mod exec_credential;
pub mod handed;
pub mod namespace;
pub mod obstacle;
pub mod pod;
pub mod pod_status;
pub mod pods;
pub mod role_rule;
pub mod selector;
