//! `secrets list`: names and facts, no values.

use clap::Args;

use super::document::SecretDocument;
use super::{Place, day, time};
use crate::actions::secrets;
use crate::commands::Context;
use crate::error::Result;
use crate::model::secrets::{Prefix, SecretMetadata};
use crate::process::runtime;
use crate::ui::or_dash;

/// What is listed.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Include the account's other secrets, of which you can only see the names
    #[arg(long)]
    pub(crate) all: bool,
}

pub(super) fn run(place: Place<'_>, args: &ListArgs) -> Result<()> {
    let Place { context, chain, access, .. } = place;
    let (found, prefix, region) = runtime::run(async {
        let secrets = secrets::open(chain, access).await?;
        let found = secrets.list(args.all).await?;
        Ok((found, secrets.prefix.clone(), secrets.region.clone()))
    })?;
    let document: Vec<_> = found.iter().map(|facts| SecretDocument::of(facts, &prefix)).collect();
    let names = found.iter().map(|facts| prefix.display_name(&facts.name).to_owned());
    context.ui.print_list(&document, names, || shown(context, &found, &prefix))?;
    if found.is_empty() {
        let below = if args.all { String::new() } else { format!(" below {}", prefix.as_str()) };
        context.ui.status(&format!("no secrets{below} in {region}"));
        if !args.all {
            context.hint(&format!("{}   # all secrets of the account", place.list_all()));
        }
    }
    Ok(())
}

fn shown(context: Context<'_>, found: &[SecretMetadata], prefix: &Prefix) -> String {
    let is_wide = context.ui.is_wide();
    let mut headings = vec!["NAME", "LAST CHANGED"];
    headings.extend(is_wide.then_some(["LAST ACCESSED", "ROTATION", "VERSIONS"]).into_iter().flatten());
    headings.extend(["STATE", "DESCRIPTION"]);
    let row = |facts: &SecretMetadata| {
        let mut row = vec![prefix.display_name(&facts.name).to_owned(), time(context, facts.changed_at)];
        if is_wide {
            row.extend([day(facts.accessed_at), facts.rotation.summary(), facts.versions.len().to_string()]);
        }
        row.extend([state(facts, prefix).to_owned(), or_dash(facts.description.as_deref())]);
        row
    };
    context.ui.table(&headings, &found.iter().map(row).collect::<Vec<_>>())
}

fn state(facts: &SecretMetadata, prefix: &Prefix) -> &'static str {
    match (prefix.covers(&facts.name), facts.deleted_at) {
        (false, _) => "no access",
        (true, Some(_)) => "pending deletion",
        (true, None) => "-",
    }
}
