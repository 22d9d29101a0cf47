//! `doctor --report`: the report as a file that can be shared.

use std::path::Path;

use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::disk::atomic;
use crate::env_vars;
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
        private: private_names(context),
    };
    let path = context.host.current_dir.join(file);
    atomic::write_private(&path, render(&heading, &found.rows).as_bytes())?;
    context.ui.status(&format!(
        "wrote {}; {MARK} stands for what is not shared: read it before you paste it",
        context.host.shorten_home(&path)
    ));
    Ok(())
}

/// The names by which the system knows the person and the machine.
fn private_names(context: Context<'_>) -> Vec<String> {
    let of_home = context.host.home.file_name().map(|name| name.to_string_lossy().into_owned());
    let variables = [env_vars::USER, env_vars::LOGNAME, env_vars::HOSTNAME].map(|name| context.host.env(name));
    variables.into_iter().flatten().map(str::to_owned).chain(of_home).collect()
}
