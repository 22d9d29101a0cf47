//! The local end of a forward: how it is written, and ports that are wanted twice.

use std::net::SocketAddr;

use crate::model::port_forward::addresses::LOOPBACK;
use crate::model::port_forward::ports::{ForwardRequest, LocalPort, RemotePort};
use crate::model::port_forward::scheme::Scheme;

/// Below this number, ports may be reserved for privileged users.
const PRIVILEGED: u16 = 1024;
/// What is added to the number of a privileged port: 80 becomes 8080, 443 becomes 8443.
const INSTEAD: u16 = 8000;

/// The usual port for those who may not use a privileged one.
pub(crate) fn instead_of_privileged(port: u16) -> Option<u16> {
    (port < PRIVILEGED).then(|| port + INSTEAD)
}

/// `http://localhost:8080`, if it can be opened in a browser.
pub(crate) fn url(addresses: &[SocketAddr], scheme: Option<Scheme>) -> Option<String> {
    let scheme = scheme?;
    Some(format!("{}://{}", scheme.name(), host_and_port(addresses.first()?)))
}

/// What to connect to: the URL, else each address.
pub(crate) fn shown(addresses: &[SocketAddr], scheme: Option<Scheme>) -> String {
    url(addresses, scheme).unwrap_or_else(|| {
        let mut shown: Vec<String> = addresses.iter().map(host_and_port).collect();
        shown.dedup();
        shown.join(", ")
    })
}

/// Loopback addresses are called localhost: a client finds the one that is listened on.
fn host_and_port(address: &SocketAddr) -> String {
    match address.ip() {
        ip if LOOPBACK.contains(&ip) || ip.is_unspecified() => format!("localhost:{}", address.port()),
        _ => address.to_string(),
    }
}

/// A local port that two pairs want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedTwice {
    pub(crate) port: u16,
    /// Both, as they were typed.
    pub(crate) pairs: [String; 2],
    /// The same command with any free port for the second.
    pub(crate) instead: String,
}

pub(crate) fn wanted_twice(requests: &[ForwardRequest]) -> Option<WantedTwice> {
    let mut wanted: Vec<(u16, String)> = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        for (at, pair) in request.ports.iter().enumerate() {
            let port = match (pair.local, &pair.remote) {
                (LocalPort::Exactly(number), _) => number,
                (LocalPort::SameAsRemote, RemotePort::Number(number)) => *number,
                _ => continue,
            };
            let typed = format!("{} {pair}", request.target);
            if let Some((_, first)) = wanted.iter().find(|(other, _)| *other == port) {
                let mut others = requests.to_vec();
                others[index].ports[at].local = LocalPort::Any;
                let others: Vec<String> = others.iter().map(ToString::to_string).collect();
                let instead = format!("nsaccess port-forward {}", others.join(" "));
                return Some(WantedTwice { port, pairs: [first.clone(), typed], instead });
            }
            wanted.push((port, typed));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::port_forward::ports;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn what_can_be_opened_is_a_url() {
        let both = addresses(&["127.0.0.1:8080", "[::1]:8080"]);
        assert_eq!(shown(&both, Some(Scheme::Http)), "http://localhost:8080");
        assert_eq!(shown(&both, None), "localhost:8080");
        assert_eq!(shown(&addresses(&["0.0.0.0:8443"]), Some(Scheme::Https)), "https://localhost:8443");
        assert_eq!(shown(&addresses(&["10.0.0.7:80", "127.0.0.1:80"]), Some(Scheme::Http)), "http://10.0.0.7:80");
        assert_eq!(shown(&addresses(&["10.0.0.7:22", "[fd00::1]:22"]), None), "10.0.0.7:22, [fd00::1]:22");
        assert_eq!(url(&both, None), None);
    }

    #[test]
    fn two_pairs_cannot_have_the_same_local_port() {
        let twice = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            wanted_twice(&ports::parse(&words).expect("a command line"))
        };
        for (line, port, pairs, instead) in [
            (
                "svc/web 8080:80 svc/api 8080:http",
                8080,
                ["svc/web 8080:80", "svc/api 8080:http"],
                "svc/web 8080:80 svc/api :http",
            ),
            ("svc/web 80 db-0 :22 svc/api 80", 80, ["svc/web 80", "svc/api 80"], "svc/web 80 pod/db-0 :22 svc/api :80"),
            ("svc/web 81:80 81", 81, ["svc/web 81:80", "svc/web 81"], "svc/web 81:80 :81"),
        ] {
            let found = twice(line).expect(line);
            assert_eq!((found.port, found.pairs), (port, pairs.map(str::to_owned)));
            assert_eq!(found.instead, format!("nsaccess port-forward {instead}"));
        }
        for line in ["svc/web svc/api", "svc/web :80 svc/api :80", "svc/web 8080:80 svc/api 8081:80"] {
            assert_eq!(twice(line), None, "{line}");
        }
    }

    #[test]
    fn privileged_ports_have_a_usual_replacement() {
        assert_eq!((instead_of_privileged(80), instead_of_privileged(443)), (Some(8080), Some(8443)));
        assert_eq!(instead_of_privileged(1024), None);
    }
}
