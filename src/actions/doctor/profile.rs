//! Settings and profile.

use crate::actions::doctor::Scene;
use crate::actions::doctor::board::Board;
use crate::chain::Chain;
use crate::error::Result;
use crate::host::Host;
use crate::model::doctor::judgement::Judgement;

/// Whether `~/.aws/config` can be read.
pub(super) fn config(_board: &Board, _host: &Host) {}

/// The chain, whose opening reads all settings.
pub(super) fn opened<'a>(open: impl FnOnce() -> Result<Chain<'a>>) -> (Judgement, Option<Chain<'a>>) {
    match open() {
        Ok(chain) => (Judgement::ok("can be read"), Some(chain)),
        Err(error) => (Judgement::unknown(error.to_string()), None),
    }
}

/// The profile and its sso-session.
pub(super) fn files(_scene: &Scene<'_>) {}

/// Whether profile and context lead to the same place.
pub(super) fn context(_scene: &Scene<'_>) {}
