//! The network: the only folder that names an AWS SDK crate, kube, rustls or a socket. One file per service; answers
//! leave it as types of `model/`.

pub(crate) mod aws;
mod between;
mod bounds;
pub(crate) mod callback;
pub(crate) mod http;
pub(crate) mod kube;
pub(crate) mod loopback;
pub(crate) mod outbound;
pub(crate) mod port_forward;
pub(crate) mod probe;
mod proxy;
mod route;
mod tcp;
mod tls;
pub(crate) mod trust;
mod watched;
