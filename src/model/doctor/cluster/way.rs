//! The way to the cluster's endpoint: its name, and a connection.

use std::net::IpAddr;

use crate::error::is_untrusted_certificate;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::doctor::{untrusted, wait_for_network};
use crate::model::kube::cluster::ClusterDetails;

pub(crate) const UNRESOLVED: Finding = Finding {
    id: "cluster.unresolved",
    check: "cluster.name",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The endpoint's host name does not resolve: there is no network, the DNS server does not know it, or the cluster was deleted.",
    repair: "Check the network and the VPN, then run doctor again.",
};

pub(crate) const PRIVATE_UNRESOLVED: Finding = Finding {
    id: "cluster.private-unresolved",
    check: "cluster.name",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster's endpoint is private, and its host name resolves only inside its network: the VPN is not connected, or its DNS server is not used.",
    repair: "Connect the VPN, then run doctor again.",
};

pub(crate) const PROXY_UNRESOLVED: Finding = Finding {
    id: "cluster.proxy-unresolved",
    check: "cluster.name",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster is reached through a proxy whose host name does not resolve: it is known only in another network, or misspelled.",
    repair: "Connect to the proxy's network, or remove the proxy from HTTPS_PROXY or from proxy-url of the cluster in the kubeconfig.",
};

pub(crate) const NAME_TIMEOUT: Finding = Finding {
    id: "cluster.name-timeout",
    check: "cluster.name",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The DNS server did not respond within 5 seconds.",
    repair: "Check the network and the VPN, then run doctor again.",
};

pub(crate) const PRIVATE_NO_ANSWER: Finding = Finding {
    id: "cluster.private-no-answer",
    check: "cluster.connection",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster's endpoint has a private address, reachable only from inside its network: the VPN is not connected, or does not route there.",
    repair: "Connect the VPN, then run doctor again.",
};

pub(crate) const NOT_IN_NETWORKS: Finding = Finding {
    id: "cluster.not-in-networks",
    check: "cluster.connection",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster's public endpoint allows only the networks in publicAccessCidrs, and this machine is in none of them.",
    repair: "Connect the VPN, or ask your platform team to add your network.",
};

pub(crate) const UNREACHABLE: Finding = Finding {
    id: "cluster.unreachable",
    check: "cluster.connection",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "There is no route to the endpoint: the network is down, or a firewall blocks it.",
    repair: "Check the network and the VPN, then run doctor again.",
};

pub(crate) const REFUSED: Finding = Finding {
    id: "cluster.refused",
    check: "cluster.connection",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The endpoint's address refuses connections: the cluster was deleted, a firewall answers instead, or the tunnel that the context goes through is not open.",
    repair: "Check the VPN, or open the tunnel. If you are not allowed to describe the cluster (cluster.describe-denied), ask your platform team for its current endpoint.",
};

pub(crate) const TIMEOUT: Finding = Finding {
    id: "cluster.timeout",
    check: "cluster.connection",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The endpoint did not respond within 5 seconds: something in between drops packets.",
    repair: "Check the network, the VPN and the firewall, then run doctor again.",
};

pub(crate) const PROXY_UNREACHABLE: Finding = Finding {
    id: "cluster.proxy-unreachable",
    check: "cluster.connection",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster is reached through a proxy that does not respond.",
    repair: "Start the proxy, connect to its network, or remove it from HTTPS_PROXY or from proxy-url of the cluster in the kubeconfig.",
};

pub(crate) const PROXY_REFUSES: Finding = Finding {
    id: "cluster.proxy-refuses",
    check: "cluster.connection",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The proxy responds but does not connect to the cluster: its rules forbid it, it requires authentication, or it cannot reach the endpoint itself.",
    repair: "Exempt the endpoint from the proxy (NO_PROXY), or ask your network team to allow it.",
};

pub(crate) const PROXY_UNTRUSTED: Finding = Finding {
    id: "cluster.proxy-untrusted",
    check: "cluster.connection",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster is reached through a proxy with TLS of its own (https://), whose certificate is signed by a CA that this machine does not trust.",
    repair: "Set AWS_CA_BUNDLE (or SSL_CERT_FILE) to a PEM file with the CA of the proxy; your network team has it.",
};

/// The endpoint, and what is known of the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Way<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) host: &'a str,
    /// Host and port of the proxy that applies.
    pub(crate) proxy: Option<&'a str>,
    /// The cluster in the kubeconfig whose `proxy-url` that is; else it is the environment's.
    pub(crate) proxy_url_of: Option<&'a str>,
    /// Whether the host is the near end of the context's tunnel to the cluster.
    pub(crate) is_tunnel: bool,
    /// Whether a server has told the time, and it is this machine's.
    pub(crate) is_clock_right: bool,
    /// What EKS says of the endpoint, if it could be asked.
    pub(crate) details: Option<&'a ClusterDetails>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<T> {
    Done(T),
    /// In the system's words.
    Failed(String),
    /// There was no answer in 5 seconds.
    Late,
}

/// How a connection was made, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connection {
    Open,
    Refused,
    /// The proxy answered with these words.
    NotByProxy(String),
}

impl Way<'_> {
    fn is_private(&self) -> bool {
        self.details.is_some_and(|details| !details.public_access)
    }

    /// The networks that alone are let in.
    fn networks(&self) -> Option<String> {
        let networks = &self.details?.public_networks;
        let everybody = networks.is_empty() || networks.iter().any(|network| network.ends_with("/0"));
        (!everybody).then(|| networks.join(", "))
    }

    fn wait_for_vpn(&self) -> String {
        format!("nsaccess doctor {} --wait   # connect the VPN in the meantime", self.namespace)
    }

    /// How to go without the proxy.
    fn without_proxy(&self) -> String {
        match self.proxy_url_of {
            Some(cluster) => format!("kubectl config unset clusters.{cluster}.proxy-url"),
            None => format!("export NO_PROXY=\"${{NO_PROXY:-$no_proxy}},{}\"", self.host),
        }
    }
}

/// Whether the name of the first hop resolves: of the endpoint, or of the proxy. The system's own words, which differ from
/// system to system, are a fact.
pub(crate) fn judge_name(way: &Way<'_>, step: &Step<Vec<IpAddr>>) -> Judgement {
    let host = way.proxy.unwrap_or(way.host);
    let problem = match (step, way.proxy) {
        (Step::Done(_), None) if host.parse::<IpAddr>().is_ok() => {
            return Judgement::ok(format!("{host} is an IP address (no lookup needed)"));
        }
        (Step::Done(addresses), _) => {
            let shown: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
            return Judgement::ok(format!("{host} resolves to {}", shown.join(", ")));
        }
        (Step::Late, _) => Problem::of(&NAME_TIMEOUT, format!("{host} was not resolved within 5 seconds"))
            .try_next(wait_for_network(way.namespace)),
        (Step::Failed(_), Some(_)) => {
            Problem::of(&PROXY_UNRESOLVED, format!("the proxy {host} does not resolve")).try_next(way.without_proxy())
        }
        (Step::Failed(_), None) if way.is_private() => Problem::of(
            &PRIVATE_UNRESOLVED,
            format!("the private endpoint {host} does not resolve; is the VPN connected?"),
        )
        .because("the endpoint is reachable only from inside the cluster's network")
        .try_next(way.wait_for_vpn()),
        (Step::Failed(_), None) => {
            Problem::of(&UNRESOLVED, format!("{host} does not resolve")).try_next(wait_for_network(way.namespace))
        }
    };
    Judgement::problem(problem).facts(words(step))
}

/// The system's words.
fn words<T>(step: &Step<T>) -> Option<String> {
    match step {
        Step::Failed(why) => Some(why.clone()),
        Step::Done(_) | Step::Late => None,
    }
}

/// Whether the endpoint takes a connection.
pub(crate) fn judge_connection(way: &Way<'_>, addresses: &[IpAddr], step: &Step<Connection>) -> Judgement {
    let host = way.host;
    if let Some(proxy) = way.proxy {
        return by_proxy(way, proxy, step).facts(words(step));
    }
    match step {
        Step::Done(Connection::Open) => return Judgement::ok(format!("connected to {host}")),
        Step::Done(Connection::Refused) if way.is_tunnel => {
            return Judgement::problem(
                Problem::of(&REFUSED, format!("{host} refuses connections; is the tunnel open?"))
                    .because("the server in the kubeconfig is the near end of a tunnel to the cluster")
                    .try_next(format!("nsaccess doctor {} --wait   # open the tunnel in the meantime", way.namespace)),
            );
        }
        Step::Done(Connection::Refused | Connection::NotByProxy(_)) => {
            return Judgement::problem(
                Problem::of(&REFUSED, format!("{host} refuses connections")).try_next(wait_for_network(way.namespace)),
            );
        }
        Step::Failed(_) | Step::Late => {}
    }
    let is_private = way.is_private() || (!addresses.is_empty() && addresses.iter().all(is_private));
    let problem = match (way.networks(), step) {
        _ if is_private => Problem::of(
            &PRIVATE_NO_ANSWER,
            format!("the private endpoint {host} does not respond; is the VPN connected?"),
        )
        .try_next(way.wait_for_vpn()),
        (Some(networks), _) => {
            Problem::of(&NOT_IN_NETWORKS, format!("{host} does not accept connections from your network"))
                .because(format!("it allows only {networks}"))
                .try_next(way.wait_for_vpn())
        }
        (None, Step::Late) => Problem::of(&TIMEOUT, format!("{host} did not respond within 5 seconds"))
            .try_next(wait_for_network(way.namespace)),
        (None, _) => {
            Problem::of(&UNREACHABLE, format!("cannot reach {host}")).try_next(wait_for_network(way.namespace))
        }
    };
    Judgement::problem(problem).facts(words(step))
}

fn by_proxy(way: &Way<'_>, proxy: &str, step: &Step<Connection>) -> Judgement {
    let unreachable =
        || Problem::of(&PROXY_UNREACHABLE, format!("the proxy {proxy} does not respond")).try_next(way.without_proxy());
    Judgement::problem(match step {
        Step::Done(Connection::Open) => {
            return Judgement::ok(format!("connected to {} via the proxy {proxy}", way.host));
        }
        Step::Done(Connection::NotByProxy(why)) if is_untrusted_certificate(why) => untrusted(
            Problem::of(&PROXY_UNTRUSTED, format!("the certificate of the proxy {proxy} is not trusted")),
            why,
        ),
        Step::Done(Connection::NotByProxy(why)) => {
            Problem::of(&PROXY_REFUSES, format!("the proxy {proxy} does not connect to {}", way.host))
                .because(why)
                .try_next(way.without_proxy())
        }
        Step::Done(Connection::Refused) => unreachable().because("it refuses connections"),
        Step::Failed(_) => unreachable(),
        Step::Late => unreachable().because("it did not respond within 5 seconds"),
    })
}

/// Whether an address is one of a private network: RFC 1918, RFC 6598 (as many VPNs use), RFC 4193.
pub(crate) fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private() || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(v6) => v6.octets()[0] & 0xfe == 0xfc,
    }
}

#[cfg(test)]
#[path = "way_tests.rs"]
mod tests;
