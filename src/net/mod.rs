//! The network: the only folder that names an AWS SDK crate, kube, rustls or a socket. One source a file; what a
//! service answers leaves the file as a type of `model/`.

pub mod aws;
mod bounds;
pub mod callback;
pub mod http;
pub mod kube;
pub mod outbound;
pub mod port_forward;
pub mod trust;
