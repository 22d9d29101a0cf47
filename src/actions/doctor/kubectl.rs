//! The context as kubectl resolves it, and the plugin as kubectl starts it.

use crate::actions::doctor::Scene;

/// What the kubeconfig files say.
pub(super) fn files(_scene: &Scene<'_>) {}

/// Runs the plugin.
pub(super) async fn plugin(_scene: &Scene<'_>) {}
