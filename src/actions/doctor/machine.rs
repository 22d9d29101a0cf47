//! This machine: files first, programs and the clock beside and after the network.

use std::path::Path;

use crate::actions::doctor::Scene;
use crate::actions::doctor::board::Board;
use crate::chain::Chain;
use crate::host::Host;

/// What can be seen without a chain.
pub(super) fn of_files(_board: &Board, _host: &Host, _kubeconfig: Option<&Path>) {}

/// What other programs say of themselves.
pub(super) async fn programs(_scene: &Scene<'_>) {}

/// How far the clock is off, by the answers that came.
pub(super) fn clock(_board: &Board, _chain: &Chain<'_>) {}
