//! The cluster: what EKS says of it, and the way to it.

pub(crate) mod eks;
pub(crate) mod tls;
pub(crate) mod way;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::Finding;

pub(crate) const CHECKS: &[&Check] = &[&DESCRIBED, &VERSION, &ENDPOINT, &NAME, &CONNECTION, &TLS];

pub(crate) const FINDINGS: &[&Finding] = &[
    &eks::NOT_FOUND,
    &eks::STARTING,
    &eks::ENDING,
    &eks::UNHEALTHY,
    &eks::DESCRIBE_DENIED,
    &eks::EKS_UNREACHABLE,
    &eks::EKS_TIMEOUT,
    &eks::EXTENDED_SUPPORT,
    &eks::UNSUPPORTED,
    &eks::ENDPOINT_MOVED,
    &eks::CA_CHANGED,
    &eks::CA_MISSING,
    &eks::UNCHECKED,
    &way::UNRESOLVED,
    &way::PRIVATE_UNRESOLVED,
    &way::PROXY_UNRESOLVED,
    &way::NAME_TIMEOUT,
    &way::PRIVATE_NO_ANSWER,
    &way::NOT_IN_NETWORKS,
    &way::UNREACHABLE,
    &way::REFUSED,
    &way::TIMEOUT,
    &way::PROXY_UNREACHABLE,
    &way::PROXY_REFUSES,
    &way::PROXY_UNTRUSTED,
    &tls::OTHER_AUTHORITY,
    &tls::INTERCEPTED,
    &tls::CERTIFICATE_EXPIRED,
    &tls::OTHER_NAME,
    &tls::NOT_TLS,
    &tls::BROKEN_OFF,
    &tls::TLS_TIMEOUT,
];

pub(crate) const DESCRIBED: Check = Check {
    id: "cluster.described",
    group: Group::Cluster,
    title: "EKS cluster",
    what: "Whether the cluster exists, and its status in EKS (DescribeCluster, which login also requires).",
    uses: Uses::Network,
    needs: &["grant.identity"],
};

pub(crate) const VERSION: Check = Check {
    id: "cluster.version",
    group: Group::Cluster,
    title: "version",
    what: "The Kubernetes version and the end of its support (DescribeClusterVersions, if the role allows it).",
    uses: Uses::Network,
    needs: &["cluster.described"],
};

pub(crate) const ENDPOINT: Check = Check {
    id: "cluster.endpoint",
    group: Group::Cluster,
    title: "endpoint",
    what: "Whether the endpoint and CA in the kubeconfig match EKS.",
    uses: Uses::Network,
    needs: &["cluster.described", "kubectl.context"],
};

pub(crate) const NAME: Check = Check {
    id: "cluster.name",
    group: Group::Cluster,
    title: "DNS",
    what: "Whether the host name of the endpoint, or of the proxy if there is one, resolves.",
    uses: Uses::Network,
    needs: &[],
};

pub(crate) const CONNECTION: Check = Check {
    id: "cluster.connection",
    group: Group::Cluster,
    title: "connection",
    what: "Whether the endpoint accepts connections.",
    uses: Uses::Network,
    needs: &["cluster.name"],
};

pub(crate) const TLS: Check = Check {
    id: "cluster.tls",
    group: Group::Cluster,
    title: "TLS",
    what: "Whether the endpoint's certificate is signed by the cluster's CA.",
    uses: Uses::Network,
    needs: &["cluster.connection"],
};
