//! The way that kubectl takes to the endpoint in the kubeconfig.

use crate::model::doctor::cluster::way::is_private;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::shell::quote;
use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::{Proxy, ProxyVariables};

pub(super) const FINDINGS: &[&Finding] = &[&PROXIED, &PROXY_URL];

pub(crate) const PROXIED: Finding = Finding::warn(
    "kubectl.private-through-proxy",
    "kubectl.endpoint",
    "The cluster's endpoint is a private address, and HTTPS_PROXY applies to it. An internet proxy can rarely reach it.",
    "Exempt it from the proxy with the command shown in the report. NO_PROXY accepts host names, addresses and networks.",
);

pub(crate) const PROXY_URL: Finding = Finding::fail(
    "kubectl.proxy-url",
    "kubectl.endpoint",
    "The cluster in the kubeconfig has an invalid proxy-url, so neither kubectl nor nsaccess can reach the cluster.",
    "Correct it, or remove it with the command shown in the report.",
);

/// How the cluster of the context is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    /// The name of the cluster in the kubeconfig.
    pub(crate) cluster: &'a str,
    pub(crate) server: &'a str,
    pub(crate) proxy_url: Option<&'a str>,
}

/// Whether a proxy stands between kubectl and a private endpoint.
pub(crate) fn judge_endpoint(way: Way<'_>, variables: &ProxyVariables) -> Judgement {
    let seen = |how: &str| Judgement::ok(format!("{} ({how})", way.server));
    if let Some(url) = way.proxy_url {
        return match Proxy::parse(url) {
            Ok(proxy) => seen(&format!("via proxy-url {}", proxy.endpoint())),
            Err(why) => Judgement::problem(
                Problem::of(&PROXY_URL, format!("the cluster {} has an invalid proxy-url", way.cluster))
                    .because(why)
                    .try_next(format!(
                        "kubectl config unset {}",
                        quote(&format!("clusters.{}.proxy-url", way.cluster))
                    )),
            ),
        };
    }
    let Some(Endpoint { host, .. }) = Endpoint::of_server(way.server) else { return seen("direct") };
    if variables.for_url(way.server).is_none() {
        return seen("direct");
    }
    if !is_private_host(&host) {
        return seen("via HTTPS_PROXY");
    }
    let list = variables.no_proxy.iter().map(String::as_str).chain([host.as_str()]).collect::<Vec<_>>().join(",");
    Judgement::problem(
        Problem::of(&PROXIED, format!("kubectl uses a proxy for the private endpoint {host}"))
            .because("HTTPS_PROXY is set, and NO_PROXY does not exempt the endpoint")
            .try_next(format!("export NO_PROXY={}", quote(&list))),
    )
}

/// The names that EKS gives lead to a private or a public address, and are not told apart here.
fn is_private_host(host: &str) -> bool {
    match host.parse() {
        Ok(address) => is_private(&address),
        Err(_) => [".internal", ".local", ".corp", ".lan"].iter().any(|end| host.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(server: &str, proxy_url: Option<&str>, no_proxy: Option<&str>) -> Option<&'static str> {
        let https = Some("http://proxy.corp:3128".to_owned());
        let variables = ProxyVariables { https, http: None, no_proxy: no_proxy.map(str::to_owned) };
        let judged = judge_endpoint(Way { cluster: "c", server, proxy_url }, &variables);
        judged.problems.first().map(|problem| problem.finding.id)
    }

    #[test]
    fn a_private_address_behind_a_proxy_is_told() {
        for (server, found) in [
            ("https://10.1.2.3", Some(PROXIED.id)),
            ("https://[fd00::1]:6443", Some(PROXIED.id)),
            ("https://100.64.1.2", Some(PROXIED.id)),
            ("https://api.eks.internal", Some(PROXIED.id)),
            ("https://52.1.2.3", None),
            ("https://ABC.gr7.eu-west-1.eks.amazonaws.com", None),
            ("https://127.0.0.1:6443", None),
        ] {
            assert_eq!(id(server, None, None), found, "{server}");
        }
        assert_eq!(id("https://10.1.2.3", None, Some("10.0.0.0/8")), None);
        assert_eq!(id("https://10.1.2.3", Some("http://bastion:8888"), None), None, "it was chosen for this cluster");
        assert_eq!(id("https://10.1.2.3", Some("ftp://bastion"), None), Some(PROXY_URL.id));
    }

    #[test]
    fn the_list_is_added_to() {
        let variables =
            ProxyVariables { https: Some("p:1".to_owned()), http: None, no_proxy: Some("a.corp".to_owned()) };
        let judged =
            judge_endpoint(Way { cluster: "c", server: "https://10.1.2.3:443/x", proxy_url: None }, &variables);
        assert_eq!(judged.problems[0].try_next, ["export NO_PROXY=a.corp,10.1.2.3"]);
    }
}
