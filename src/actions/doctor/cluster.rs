//! The cluster: what EKS says of it, and the way to it.

use crate::actions::doctor::Scene;
use crate::actions::doctor::grant::Granted;
use crate::model::kube::cluster::Cluster;

/// The cluster as EKS describes it now.
pub(super) struct Described {
    pub(super) cluster: Cluster,
}

/// Asks EKS.
pub(super) async fn described(_scene: &Scene<'_>, _granted: Option<&Granted>) -> Option<Described> {
    None
}

/// Resolves, connects and shakes hands.
pub(super) async fn reached(_scene: &Scene<'_>, _described: Option<&Described>) {}
