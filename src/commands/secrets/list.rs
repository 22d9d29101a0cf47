//! `secrets list`: names and facts, no values.

use clap::Args;
use serde_json::json;

use super::{Place, day, time, value};
use crate::actions::secrets;
use crate::error::Result;
use crate::model::secrets::{Prefix, SecretMetadata};
use crate::process::runtime;
use crate::screen;

/// What is listed.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Include the account's other secrets, of which you can only see the names
    #[arg(long)]
    pub(crate) all: bool,
}

pub(super) fn run(place: Place<'_>, args: &ListArgs) -> Result<()> {
    let Place { context, chain, access } = place;
    let (found, prefix, region) = runtime::run(async {
        let secrets = secrets::open(chain, access).await?;
        let found = secrets.list(args.all).await?;
        Ok((found, secrets.prefix.clone(), secrets.region.clone()))
    })?;
    let values: Vec<_> = found.iter().map(|facts| value(facts, &prefix)).collect();
    context.ui.print_document(&json!(values), || {
        let is_marked = found.iter().any(|facts| !state(facts, &prefix).is_empty());
        let mut headings = vec!["NAME", "DESCRIPTION", "LAST CHANGED", "LAST ACCESSED", "ROTATION", "VERSIONS"];
        headings.extend(is_marked.then_some("STATE"));
        let row = |facts: &SecretMetadata| {
            vec![
                prefix.display_name(&facts.name).to_owned(),
                facts.description.as_deref().map_or_else(|| "-".to_owned(), shortened),
                time(context, facts.changed_at),
                day(facts.accessed_at),
                facts.rotation.summary(),
                facts.versions.len().to_string(),
                state(facts, &prefix).to_owned(),
            ]
        };
        place.context.ui.table(&headings, &found.iter().map(row).collect::<Vec<_>>())
    })?;
    if found.is_empty() {
        context.ui.status(&format!("no secrets below {} in {region}", prefix.as_str()));
        context.hint("nsaccess secrets list --all   # all secrets of the account");
    }
    Ok(())
}

fn state(facts: &SecretMetadata, prefix: &Prefix) -> &'static str {
    match (prefix.covers(&facts.name), facts.deleted_at) {
        (false, _) => "no access",
        (true, Some(_)) => "pending deletion",
        (true, None) => "",
    }
}

/// Descriptions have up to 2048 characters; a line of a table has room for a few.
fn shortened(description: &str) -> String {
    const ROOM: usize = 40;
    let line = screen::one_line(description);
    if line.chars().count() <= ROOM {
        return line.into_owned();
    }
    format!("{}…", line.chars().take(ROOM - 1).collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_fits_its_column() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened("two\nlines"), "two\\nlines");
        let long = shortened(&"ä".repeat(50));
        assert!(long.chars().count() == 40 && long.ends_with('…'), "{long}");
    }
}
