//! The proxy of a request, by client-go's rules: kubeconfig's `proxy-url`, else `HTTPS_PROXY` or `HTTP_PROXY` by scheme,
//! unless `NO_PROXY` matches the host. `NO_PROXY` follows Go's rules, like kubectl
//! (<https://pkg.go.dev/golang.org/x/net/http/httpproxy>).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::env_vars;
use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::percent;
use crate::secret::Secret;

/// The proxy variables of the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxyVariables {
    pub(crate) https: Option<String>,
    pub(crate) http: Option<String>,
    pub(crate) no_proxy: Option<String>,
}

impl ProxyVariables {
    /// `lookup` reads environment variables. Upper-case names win, as in Go.
    pub(crate) fn read<'a>(lookup: impl Fn(&str) -> Option<&'a str>) -> Self {
        let either = |name: &str| lookup(name).or_else(|| lookup(&name.to_lowercase())).map(str::to_owned);
        ProxyVariables {
            https: either(env_vars::HTTPS_PROXY),
            http: either(env_vars::HTTP_PROXY),
            no_proxy: either(env_vars::NO_PROXY),
        }
    }

    /// The proxy for a URL, if one applies.
    pub(crate) fn for_url(&self, url: &str) -> Option<String> {
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

/// The protocol of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyScheme {
    /// CONNECT.
    Http,
    /// CONNECT inside TLS.
    Https,
    /// SOCKS5, where the proxy resolves names, as in Go.
    Socks5,
}

/// A proxy. `Debug` does not show its login.
#[derive(Clone)]
pub(crate) struct Proxy {
    scheme: ProxyScheme,
    endpoint: Endpoint,
    uri: http::Uri,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proxy({:?} {})", self.scheme, self.endpoint)
    }
}

impl Proxy {
    /// From a URL like `http://user:password@host:3128` or `socks5://localhost:1080`. Errors do not repeat the URL, which
    /// may contain a password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // The proxy resolves names in both, as in Go.
        let text = text.trim().replacen("socks5h://", "socks5://", 1);
        let uri: http::Uri = text.parse().map_err(|_| "it is not a URL".to_owned())?;
        let scheme = match uri.scheme_str() {
            Some("http") => ProxyScheme::Http,
            Some("https") => ProxyScheme::Https,
            Some("socks5") => ProxyScheme::Socks5,
            other => return Err(format!("a proxy of the kind {:?} is not known", other.unwrap_or_default())),
        };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err("it has no host".to_owned());
        }
        let port = uri.port_u16().unwrap_or(match scheme {
            ProxyScheme::Http => 80,
            ProxyScheme::Https => 443,
            ProxyScheme::Socks5 => 1080,
        });
        Ok(Proxy { scheme, endpoint: Endpoint { host, port }, uri })
    }

    pub(crate) fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Where it is, by default on the port of the scheme.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// User and password, if the URL has them.
    pub(crate) fn login(&self) -> Option<(String, Secret<String>)> {
        let (login, _) = self.uri.authority()?.as_str().rsplit_once('@')?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        Some((percent::decode(user), Secret::new(percent::decode(password))))
    }

    /// The value of `Proxy-Authorization`.
    pub(crate) fn basic_login(&self) -> Option<Secret<String>> {
        let (user, password) = self.login()?;
        Some(Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose())))))
    }
}

/// Checks that an endpoint may receive tokens and keys: over TLS any host, over plain HTTP only loopback.
pub(crate) fn check_endpoint(url: &str) -> Result<(), String> {
    let Some((scheme, rest)) = url.split_once("://") else { return Err("it is not a URL".to_owned()) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, _) = split_port(authority.rsplit('@').next().unwrap_or_default(), 0);
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(()),
        "http" if is_local(&host) => Ok(()),
        "http" => {
            Err("plain http would expose tokens and keys to the network; it is allowed only for loopback".to_owned())
        }
        _ => Err("it is neither https nor http".to_owned()),
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
    fn no_proxy_matches_the_target_host() {
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
    fn plain_http_is_for_loopback_only() {
        for good in [
            "https://x",
            "HTTPS://x",
            "http://127.0.0.1:80/a",
            "http://localhost",
            "http://[::1]:1",
            "http://LOCALHOST:1",
        ] {
            assert_eq!(check_endpoint(good), Ok(()), "{good}");
        }
        for bad in [
            "http://x",
            "http://10.0.0.1",
            "http://127.0.0.1.evil.net",
            "http://localhost@evil.net",
            "ftp://x",
            "x",
            "http://0.0.0.0",
        ] {
            assert!(check_endpoint(bad).is_err(), "{bad}");
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
    fn loopback_and_other_schemes_are_not_proxied() {
        assert!(!proxied("", "https://127.0.0.1:1"));
        assert!(!proxied("", "https://localhost"));
        assert!(!proxied("", "http://example.com"));
    }

    #[test]
    fn a_bare_proxy_address_is_http_and_lower_case_names_count() {
        let variables = ProxyVariables::read(|name| (name == "https_proxy").then_some("proxy:8080"));
        assert_eq!(variables.for_url("https://example.com").as_deref(), Some("http://proxy:8080"));
    }

    #[test]
    fn debug_output_hides_the_password() {
        let proxy = Proxy::parse("http://ada:p%40ss@proxy.corp:3128").expect("a proxy");
        assert_eq!((proxy.scheme(), proxy.endpoint().to_string()), (ProxyScheme::Http, "proxy.corp:3128".to_owned()));
        let (user, password) = proxy.login().expect("a login");
        assert_eq!((user.as_str(), password.expose().as_str()), ("ada", "p@ss"));
        assert_eq!(format!("{proxy:?}"), "Proxy(Http proxy.corp:3128)");
        let socks = Proxy::parse("socks5h://[::1]").expect("a proxy");
        assert_eq!((socks.scheme(), socks.endpoint().to_string()), (ProxyScheme::Socks5, "[::1]:1080".to_owned()));
        assert!(socks.login().is_none());
        for wrong in ["ftp://x", "proxy", "", "http://", "http://[]:3128", "http://ada:secret@"] {
            let why = Proxy::parse(wrong).expect_err(wrong);
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
