//! The cluster: what EKS says of it, and the way to it.

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};

pub(crate) const CHECKS: &[&Check] = &[&DESCRIBED, &VERSION, &ENDPOINT, &NAME, &CONNECTION, &TLS];

pub(crate) const FINDINGS: &[&Finding] = &[];

pub(crate) const DESCRIBED: Check = Check {
    id: "cluster.described",
    group: Group::Cluster,
    title: "EKS",
    what: "Whether the cluster is there, and what EKS says of it (DescribeCluster, which the role needs for login too).",
    uses: Uses::Network,
    needs: &["grant.identity"],
};

pub(crate) const VERSION: Check = Check {
    id: "cluster.version",
    group: Group::Cluster,
    title: "version",
    what: "Its Kubernetes version, and the end of its support (DescribeClusterVersions, if the role may).",
    uses: Uses::Network,
    needs: &["cluster.described"],
};

pub(crate) const ENDPOINT: Check = Check {
    id: "cluster.endpoint",
    group: Group::Cluster,
    title: "endpoint",
    what: "Whether endpoint and certificate authority in the kubeconfig are those that EKS names.",
    uses: Uses::Network,
    needs: &["cluster.described", "kubectl.context"],
};

pub(crate) const NAME: Check = Check {
    id: "cluster.name",
    group: Group::Cluster,
    title: "DNS",
    what: "Whether the name of the endpoint resolves.",
    uses: Uses::Network,
    needs: &["kubectl.context"],
};

pub(crate) const CONNECTION: Check = Check {
    id: "cluster.connection",
    group: Group::Cluster,
    title: "connection",
    what: "Whether the endpoint takes a connection.",
    uses: Uses::Network,
    needs: &["cluster.name"],
};

pub(crate) const TLS: Check = Check {
    id: "cluster.tls",
    group: Group::Cluster,
    title: "TLS",
    what: "Whether its certificate is of the cluster's authority.",
    uses: Uses::Network,
    needs: &["cluster.connection"],
};
