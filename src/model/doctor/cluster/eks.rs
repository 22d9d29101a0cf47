//! What EKS says of the cluster, and whether the kubeconfig says the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::grant::Answer;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::doctor::wait_for_network;
use crate::model::kube::cluster::{ClusterDetails, Support, VersionSupport};
use crate::model::kube::tunnel::{is_near_end, is_same_url};

pub(crate) const NOT_FOUND: Finding = Finding {
    id: "cluster.not-found",
    check: "cluster.described",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "EKS has no cluster with this name in this account and region: it was deleted, or recreated under another name or in another region.",
    repair: "Look up the cluster again: `nsaccess kubeconfig NAMESPACE --refresh`. If a setting pins the cluster, remove it first: `nsaccess config unset namespace.NAMESPACE.cluster`.",
};

pub(crate) const STARTING: Finding = Finding {
    id: "cluster.starting",
    check: "cluster.described",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster is being created, which takes about ten minutes. Until then it has no endpoint, or its endpoint does not respond.",
    repair: "Wait for it: `nsaccess doctor NAMESPACE --wait`.",
};

pub(crate) const ENDING: Finding = Finding {
    id: "cluster.ending",
    check: "cluster.described",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The cluster is being deleted, or could not be created.",
    repair: "Ask your platform team where the namespace is now, then look it up again: `nsaccess kubeconfig NAMESPACE --refresh`.",
};

pub(crate) const UNHEALTHY: Finding = Finding {
    id: "cluster.unhealthy",
    check: "cluster.described",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "EKS reports a problem with the cluster itself, such as a missing subnet or security group, or a disabled key.",
    repair: "Show the message to your platform team.",
};

pub(crate) const DESCRIBE_DENIED: Finding = Finding {
    id: "cluster.describe-denied",
    check: "cluster.described",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The permission set lacks eks:DescribeCluster. The kubeconfig works as long as the cluster does not change, but it cannot be rewritten.",
    repair: "Ask your platform team to allow eks:DescribeCluster on the cluster in the permission set.",
};

pub(crate) const EKS_UNREACHABLE: Finding = Finding {
    id: "cluster.eks-unreachable",
    check: "cluster.described",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The EKS API is unreachable, but STS is not: a firewall or proxy allows one and blocks the other, or the region is wrong.",
    repair: "Allow the host shown in the message, or set HTTPS_PROXY.",
};

pub(crate) const EKS_TIMEOUT: Finding = Finding {
    id: "cluster.eks-timeout",
    check: "cluster.described",
    severity: Severity::Unknown,
    waiting: Waiting::Helps,
    cause: "The EKS API did not respond within 5 seconds.",
    repair: "Check the network, the VPN and HTTPS_PROXY, then run doctor again.",
};

pub(crate) const EXTENDED_SUPPORT: Finding = Finding {
    id: "cluster.extended-support",
    check: "cluster.version",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "Standard support for the cluster's Kubernetes version has ended. Extended support costs more, and EKS upgrades the cluster when it ends.",
    repair: "Ask your platform team when the cluster will be upgraded.",
};

pub(crate) const UNSUPPORTED: Finding = Finding {
    id: "cluster.unsupported",
    check: "cluster.version",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "EKS no longer supports the cluster's Kubernetes version: it gets no fixes, and EKS may upgrade it at any time.",
    repair: "Ask your platform team when the cluster will be upgraded.",
};

pub(crate) const ENDPOINT_MOVED: Finding = Finding {
    id: "cluster.endpoint-moved",
    check: "cluster.endpoint",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The cluster was deleted and recreated, and now has a different endpoint. The kubeconfig still has the old one.",
    repair: "Rewrite the context: `nsaccess kubeconfig NAMESPACE --refresh`.",
};

pub(crate) const CA_CHANGED: Finding = Finding {
    id: "cluster.ca-changed",
    check: "cluster.endpoint",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The CA in the kubeconfig is not the cluster's: the cluster was recreated, or the file was edited. kubectl rejects the cluster's certificate (x509: certificate signed by unknown authority).",
    repair: "Rewrite the context: `nsaccess kubeconfig NAMESPACE --refresh`.",
};

pub(crate) const CA_MISSING: Finding = Finding {
    id: "cluster.ca-missing",
    check: "cluster.endpoint",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The kubeconfig has no CA for the cluster, and the system does not trust the cluster's CA. kubectl rejects the cluster's certificate.",
    repair: "Rewrite the context: `nsaccess kubeconfig NAMESPACE --refresh`.",
};

pub(crate) const UNCHECKED: Finding = Finding {
    id: "cluster.unchecked",
    check: "cluster.endpoint",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The kubeconfig has insecure-skip-tls-verify for the cluster, so kubectl sends your token to whatever answers at the endpoint. In combination with a CA, kubectl rejects it altogether.",
    repair: "Remove the context and write a new one: `nsaccess kubeconfig NAMESPACE --remove && nsaccess kubeconfig NAMESPACE --switch`.",
};

/// The cluster that is meant, and who asks.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    /// The permission set.
    pub(crate) role: &'a str,
    /// Whether a setting names the cluster.
    pub(crate) is_pinned: bool,
    /// Whether the kubeconfig's context is of this cluster, as nsaccess wrote it.
    pub(crate) is_of_context: bool,
    /// Where EKS is.
    pub(crate) host: &'a str,
}

/// What DescribeCluster says of the state of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// `ACTIVE`, `UPDATING`, …
    pub(crate) status: String,
    pub(crate) details: ClusterDetails,
    /// `API`, `CONFIG_MAP`, `API_AND_CONFIG_MAP`.
    pub(crate) authentication_mode: Option<String>,
}

fn refresh(namespace: &str) -> String {
    format!("nsaccess kubeconfig {namespace} --refresh")
}

/// Whether the cluster is there and can be used.
pub(crate) fn judge_described(answer: &Answer<State>, place: &Place<'_>) -> Judgement {
    let Place { namespace, name, region, account, role, host, .. } = place;
    let problem = match answer {
        Answer::Given(state) => return judge_state(state, place),
        Answer::NotFound(why) => not_found(why, place),
        Answer::Denied(why) | Answer::Unauthorized(why) => {
            Problem::of(&DESCRIBE_DENIED, format!("{role} is not allowed to describe the cluster {name}"))
                .because(why)
                .because(match place.is_of_context {
                    true => "the following checks use the kubeconfig instead",
                    false => {
                        "the kubeconfig has no context written by nsaccess for it, so no token is sent to its server"
                    }
                })
                .ask_platform_team(format_args!(
                    "for eks:DescribeCluster on arn:aws:eks:{region}:{account}:cluster/{name} for {role}"
                ))
        }
        Answer::Unreachable(why) => Problem::of(&EKS_UNREACHABLE, format!("cannot reach {host}"))
            .because(why)
            .try_next(wait_for_network(namespace)),
        Answer::Late => Problem::of(&EKS_TIMEOUT, format!("{host} did not respond within 5 seconds"))
            .try_next(wait_for_network(namespace)),
        Answer::Throttled(why) | Answer::Broken(why) => {
            return Judgement::unknown(format!("the request to EKS failed: {why}"));
        }
    };
    Judgement::problem(problem)
}

fn not_found(why: &str, place: &Place<'_>) -> Problem {
    let Place { namespace, name, region, account, is_pinned, .. } = place;
    let problem =
        Problem::of(&NOT_FOUND, format!("cluster {name} not found in {region} of account {account}")).because(why);
    if *is_pinned {
        return problem
            .because(format!("it is pinned by the setting namespace.{namespace}.cluster"))
            .try_next(format!("nsaccess config unset namespace.{namespace}.cluster"))
            .try_next(refresh(namespace));
    }
    problem.try_next(refresh(namespace)).repair(Repair::WriteContext)
}

fn judge_state(state: &State, place: &Place<'_>) -> Judgement {
    let Place { namespace, name, .. } = place;
    let mut problems = Vec::new();
    match state.status.as_str() {
        "CREATING" | "PENDING" => problems.push(
            Problem::of(&STARTING, format!("the cluster {name} is being created"))
                .because(format!("its status is {}", state.status))
                .try_next(format!("nsaccess doctor {namespace} --wait")),
        ),
        "DELETING" | "FAILED" => problems.push(
            Problem::of(&ENDING, format!("the cluster {name} is {}", state.status))
                .ask_platform_team(format_args!("where {namespace} is now"))
                .try_next(refresh(namespace)),
        ),
        _ => {}
    }
    let issues = state.details.health_issues.iter();
    problems.extend(issues.map(|issue| {
        Problem::of(&UNHEALTHY, format!("EKS reports a problem with the cluster {name}"))
            .because(issue)
            .try_next(format!("show this to your platform team: {name}: {issue}"))
    }));
    Judgement::of(problems, format!("{name} in {} is {}", place.region, state.status))
        .facts(facts(&state.details))
        .facts(state.authentication_mode.as_ref().map(|mode| format!("authentication mode: {mode}")))
}

fn facts(details: &ClusterDetails) -> Vec<String> {
    let access = match (details.public_access, details.private_access) {
        (true, true) => "public and private",
        (true, false) => "public",
        (false, _) => "private",
    };
    let mut facts = vec![format!("endpoint access: {access}")];
    if details.public_access && !details.public_networks.is_empty() {
        facts.push(format!("public access from {}", details.public_networks.join(", ")));
    }
    facts
}

/// How long the cluster's version is supported.
pub(crate) fn judge_version(
    version: &str,
    answer: &Answer<Option<VersionSupport>>,
    extends_support: Option<bool>,
) -> Judgement {
    let support = match answer {
        Answer::Given(Some(support)) => support,
        Answer::Given(None) => return Judgement::ok(format!("{version} (end of support unknown)")),
        Answer::Denied(_) | Answer::Unauthorized(_) => {
            return Judgement::skipped(format!(
                "not allowed to read the end of support of {version} (needs eks:DescribeClusterVersions)"
            ));
        }
        Answer::Late => return Judgement::unknown(format!("{version}; EKS did not respond within 5 seconds")),
        Answer::NotFound(why) | Answer::Throttled(why) | Answer::Unreachable(why) | Answer::Broken(why) => {
            return Judgement::unknown(format!("{version}; the request to EKS failed: {why}"));
        }
    };
    let date = |time: Option<Timestamp>| time.map_or_else(|| "an unknown date".to_owned(), day);
    let upgrade = format!("when the cluster will be upgraded from {version}");
    let problem = match support.support {
        Support::Extended => Problem::of(&EXTENDED_SUPPORT, format!("Kubernetes {version} is in extended support"))
            .because(format!(
                "standard support ended on {}, extended support ends on {}",
                date(support.standard_until),
                date(support.extended_until)
            ))
            .ask_platform_team(upgrade),
        Support::Ended => Problem::of(&UNSUPPORTED, format!("EKS no longer supports Kubernetes {version}"))
            .because(format!("support ended on {}", date(support.extended_until.or(support.standard_until))))
            .ask_platform_team(upgrade),
        Support::Standard | Support::NotSaid => {
            let then = match extends_support {
                Some(true) => "then extended support begins",
                Some(false) => "then EKS upgrades it",
                None => "then its support ends",
            };
            let until = support.standard_until.map(|until| format!(", supported until {} ({then})", day(until)));
            return Judgement::ok(format!("{version}{}", until.unwrap_or_default()));
        }
    };
    Judgement::problem(problem)
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// The cluster as the kubeconfig has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) server: String,
    /// PEM in base64.
    pub(crate) authority_data: Option<String>,
    /// The name to expect in the certificate, if it is not that of the server.
    pub(crate) tls_server_name: Option<String>,
    /// Whether kubectl takes any certificate.
    pub(crate) is_unchecked: bool,
}

impl Entry {
    /// Whether the server is the near end of a tunnel to the endpoint: kubectl expects the endpoint's own certificate there.
    pub(crate) fn is_tunnel_to(&self, endpoint: &str) -> bool {
        is_near_end(&self.server, self.tls_server_name.as_deref(), endpoint)
    }
}

/// Whether the kubeconfig leads where EKS says: to this endpoint, with this authority.
pub(crate) fn judge_endpoint(entry: &Entry, endpoint: &str, authority_data: &str, namespace: &str) -> Judgement {
    let repaired = |problem: Problem| problem.try_next(refresh(namespace)).repair(Repair::WriteContext);
    let mut problems = Vec::new();
    let is_tunnel = entry.is_tunnel_to(endpoint);
    if !is_tunnel && !is_same_url(&entry.server, endpoint) {
        problems.push(
            Problem::of(&ENDPOINT_MOVED, "the endpoint in the kubeconfig is no longer the cluster's")
                .because(format!("the kubeconfig has {}", entry.server))
                .because(format!("EKS has {endpoint}")),
        );
    }
    let authority = entry.authority_data.as_deref();
    if entry.is_unchecked {
        let problem = Problem::of(&UNCHECKED, "kubectl accepts any certificate for the cluster")
            .because("the kubeconfig has insecure-skip-tls-verify");
        return Judgement::problem(problem.try_next(written_from_nothing(namespace)));
    }
    match authority {
        // An older cluster's endpoint and authority go together.
        _ if !problems.is_empty() => {}
        None => problems.push(Problem::of(&CA_MISSING, "the kubeconfig has no CA for the cluster")),
        Some(authority) if is_same_pem(authority, authority_data) => {}
        Some(_) => problems.push(
            Problem::of(&CA_CHANGED, "the CA in the kubeconfig is not the cluster's")
                .because("kubectl fails with: x509: certificate signed by unknown authority"),
        ),
    }
    let seen = match is_tunnel {
        true => format!("via {}", entry.server),
        false => "endpoint and CA match EKS".to_owned(),
    };
    Judgement::of(problems.into_iter().map(repaired).collect(), seen).fact(entry.server.clone())
}

/// Fields that others added to the entry stay when it is written anew, and go when it is removed first.
pub(super) fn written_from_nothing(namespace: &str) -> String {
    format!("nsaccess kubeconfig {namespace} --remove && nsaccess kubeconfig {namespace} --switch")
}

fn is_same_pem(left: &str, right: &str) -> bool {
    let normal = |data: &str| STANDARD.decode(data.trim()).map(|pem| pem.trim_ascii().to_vec());
    match (normal(left), normal(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => left.trim() == right.trim(),
    }
}

#[cfg(test)]
#[path = "eks_tests.rs"]
mod tests;
