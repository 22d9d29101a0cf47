//! TLS with the cluster.

use crate::model::doctor::cluster::eks::written_from_nothing;
use crate::model::doctor::cluster::way::{Step, Way};
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::doctor::wait_for_network;

pub(crate) const OTHER_AUTHORITY: Finding = Finding {
    id: "cluster.other-authority",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The server's certificate is signed by another cluster's CA: the cluster was recreated, and the kubeconfig belongs to the old one.",
    repair: "Rewrite the context: `nsaccess kubeconfig NAMESPACE --refresh`.",
};

pub(crate) const INTERCEPTED: Finding = Finding {
    id: "cluster.intercepted",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The certificate is not a Kubernetes cluster's: a proxy or firewall that inspects TLS answered instead of the cluster. kubectl rejects it.",
    repair: "Ask your network team to exempt the endpoint from TLS inspection, or use another network.",
};

pub(crate) const CERTIFICATE_EXPIRED: Finding = Finding {
    id: "cluster.certificate-expired",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The cluster's certificate is not valid at this machine's current time. EKS renews certificates automatically, so check the clock first, unless machine.clock is ok.",
    repair: "Unless machine.clock is ok, compare the clock (`date -u`) with another device's. Then tell your platform team.",
};

pub(crate) const OTHER_NAME: Finding = Finding {
    id: "cluster.other-name",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The certificate is signed by the cluster's CA but was issued for another name: the endpoint in the kubeconfig was replaced by an address or name unknown to the cluster, or tls-server-name is wrong.",
    repair: "Remove the context and write a new one: `nsaccess kubeconfig NAMESPACE --remove && nsaccess kubeconfig NAMESPACE --switch`.",
};

pub(crate) const NOT_TLS: Finding = Finding {
    id: "cluster.not-tls",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "Whatever answers at the endpoint does not speak TLS: a captive portal, a proxy, or another program on that port.",
    repair: "Check the network and the VPN, then run doctor again.",
};

pub(crate) const BROKEN_OFF: Finding = Finding {
    id: "cluster.broken-off",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The connection is closed as soon as the TLS handshake starts, by a firewall that reads the server name or by a load balancer without a backend.",
    repair: "Check the network, the VPN and the firewall, then run doctor again.",
};

pub(crate) const TLS_TIMEOUT: Finding = Finding {
    id: "cluster.tls-timeout",
    check: "cluster.tls",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The endpoint accepts connections but did not answer the TLS handshake within 5 seconds: large packets are lost (a VPN with a wrong MTU), or the server is overloaded.",
    repair: "Check the VPN, including its MTU, then run doctor again.",
};

/// What came of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// The version of TLS.
    Done(String),
    /// The certificate is of another authority, with this name if it can be read.
    OtherAuthority(Option<String>),
    /// The certificate is not valid at this time, and when it is.
    NotNow(String),
    /// The certificate is for another name.
    OtherName,
    NotTls,
}

/// Whether the endpoint is the cluster.
pub(crate) fn judge_tls(way: &Way<'_>, step: &Step<Handshake>) -> Judgement {
    let (host, namespace) = (way.host, way.namespace);
    let problem = match step {
        Step::Done(Handshake::Done(version)) => {
            return Judgement::ok("certificate signed by the cluster's CA").fact(version.clone());
        }
        Step::Done(Handshake::OtherAuthority(issuer)) => return Judgement::problem(of_another(way, issuer.as_deref())),
        Step::Done(Handshake::NotNow(why)) => {
            let problem =
                Problem::of(&CERTIFICATE_EXPIRED, format!("the certificate of {host} is not currently valid"));
            let problem = problem.because(why);
            match way.is_clock_right {
                true => problem
                    .because("this machine's clock is correct")
                    .ask_platform_team(format_args!("to have the certificate of {host} renewed")),
                false => problem.try_next("date -u   # compare with the clock of another device"),
            }
        }
        Step::Done(Handshake::OtherName) => {
            Problem::of(&OTHER_NAME, format!("the certificate of {host} was issued for a different name"))
                .because("the endpoint in the kubeconfig was replaced, or its tls-server-name is wrong")
                .try_next(written_from_nothing(namespace))
        }
        Step::Done(Handshake::NotTls) => {
            Problem::of(&NOT_TLS, format!("{host} does not speak TLS")).try_next(wait_for_network(namespace))
        }
        Step::Failed(why) => {
            let problem = Problem::of(&BROKEN_OFF, format!("{host} closed the connection during the TLS handshake"));
            return Judgement::problem(problem.try_next(wait_for_network(namespace))).fact(why);
        }
        Step::Late => Problem::of(&TLS_TIMEOUT, format!("{host} did not answer the TLS handshake within 5 seconds"))
            .try_next(wait_for_network(namespace)),
    };
    Judgement::problem(problem)
}

/// Clusters call their authority `kubernetes`; what stands between a person and a cluster does not.
fn of_another(way: &Way<'_>, issuer: Option<&str>) -> Problem {
    let (host, namespace) = (way.host, way.namespace);
    match issuer {
        Some(issuer) if !issuer.to_ascii_lowercase().contains("kubernetes") => {
            Problem::of(&INTERCEPTED, format!("the connection to {host} is intercepted"))
                .because(format!("the certificate was issued by {issuer}"))
                .try_next(format!("ask your network team to exempt {host} from TLS inspection"))
        }
        _ => Problem::of(&OTHER_AUTHORITY, format!("the certificate of {host} is signed by another cluster's CA"))
            .because("kubectl fails with: x509: certificate signed by unknown authority")
            .try_next(format!("nsaccess kubeconfig {namespace} --refresh"))
            .repair(Repair::WriteContext),
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
