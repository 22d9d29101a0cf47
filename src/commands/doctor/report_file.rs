//! `doctor --report`: the report as a file that can be shared.

use std::path::Path;

use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::disk::atomic;
use crate::error::Result;
use crate::model::doctor::shareable::{Heading, MARK, render};
use crate::model::kube::namespace::Namespace;

/// Writes the report.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(context: Context<'_>, file: &Path, found: &Found) -> Result<()> {
    let heading = Heading {
        namespace: found.namespace.as_ref().map(Namespace::as_str),
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        at: format!("{:.0}", context.host.now()),
    };
    let path = context.host.current_dir.join(file);
    atomic::write_private(&path, render(&heading, &found.rows).as_bytes())?;
    context.ui.status(&format!(
        "wrote {}; {MARK} stands for what is not shared: read it before you paste it",
        context.host.shorten_home(&path)
    ));
    Ok(())
}
