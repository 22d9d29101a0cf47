//! `secrets diff`: what the last change was.

use clap::Args;

use super::document::{ChangeDocument, ChangedValues, ComparedVersion, DiffDocument};
use super::{Place, named_or_chosen};
use crate::actions::secrets;
use crate::error::{Error, Kind, Result};
use crate::model::secrets::diff::{Difference, are_objects, differences};
use crate::model::secrets::{SecretValue, VersionSelector};
use crate::process::runtime;
use crate::secret::Secret;
use crate::ui::Ui;

/// What is compared, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Name of the secret; without one, you are asked on a terminal
    pub(crate) name: Option<String>,
    /// Also show the values, which are secret
    #[arg(long)]
    pub(crate) show_values: bool,
    /// Exit with 1 if there are changes, as diff does
    #[arg(long)]
    pub(crate) exit_code: bool,
}

pub(super) fn run(place: Place<'_>, args: &DiffArgs) -> Result<()> {
    let Place { context, chain, access, .. } = place;
    let name = named_or_chosen(place, "nsaccess secrets diff NAME", args.name.as_deref())?;
    let (previous, current) = (VersionSelector::stage("AWSPREVIOUS"), VersionSelector::stage("AWSCURRENT"));
    let (before, after) = runtime::run(async {
        let secrets = secrets::open(chain, access).await?;
        // The current one first: where both are missing, its error is the one that tells.
        let after = secrets.value(&name, &current).await?;
        Ok((secrets.value(&name, &previous).await?, after))
    })?;
    let found = differences(&before.value, &after.value);
    let keyed = are_objects(&before.value, &after.value);
    context.ui.print_document(&document(&name.relative, (&before, &after), keyed, &found, args.show_values), || {
        shown(place.context.ui, &found, args.show_values)
    })?;
    if found.is_empty() {
        context.ui.status(&format!("no changes in {} between AWSPREVIOUS and AWSCURRENT", name.relative));
    }
    if args.exit_code && !found.is_empty() { Err(Error::new(Kind::No, "the versions differ")) } else { Ok(()) }
}

fn document<'a>(
    name: &'a str,
    (before, after): (&SecretValue, &SecretValue),
    keyed: bool,
    found: &'a [Difference],
    values: bool,
) -> DiffDocument<'a> {
    let change = |difference: &'a Difference| ChangeDocument {
        key: difference.key.as_deref(),
        change: difference.change.name(),
        values: values.then(|| ChangedValues {
            before: difference.before.as_ref().map(|value| value.expose().as_str()),
            after: difference.after.as_ref().map(|value| value.expose().as_str()),
        }),
    };
    DiffDocument {
        name,
        before: ComparedVersion::of("AWSPREVIOUS", before),
        after: ComparedVersion::of("AWSCURRENT", after),
        compared: if keyed { "keys" } else { "whole" },
        changes: found.iter().map(change).collect(),
    }
}

fn shown(ui: &Ui, found: &[Difference], values: bool) -> String {
    if found.is_empty() {
        return String::new();
    }
    let cell =
        |value: &Option<Secret<String>>| value.as_ref().map_or_else(|| "-".to_owned(), |value| value.expose().clone());
    let row = |difference: &Difference| {
        let key = difference.key.as_deref().unwrap_or("(whole value)").to_owned();
        let mut row = vec![key, difference.change.name().to_owned()];
        if values {
            row.extend([cell(&difference.before), cell(&difference.after)]);
        }
        row
    };
    let headings: &[&str] = if values { &["KEY", "CHANGE", "BEFORE", "AFTER"] } else { &["KEY", "CHANGE"] };
    ui.table(headings, &found.iter().map(row).collect::<Vec<_>>())
}
