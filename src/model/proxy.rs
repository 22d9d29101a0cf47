//! Which proxy a request goes through, by client-go's rules: kubeconfig's `proxy-url` wins outright; else
//! `HTTPS_PROXY`/`HTTP_PROXY` by scheme, unless `NO_PROXY` names the host. The rules of `NO_PROXY` are Go's
//! (<https://pkg.go.dev/golang.org/x/net/http/httpproxy>), since kubectl is what people compare with.

use std::net::IpAddr;

/// The proxy variables, as they stand in the environment.
#[derive(Debug, Clone, Default)]
pub struct ProxyVariables {
    /// `HTTPS_PROXY`.
    pub https: Option<String>,
    /// `HTTP_PROXY`.
    pub http: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
}

impl ProxyVariables {
    /// From a look-up of environment variables; the upper-case name wins, as in Go.
    pub fn read<'a>(lookup: impl Fn(&str) -> Option<&'a str>) -> Self {
        let either = |name: &str| lookup(name).or_else(|| lookup(&name.to_lowercase())).map(str::to_owned);
        ProxyVariables { https: either("HTTPS_PROXY"), http: either("HTTP_PROXY"), no_proxy: either("NO_PROXY") }
    }

    /// The proxy for an address like `https://host:port/…`, if one applies.
    pub fn for_url(&self, url: &str) -> Option<String> {
        let (scheme, rest) = url.split_once("://")?;
        let (proxy, default_port) = match scheme {
            "https" => (self.https.as_deref()?, 443),
            "http" => (self.http.as_deref()?, 80),
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = split_port(authority.rsplit('@').next().unwrap_or_default(), default_port);
        if is_local(&host) || self.exempts(&host, port) {
            return None;
        }
        Some(if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") })
    }

    fn exempts(&self, host: &str, port: u16) -> bool {
        let address: Option<IpAddr> = host.parse().ok();
        let entries = self.no_proxy.as_deref().unwrap_or_default().split(',').map(str::trim);
        entries.filter(|entry| !entry.is_empty()).any(|entry| matches(&entry.to_lowercase(), host, port, address))
    }
}

/// Go never proxies loopback.
fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn split_port(authority: &str, default_port: u16) -> (String, u16) {
    let authority = authority.to_lowercase();
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host.to_owned(), rest.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(default_port));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host.to_owned(), port.parse().unwrap_or(default_port)),
        _ => (authority, default_port),
    }
}

fn matches(entry: &str, host: &str, port: u16, address: Option<IpAddr>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, length)) = entry.split_once('/') {
        return address.is_some_and(|address| in_network(address, network, length));
    }
    let (name, entry_port) = split_port(entry, 0);
    if entry_port != 0 && entry_port != port {
        return false;
    }
    if let Ok(wanted) = name.parse::<IpAddr>() {
        return address == Some(wanted);
    }
    let name = name.strip_prefix('*').unwrap_or(&name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.')),
    }
}

fn in_network(address: IpAddr, network: &str, length: &str) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    let ((address, width), (network, network_width)) = (bits(address), bits(network));
    let mask = if length == 0 { 0 } else { u128::MAX << (128 - length.min(128)) };
    width == network_width && length <= width && address & mask == network & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(no_proxy: &str, url: &str) -> bool {
        let variables =
            ProxyVariables { https: Some("http://proxy:3128".into()), http: None, no_proxy: Some(no_proxy.into()) };
        variables.for_url(url).is_some()
    }

    #[test]
    fn no_proxy_is_about_the_target_host() {
        let eks = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
        for (no_proxy, goes_through_proxy) in [
            ("", true),
            (".eks.amazonaws.com", false),
            ("eks.amazonaws.com", false),
            ("*.eks.amazonaws.com", false),
            ("ks.amazonaws.com", true),
            ("localhost,", true),
            (" , .amazonaws.com ,", false),
            ("*", false),
            ("proxy:3128", true),
            ("eks.amazonaws.com:443", false),
            ("eks.amazonaws.com:6443", true),
        ] {
            assert_eq!(proxied(no_proxy, eks), goes_through_proxy, "NO_PROXY={no_proxy}");
        }
    }

    #[test]
    fn addresses_match_by_network() {
        assert!(!proxied("10.0.0.0/8", "https://10.2.3.4:6443/x"));
        assert!(proxied("10.0.0.0/8", "https://11.2.3.4"));
        assert!(proxied("10.0.0.0/8", "https://host"));
        assert!(!proxied("fd00::/8", "https://[fd12::1]:443"));
        assert!(!proxied("10.2.3.4", "https://10.2.3.4"));
        assert!(proxied("0.0.0.0/99", "https://10.2.3.4"));
    }

    #[test]
    fn loopback_and_other_schemes_go_straight() {
        assert!(!proxied("", "https://127.0.0.1:1"));
        assert!(!proxied("", "https://localhost"));
        assert!(!proxied("", "http://example.com"));
    }

    #[test]
    fn a_bare_proxy_address_is_http_and_lower_case_names_count() {
        let variables = ProxyVariables::read(|name| (name == "https_proxy").then_some("proxy:8080"));
        assert_eq!(variables.for_url("https://example.com").as_deref(), Some("http://proxy:8080"));
    }
}
