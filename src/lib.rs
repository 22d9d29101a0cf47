//! Access to one Kubernetes namespace on Amazon EKS.

pub mod disk;
pub mod env_vars;
pub mod error;
pub mod host;
pub mod model;
pub mod net;
pub mod secret;
