//! `secrets versions`: which versions a secret has.

use clap::Args;

use super::document::VersionDocument;
use super::{Place, day, named_or_chosen, time};
use crate::actions::secrets;
use crate::error::Result;
use crate::model::secrets::Version;
use crate::process::runtime;
use crate::ui::joined_or_dash;

/// Whose versions.
#[derive(Debug, Args)]
pub(crate) struct VersionsArgs {
    /// Name of the secret; without one, you are asked on a terminal
    pub(crate) name: Option<String>,
}

pub(super) fn run(place: Place<'_>, args: &VersionsArgs) -> Result<()> {
    let Place { context, chain, access, .. } = place;
    let name = named_or_chosen(place, "nsaccess secrets versions NAME", args.name.as_deref())?;
    let versions = runtime::run(async { secrets::open(chain, access).await?.versions(&name).await })?;
    let document: Vec<_> = versions.iter().map(VersionDocument::of).collect();
    context.ui.print_document(&document, || {
        let is_wide = context.ui.is_wide();
        let row = |version: &Version| {
            let stages = joined_or_dash(&version.stages, ",");
            let mut row = vec![version.id.clone(), stages, time(context, version.created_at)];
            row.extend(is_wide.then(|| day(version.accessed_at)));
            row
        };
        let mut headings = vec!["VERSION", "STAGES", "CREATED"];
        headings.extend(is_wide.then_some("LAST ACCESSED"));
        context.ui.table(&headings, &versions.iter().map(row).collect::<Vec<_>>())
    })
}
