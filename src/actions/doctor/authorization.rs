//! What the identity may do.

use crate::actions::doctor::Scene;
use crate::actions::doctor::authentication::Authenticated;

/// Asks the cluster.
pub(super) async fn rights(_scene: &Scene<'_>, _authenticated: &Authenticated) {}
