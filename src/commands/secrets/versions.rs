//! `secrets versions`: which versions a secret has.

use clap::Args;
use serde_json::json;

use super::{Place, day, time};
use crate::actions::secrets;
use crate::error::Result;
use crate::model::secrets::Version;
use crate::process::runtime;

/// Whose versions.
#[derive(Debug, Args)]
pub(crate) struct VersionsArgs {
    /// Name of the secret
    pub(crate) name: String,
}

pub(super) fn run(place: Place<'_>, args: &VersionsArgs) -> Result<()> {
    let Place { context, chain, access } = place;
    let name = secrets::secret_name(chain, access, &args.name)?;
    let versions = runtime::run(async { secrets::open(chain, access).await?.versions(&name).await })?;
    let value = |version: &Version| json!({"id": version.id, "stages": version.stages, "created_at": version.created_at, "accessed_at": version.accessed_at});
    context.ui.print_document(&json!(versions.iter().map(value).collect::<Vec<_>>()), || {
        let row = |version: &Version| {
            let stages = if version.stages.is_empty() { "-".to_owned() } else { version.stages.join(",") };
            vec![version.id.clone(), stages, time(context, version.created_at), day(version.accessed_at)]
        };
        place
            .context
            .ui
            .table(&["VERSION", "STAGES", "CREATED", "LAST ACCESSED"], &versions.iter().map(row).collect::<Vec<_>>())
    })
}
