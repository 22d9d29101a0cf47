//! What the developer may do, asked of AWS and of the cluster.

pub mod login;
pub mod survey;
