//! An EKS cluster, as far as a client must know it.

use serde::{Deserialize, Serialize};

/// What DescribeCluster tells and a kubeconfig needs. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    /// The cluster's name: part of every token for it.
    pub(crate) name: String,
    /// `arn:aws:eks:<region>:<account>:cluster/<name>`.
    pub(crate) arn: String,
    /// The region it runs in; its tokens are signed for this region.
    pub(crate) region: String,
    /// `https://…` of the Kubernetes API.
    pub(crate) endpoint: String,
    /// The certificate authority, PEM in base64, as kubeconfig's `certificate-authority-data`.
    pub(crate) certificate_authority_data: String,
    /// `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`: where role mappings live.
    pub(crate) authentication_mode: Option<String>,
    /// The Kubernetes version, like `1.34`.
    pub(crate) version: Option<String>,
}

/// Whether an EKS endpoint can be spoken to at all while the cluster has this status.
/// `UPDATING` serves; `CREATING` has no endpoint yet, `DELETING` and `FAILED` soon have none.
pub(crate) fn status_serves(status: &str) -> bool {
    !matches!(status, "CREATING" | "DELETING" | "FAILED" | "PENDING")
}
