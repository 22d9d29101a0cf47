//! What is spoken below AWS and Kubernetes: proxies, HTTP, pages of lists.

pub(crate) mod pages;
pub(crate) mod percent;
pub(crate) mod proxy;
pub mod socks;
