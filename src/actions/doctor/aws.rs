//! AWS for the namespace: secrets, and the IAM role of a workload.

use crate::actions::doctor::Scene;
use crate::actions::doctor::authentication::Authenticated;
use crate::actions::doctor::grant::Granted;
use crate::model::irsa::IrsaRequest;

/// Whether secrets can be listed and read.
pub(super) async fn secrets(_scene: &Scene<'_>, _granted: &Granted) {}

/// The IAM role of a workload.
pub(super) async fn workload(
    _scene: &Scene<'_>,
    _granted: &Granted,
    _authenticated: &Authenticated,
    _workload: Option<&IrsaRequest>,
) {
}
