//! The network: the only folder that names an AWS SDK crate, kube, rustls or a socket. One source a file; what a
//! service answers leaves the file as a type of `model/`.

pub(crate) mod aws;
mod bounds;
pub(crate) mod callback;
pub(crate) mod http;
pub(crate) mod kube;
pub(crate) mod outbound;
pub(crate) mod port_forward;
pub(crate) mod trust;
