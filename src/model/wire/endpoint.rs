//! Where a URL leads.

/// Host and port of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// A name or an address. One of IPv6 is without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Endpoint {
    /// `None` when the URL has no host. The port is 443 if none is named, for plain http 80.
    pub(crate) fn of(url: &http::Uri) -> Option<Self> {
        let host = url.host()?.trim_matches(['[', ']']).to_owned();
        let default = if url.scheme_str() == Some("http") { 80 } else { 443 };
        Some(Endpoint { host, port: url.port_u16().unwrap_or(default) })
    }

    /// Of the server of a kubeconfig, whose scheme may be missing.
    pub(crate) fn of_server(server: &str) -> Option<Self> {
        Endpoint::of(&server.trim().parse().ok()?)
    }
}

/// As a URL or a `Host` header has it.
impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Endpoint { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_a_host_and_a_port() {
        for (url, shown) in [
            ("https://abc.eks.amazonaws.com", "abc.eks.amazonaws.com:443"),
            ("https://abc.eks.amazonaws.com:6443/k8s/clusters/x", "abc.eks.amazonaws.com:6443"),
            ("http://localhost", "localhost:80"),
            ("https://[fd12::1]/", "[fd12::1]:443"),
        ] {
            assert_eq!(Endpoint::of(&url.parse().expect("a URL")).expect("a host").to_string(), shown);
        }
        for (server, shown) in [(" localhost:8443 ", "localhost:8443"), ("10.0.0.1", "10.0.0.1:443")] {
            assert_eq!(Endpoint::of_server(server).expect("a host").to_string(), shown);
        }
        assert_eq!(Endpoint::of_server(""), None);
        assert_eq!(Endpoint::of(&"/version".parse().expect("a path")), None);
    }
}
