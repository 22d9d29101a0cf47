//! Protocols below AWS and Kubernetes: proxies, URLs, paginated lists.

pub(crate) mod pages;
pub(crate) mod percent;
pub(crate) mod proxy;
pub mod socks;
