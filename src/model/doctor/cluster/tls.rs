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
    cause: "The server at the endpoint has a certificate of another cluster's authority: the cluster was made again, and the kubeconfig is of the old one.",
    repair: "Write the context anew: `nsaccess kubeconfig NAMESPACE --refresh`.",
};

pub(crate) const INTERCEPTED: Finding = Finding {
    id: "cluster.intercepted",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The certificate that came is not of a Kubernetes cluster: a proxy or firewall that looks into TLS answered in the cluster's place. kubectl cannot trust it, and must not.",
    repair: "Ask whoever runs the network to exempt the endpoint from TLS inspection, or go by another network.",
};

pub(crate) const CERTIFICATE_EXPIRED: Finding = Finding {
    id: "cluster.certificate-expired",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The cluster's certificate is not valid at the time that this machine's clock shows. EKS renews certificates itself, so check the clock first, unless machine.clock says that it is right.",
    repair: "Compare the clock (`date -u`) with another device's, if machine.clock does not say that it is right. Then tell your platform team.",
};

pub(crate) const OTHER_NAME: Finding = Finding {
    id: "cluster.other-name",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The certificate is of the cluster's authority and for another name: the endpoint was replaced by an address or a name that the cluster does not know, or tls-server-name in the kubeconfig names another.",
    repair: "Write the context from nothing: `nsaccess kubeconfig NAMESPACE --remove && nsaccess kubeconfig NAMESPACE --switch`.",
};

pub(crate) const NOT_TLS: Finding = Finding {
    id: "cluster.not-tls",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "What answers at the endpoint does not speak TLS: a captive portal, a proxy, or another program on that port.",
    repair: "Check the network and the VPN, then run doctor again.",
};

pub(crate) const BROKEN_OFF: Finding = Finding {
    id: "cluster.broken-off",
    check: "cluster.tls",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The connection is cut as soon as TLS begins: a firewall that reads the name in the handshake, or a load balancer without a server behind it.",
    repair: "Check the network, the VPN and the firewall, then run doctor again.",
};

pub(crate) const TLS_TIMEOUT: Finding = Finding {
    id: "cluster.tls-timeout",
    check: "cluster.tls",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The endpoint takes connections and did not answer the TLS handshake in 5 seconds: large packets get lost (a VPN with a wrong MTU), or the server is overloaded.",
    repair: "Check the VPN (its MTU, too), then run doctor again.",
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
            return Judgement::ok("its certificate is of the cluster's authority").fact(version.clone());
        }
        Step::Done(Handshake::OtherAuthority(issuer)) => return Judgement::problem(of_another(way, issuer.as_deref())),
        Step::Done(Handshake::NotNow(why)) => {
            let problem = Problem::of(&CERTIFICATE_EXPIRED, format!("the certificate of {host} is not valid now"));
            let problem = problem.because(why);
            match way.is_clock_right {
                true => problem
                    .because("the clock of this machine is right")
                    .try_next(format!("ask your platform team to have the certificate of {host} renewed")),
                false => problem.try_next("compare the clock of this machine with another: date -u"),
            }
        }
        Step::Done(Handshake::OtherName) => Problem::of(
            &OTHER_NAME,
            format!("the certificate of {host} is for another name than the kubeconfig asks for"),
        )
        .because("the endpoint was replaced, or tls-server-name names another")
        .try_next(written_from_nothing(namespace)),
        Step::Done(Handshake::NotTls) => {
            Problem::of(&NOT_TLS, format!("{host} does not speak TLS")).try_next(wait_for_network(namespace))
        }
        Step::Failed(why) => {
            let problem = Problem::of(&BROKEN_OFF, format!("{host} closed the connection during the TLS handshake"));
            return Judgement::problem(problem.try_next(wait_for_network(namespace))).fact(why);
        }
        Step::Late => Problem::of(&TLS_TIMEOUT, format!("{host} did not answer the TLS handshake in 5 seconds"))
            .try_next(wait_for_network(namespace)),
    };
    Judgement::problem(problem)
}

/// Clusters call their authority `kubernetes`; what stands between a person and a cluster does not.
fn of_another(way: &Way<'_>, issuer: Option<&str>) -> Problem {
    let (host, namespace) = (way.host, way.namespace);
    match issuer {
        Some(issuer) if !issuer.to_ascii_lowercase().contains("kubernetes") => {
            Problem::of(&INTERCEPTED, format!("something between you and {host} answers in its place"))
                .because(format!("the certificate that came was issued by {issuer}"))
                .try_next(format!("ask whoever runs your network to exempt {host} from TLS inspection"))
        }
        _ => Problem::of(&OTHER_AUTHORITY, format!("the certificate of {host} is of another cluster's authority"))
            .because("kubectl answers: x509: certificate signed by unknown authority")
            .try_next(format!("nsaccess kubeconfig {namespace} --refresh"))
            .repair(Repair::WriteContext),
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
