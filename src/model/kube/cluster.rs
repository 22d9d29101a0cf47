//! An EKS cluster, as clients need to know it.

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
    /// Base64-encoded PEM, as in a kubeconfig.
    pub(crate) certificate_authority_data: String,
    /// Where role mappings are: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
    pub(crate) authentication_mode: Option<String>,
    /// Of Kubernetes, like `1.34`.
    pub(crate) version: Option<String>,
}

/// Whether a cluster with this status has a usable endpoint. `UPDATING` does; `CREATING` not yet, `DELETING` and `FAILED` not
/// for long.
pub(crate) fn status_serves(status: &str) -> bool {
    !matches!(status, "CREATING" | "DELETING" | "FAILED" | "PENDING")
}
