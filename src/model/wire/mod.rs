//! What is spoken below AWS and Kubernetes: proxies, HTTP, pages of lists.

pub mod pages;
pub mod percent;
pub mod proxy;
pub mod socks;
