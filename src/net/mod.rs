//! The network: the only folder that names an AWS SDK crate, kube, rustls or a socket. One source a file; what a
//! service answers leaves the file as a type of `model/`.

pub mod ambient;
pub mod assume_role;
pub mod aws;
mod bounds;
pub mod callback;
pub mod child;
pub mod eks;
pub mod failure;
pub mod forward;
pub mod http;
pub mod kube;
pub mod kube_logs;
pub mod kube_objects;
pub mod kube_patience;
mod kube_proxy;
pub mod kube_reviews;
pub mod kube_tokens;
pub mod lookup;
pub mod oidc;
pub mod outbound;
pub mod portal;
pub mod runtime;
pub mod secrets_manager;
pub mod signals;
pub mod sts;
pub mod trust;
