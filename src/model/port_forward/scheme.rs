//! Whether a port speaks HTTP, so that it can be opened in a browser.

/// The scheme of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// What is known of a port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PortFacts<'a> {
    pub(crate) name: Option<&'a str>,
    /// `appProtocol` of a service's port.
    pub(crate) protocol: Option<&'a str>,
    pub(crate) number: u16,
}

/// Numbers that are HTTP by custom.
const HTTP_NUMBERS: [u16; 8] = [80, 3000, 5000, 8000, 8080, 8081, 8888, 9090];
const HTTPS_NUMBERS: [u16; 2] = [443, 8443];

impl Scheme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// By the protocol that the service names, else by the port's name, else by its number.
    pub(crate) fn of(port: PortFacts<'_>) -> Option<Scheme> {
        if let Some(protocol) = port.protocol {
            return match protocol.to_ascii_lowercase().as_str() {
                "http" | "http2" | "kubernetes.io/h2c" | "kubernetes.io/ws" => Some(Scheme::Http),
                "https" | "kubernetes.io/wss" => Some(Scheme::Https),
                _ => None,
            };
        }
        // As in a service mesh, a name begins with its protocol.
        match port.name.map(|name| name.split('-').next().unwrap_or_default()) {
            Some("http" | "http2" | "web" | "www") => Some(Scheme::Http),
            Some("https") => Some(Scheme::Https),
            Some("grpc" | "tcp" | "tls" | "udp" | "mongo" | "mysql" | "postgres" | "redis" | "sql") => None,
            _ if HTTP_NUMBERS.contains(&port.number) => Some(Scheme::Http),
            _ if HTTPS_NUMBERS.contains(&port.number) => Some(Scheme::Https),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_counts_before_the_name_and_the_name_before_the_number() {
        for (name, protocol, number, expected) in [
            (Some("http"), None, 9000, Some("http")),
            (Some("http-admin"), None, 9000, Some("http")),
            (Some("web"), None, 9000, Some("http")),
            (Some("https"), None, 9000, Some("https")),
            (Some("https-admin"), None, 80, Some("https")),
            (Some("grpc"), None, 8080, None),
            (Some("grpc-web"), None, 8080, None),
            (Some("main"), None, 8080, Some("http")),
            (Some("main"), None, 9000, None),
            (Some("http"), Some("grpc"), 80, None),
            (Some("main"), Some("https"), 9000, Some("https")),
            (None, Some("kubernetes.io/ws"), 9000, Some("http")),
            (None, None, 80, Some("http")),
            (None, None, 3000, Some("http")),
            (None, None, 443, Some("https")),
            (None, None, 8443, Some("https")),
            (None, None, 5432, None),
        ] {
            let found = Scheme::of(PortFacts { name, protocol, number });
            assert_eq!(found.map(Scheme::name), expected, "{name:?} {protocol:?} {number}");
        }
    }
}
