//! `doctor --report`: the report as a file that can be shared.

use std::path::Path;

use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::disk::atomic;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::model::doctor::shareable::{Heading, MARK, TITLE, render};
use crate::model::kube::access::AccessName;

/// Writes the report.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(context: Context<'_>, file: &Path, found: &Found) -> Result<()> {
    let heading = Heading {
        namespace: found.namespace.as_ref().map(AccessName::as_str),
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        at: format!("{:.0}", context.host.now()),
        private: private_names(context),
    };
    let path = context.host.current_dir.join(file);
    refuse_other_files(context, &path)?;
    atomic::write_private(&path, render(&heading, &found.rows).as_bytes())?;
    context.ui.status(&format!(
        "wrote {}; {MARK} replaces private values, but read it before you share it",
        context.host.shorten_home(&path)
    ));
    Ok(())
}

/// A file that is no report of ours stays as it is; a folder that is not there is a slip.
fn refuse_other_files(context: Context<'_>, path: &Path) -> Result<()> {
    let shown = context.host.shorten_home(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(Error::usage(format!("the directory of {shown} does not exist")));
    }
    match atomic::read_text(path)? {
        Some(text) if !text.is_empty() && !text.starts_with(TITLE) => {
            Err(Error::usage(format!("{shown} already exists and is not a report")).because("it would be overwritten"))
        }
        _ => Ok(()),
    }
}

/// The names by which the system knows the person and the machine.
fn private_names(context: Context<'_>) -> Vec<String> {
    let of_home = context.host.home.file_name().map(|name| name.to_string_lossy().into_owned());
    let variables = [env_vars::USER, env_vars::LOGNAME, env_vars::HOSTNAME].map(|name| context.host.env(name));
    variables.into_iter().flatten().map(str::to_owned).chain(of_home).collect()
}
