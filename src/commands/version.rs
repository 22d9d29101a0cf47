//! `version`: which build this is.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::Context;
use crate::error::Result;
use crate::ui::or_dash;

/// Which build this is.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct VersionDocument {
    /// Version
    version: &'static str,
    /// Commit that it was built from, if that is known
    commit: Option<&'static str>,
    /// System that it was built for, like `x86_64-unknown-linux-gnu`
    target: &'static str,
}

/// Runs the verb.
///
/// # Errors
/// When the reader of standard output is gone.
pub(crate) fn run(context: Context<'_>) -> Result<()> {
    let document = VersionDocument {
        version: env!("CARGO_PKG_VERSION"),
        commit: Some(env!("NSACCESS_COMMIT")).filter(|commit| !commit.is_empty()),
        target: env!("NSACCESS_TARGET"),
    };
    let VersionDocument { version, commit, target } = &document;
    context
        .ui
        .print_document(&document, || format!("Version  {version}\nCommit   {}\nTarget   {target}\n", or_dash(*commit)))
}
