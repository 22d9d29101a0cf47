//! The proxy of the environment.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::wire::proxy::{Proxy, ProxyVariables};

pub(super) const FINDINGS: &[&Finding] = &[&UNUSABLE];

pub(crate) const UNUSABLE: Finding = Finding::fail(
    "machine.proxy-unusable",
    "machine.proxy",
    "HTTPS_PROXY or HTTP_PROXY is not a valid proxy address, so nothing can be reached through it.",
    "Correct or unset the variable.",
);

/// Whether the variables can be used, and which of the hosts go through a proxy.
pub(crate) fn judge_proxy(variables: &ProxyVariables, hosts: &[String]) -> Judgement {
    let both = [("HTTPS_PROXY", &variables.https), ("HTTP_PROXY", &variables.http)];
    let set = both.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let (mut problems, mut facts) = (Vec::new(), Vec::new());
    for (name, value) in set {
        let url = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        match Proxy::parse(&url) {
            // Never the whole value: it may hold a password.
            Ok(proxy) => facts.push(format!("{name} is {}", proxy.endpoint())),
            Err(why) => problems.push(
                Problem::of(&UNUSABLE, format!("invalid proxy in ${name}"))
                    .because(why)
                    .try_next(format!("unset {name} {}", name.to_lowercase())),
            ),
        }
    }
    if facts.is_empty() {
        return Judgement::of(problems, "not set");
    }
    facts.extend(variables.no_proxy.iter().map(|list| format!("NO_PROXY = {list}")));
    let through = |host: &&String| variables.for_url(&format!("https://{host}")).is_some();
    let caught = hosts.iter().filter(through).count();
    facts.extend(hosts.iter().map(|host| match through(&host) {
        true => format!("{host}: via the proxy"),
        false => format!("{host}: direct"),
    }));
    Judgement::of(problems, format!("used for {caught} of {} hosts", hosts.len())).facts(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(https: &str, no_proxy: &str) -> Judgement {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let variables = ProxyVariables { https: text(https), http: None, no_proxy: text(no_proxy) };
        judge_proxy(&variables, &["oidc.eu-west-1.amazonaws.com".to_owned(), "10.0.0.1".to_owned()])
    }

    #[test]
    fn an_unusable_proxy_is_found_and_a_password_never_shown() {
        for (value, id) in [
            ("", None),
            ("proxy.corp:3128", None),
            ("http://ada:hunter2@proxy.corp:3128", None),
            ("socks5h://localhost:1080", None),
            ("ftp://proxy.corp", Some("machine.proxy-unusable")),
            ("http://", Some("machine.proxy-unusable")),
        ] {
            let judged = judged(value, "");
            assert_eq!(judged.problems.first().map(|problem| problem.finding.id), id, "{value}");
            assert!(!format!("{judged:?}").contains("hunter2"));
        }
        assert_eq!(judged("ftp://x", "").problems[0].try_next, ["unset HTTPS_PROXY https_proxy"]);
    }

    #[test]
    fn which_hosts_go_through_it_is_a_fact() {
        let facts = judged("proxy.corp:3128", "10.0.0.0/8").facts;
        assert_eq!(
            facts,
            [
                "HTTPS_PROXY is proxy.corp:3128",
                "NO_PROXY = 10.0.0.0/8",
                "oidc.eu-west-1.amazonaws.com: via the proxy",
                "10.0.0.1: direct"
            ]
        );
    }
}
