//! Variables that change whom kubectl and the AWS CLI act as.

use std::path::Path;

use crate::actions::doctor::Scene;
use crate::actions::doctor::board::Board;
use crate::host::Host;

/// What can be seen without a chain.
pub(super) fn of_files(_board: &Board, _host: &Host, _kubeconfig: Option<&Path>) {}

/// What must be compared with the namespace's profile.
pub(super) fn of_profile(_scene: &Scene<'_>) {}
