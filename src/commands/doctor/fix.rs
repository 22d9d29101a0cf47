//! `doctor --fix`: the safe repairs, of what is ours only.

use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::error::Result;

/// Shows and makes the repairs that the rows name. Returns whether one was made, so that all is checked again.
///
/// # Errors
/// When the person interrupts it. A repair that fails is said, and the check says what is still wrong.
pub(super) fn repair(_context: Context<'_>, _found: &Found) -> Result<bool> {
    Ok(false)
}
