//! `nsaccess grant --presets`: what can be given, and the rules to paste.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::commands::Context;
use crate::error::{Error, Result};
use crate::model::grants::preset::{CLUSTER_ROLE_ADMIN, Preset};
use crate::model::kube::namespace::similar;
use crate::model::kube::policy_rule::PolicyRule;
use crate::ui::Format;

/// All presets, or the rules of one.
pub(crate) fn run(context: Context<'_>, name: Option<&str>) -> Result<()> {
    match name {
        None => list(context),
        Some(name) => show(context, find(name)?),
    }
}

fn list(context: Context<'_>) -> Result<()> {
    let presets: Vec<PresetDocument> = Preset::ALL.into_iter().map(document).collect();
    let names = Preset::ALL.map(|preset| preset.label().to_owned());
    context.ui.print_list(&presets, names, || {
        let row = |preset: Preset| vec![typed(preset), preset.description().to_owned()];
        context.ui.table(&["PRESET", "DESCRIPTION"], &Preset::ALL.map(row))
    })?;
    context.ui.hint("nsaccess grant --presets viewer   # shows its rules");
    Ok(())
}

fn show(context: Context<'_>, preset: Preset) -> Result<()> {
    let rules = json!({"rules": preset.rules()});
    let yaml = context.ui.render(Format::Yaml, &rules)?;
    context.ui.print_document(&document(preset), || {
        let head = format!("# {}: {}\n", typed(preset), preset.description());
        match preset {
            Preset::Admin => format!("{head}# Rules: kubectl get clusterrole {CLUSTER_ROLE_ADMIN} -o yaml\n"),
            _ => head + &yaml,
        }
    })
}

/// A preset
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PresetDocument {
    /// Its name
    preset: &'static str,
    /// What it allows
    description: &'static str,
    /// The rules of its Role
    rules: Vec<PolicyRule>,
    /// The ClusterRole that it binds instead of a Role
    cluster_role: Option<&'static str>,
}

fn document(preset: Preset) -> PresetDocument {
    let cluster_role = (preset == Preset::Admin).then_some(CLUSTER_ROLE_ADMIN);
    let (description, rules) = (preset.description(), preset.rules());
    PresetDocument { preset: preset.label(), description, rules, cluster_role }
}

/// With the flag that it takes.
fn typed(preset: Preset) -> String {
    match preset {
        Preset::Developer { with_secrets: true } => format!("{} --with-secrets", preset.name()),
        _ => preset.name().to_owned(),
    }
}

fn find(name: &str) -> Result<Preset> {
    Preset::ALL.into_iter().find(|preset| preset.label() == name).ok_or_else(|| {
        let labels = Preset::ALL.map(Preset::label);
        let error = Error::usage(format!("unknown preset {name:?}"))
            .because(format!("available presets: {}", labels.join(", ")));
        match similar(name, labels) {
            Some(meant) => error.try_next(format!("nsaccess grant --presets {meant}")),
            None => error.try_next("nsaccess grant --presets"),
        }
    })
}
