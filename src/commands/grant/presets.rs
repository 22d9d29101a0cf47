//! `nsaccess grant --presets`: what can be given, and the rules to paste.

use serde_json::{Value, json};

use crate::commands::Context;
use crate::error::{Error, Result};
use crate::model::grants::preset::{CLUSTER_ROLE_ADMIN, Preset};
use crate::model::kube::namespace::similar;
use crate::ui::Format;

/// All presets, or the rules of one.
pub(crate) fn run(context: Context<'_>, name: Option<&str>) -> Result<()> {
    match name {
        None => list(context),
        Some(name) => show(context, find(name)?),
    }
}

fn list(context: Context<'_>) -> Result<()> {
    let presets: Vec<Value> = Preset::ALL.into_iter().map(document).collect();
    context.ui.print_document(&Value::Array(presets), || {
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

fn document(preset: Preset) -> Value {
    let mut document = json!({"preset": preset.label(), "description": preset.description(), "rules": preset.rules()});
    if preset == Preset::Admin {
        document["cluster_role"] = json!(CLUSTER_ROLE_ADMIN);
    }
    document
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
