//! Who the cluster thinks we are.

use crate::actions::doctor::Scene;
use crate::actions::doctor::cluster::Described;
use crate::actions::doctor::grant::Granted;
use crate::model::reviews::review::ClusterIdentity;
use crate::net::kube::KubeApi;

/// The API of the cluster, as the identity that it knows.
pub(super) struct Authenticated {
    pub(super) api: KubeApi,
    pub(super) identity: ClusterIdentity,
}

/// Asks the cluster.
pub(super) async fn identity(_scene: &Scene<'_>, _granted: &Granted, _described: &Described) -> Option<Authenticated> {
    None
}
