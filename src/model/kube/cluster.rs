//! An EKS cluster, as clients need to know it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The data from DescribeCluster that a kubeconfig needs. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    /// Part of every token.
    pub(crate) name: String,
    /// `arn:aws:eks:<region>:<account>:cluster/<name>`.
    pub(crate) arn: String,
    /// Tokens are signed for this region.
    pub(crate) region: String,
    /// The URL of the Kubernetes API.
    pub(crate) endpoint: String,
    /// The name in its certificate, where the endpoint is the near end of a tunnel.
    #[serde(skip)]
    pub(crate) tls_server_name: Option<String>,
    /// Base64-encoded PEM, as in a kubeconfig.
    pub(crate) certificate_authority_data: String,
    /// Where role mappings are: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
    pub(crate) authentication_mode: Option<String>,
    /// Of Kubernetes, like `1.34`.
    pub(crate) version: Option<String>,
}

/// What else DescribeCluster says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClusterDetails {
    /// Whether the endpoint can be reached from the internet.
    pub(crate) public_access: bool,
    /// Whether it can be reached from inside of the VPC.
    pub(crate) private_access: bool,
    /// The networks from which the public endpoint can be reached (CIDR blocks).
    pub(crate) public_networks: Vec<String>,
    /// What happens at the end of standard support: extended support (and its price), else an upgrade.
    pub(crate) extends_support: Option<bool>,
    /// The issuer of its service accounts' tokens.
    pub(crate) token_issuer: Option<String>,
    /// What EKS says is wrong with it.
    pub(crate) health_issues: Vec<String>,
}

/// How EKS supports a version of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionSupport {
    pub(crate) support: Support,
    pub(crate) standard_until: Option<Timestamp>,
    pub(crate) extended_until: Option<Timestamp>,
}

/// The kind of support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Support {
    Standard,
    Extended,
    Ended,
    NotSaid,
}

/// Whether a cluster with this status has a usable endpoint. `UPDATING` does; `CREATING` not yet, `DELETING` and `FAILED` not
/// for long.
pub(crate) fn status_serves(status: &str) -> bool {
    !matches!(status, "CREATING" | "DELETING" | "FAILED" | "PENDING")
}
