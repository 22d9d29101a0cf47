//! Protocols below AWS and Kubernetes: certificates, endpoints, proxies, URLs, paginated lists, a little XML.

pub(crate) mod certificate;
pub(crate) mod endpoint;
pub(crate) mod pages;
pub(crate) mod percent;
pub(crate) mod proxy;
pub mod socks;
pub(crate) mod xml;
