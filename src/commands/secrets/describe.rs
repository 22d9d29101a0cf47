//! `secrets describe`: a secret's metadata.

use clap::Args;

use super::document::SecretDocument;
use super::{Place, day, named_or_chosen, time};
use crate::actions::secrets;
use crate::commands::Context;
use crate::error::Result;
use crate::model::secrets::SecretMetadata;
use crate::process::runtime;
use crate::screen;
use crate::ui::or_dash;

/// What is described.
#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// Name of the secret; without one, you are asked on a terminal
    pub(crate) name: Option<String>,
}

pub(super) fn run(place: Place<'_>, args: &DescribeArgs) -> Result<()> {
    let Place { context, chain, access, .. } = place;
    let name = named_or_chosen(place, "nsaccess secrets describe NAME", args.name.as_deref())?;
    let facts = runtime::run(async { secrets::open(chain, access).await?.describe(&name).await })?;
    let prefix = secrets::prefix(chain, access);
    context.ui.print_document(&SecretDocument::of(&facts, &prefix), || shown(context, &facts))
}

fn shown(context: Context<'_>, facts: &SecretMetadata) -> String {
    let mut lines = vec![
        ("Name", facts.name.clone()),
        ("ARN", facts.arn.clone()),
        ("Description", or_dash(facts.description.as_deref())),
        ("KMS key", facts.kms_key.clone().unwrap_or_else(|| "aws/secretsmanager".to_owned())),
        ("Created", time(context, facts.created_at)),
        ("Last changed", time(context, facts.changed_at)),
        ("Last accessed", day(facts.accessed_at)),
        ("Rotation", facts.rotation.summary()),
    ];
    if facts.rotation.enabled {
        lines.push((
            "  last, next",
            format!("{}, {}", time(context, facts.rotation.last_at), time(context, facts.rotation.next_at)),
        ));
        lines.push(("  by", or_dash(facts.rotation.lambda.as_deref())));
    }
    lines.extend(facts.deleted_at.map(|at| ("Deletion", format!("scheduled; {}", time(context, Some(at))))));
    lines.extend(facts.owning_service.clone().map(|service| ("Managed by", service)));
    lines.extend(facts.primary_region.clone().map(|region| ("Replica of", region)));
    let versions = facts.versions.iter().map(|(id, stages)| ("Version", format!("{id}  {}", stages.join(","))));
    lines.extend(versions);
    lines.extend(facts.tags.iter().map(|(key, value)| ("Tag", format!("{key}={value}"))));
    lines.iter().map(|(label, text)| format!("{label:<14} {}\n", screen::one_line(text))).collect()
}
