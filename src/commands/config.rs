//! `config`: each setting with its value and where it came from; changing one.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::chain::Presence;
use crate::chain::access;
use crate::commands::Context;
use crate::disk::aws_config;
use crate::disk::settings::{self, SettingsFiles};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::model::settings::{Flags, Origin, UntrustedProject, only_explained};

/// Show each setting, its value, and where it came from; or change one.
///
/// A flag wins over an environment variable, that over nsaccess.toml in this folder or above, that over your own
/// config.toml, that over your organisation's, that over what ~/.aws/config has. nsaccess.toml counts only once you trust
/// it.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Show every place that settings come from, and what each setting's value beats; or those of one setting
    #[arg(long, value_name = "SETTING", num_args = 0..=1, default_missing_value = "", hide_default_value = true)]
    pub(crate) explain: Option<String>,
    /// What to do; without it, show.
    #[command(subcommand)]
    pub(crate) action: Option<ConfigAction>,
}

/// What can be done with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Set a value in your config.toml, like: nsaccess config set namespace.idp-dev.cluster demo
    Set {
        /// Setting, as `nsaccess config` names it
        key: String,
        /// New value; a list's are separated by commas
        value: String,
    },
    /// Remove a value from your config.toml
    Unset {
        /// Setting, as `nsaccess config` names it
        key: String,
    },
    /// Trust a project's nsaccess.toml, as it is now, and show what it decides
    Trust {
        /// The file [default: the nearest one above this folder]
        file: Option<PathBuf>,
    },
}

/// Runs the verb.
///
/// # Errors
/// When a settings file cannot be read or changed.
pub(crate) fn run(context: Context<'_>, args: &ConfigArgs) -> Result<()> {
    let host = context.host;
    match &args.action {
        None => match &args.explain {
            Some(setting) => explain(context, setting),
            None => show(context),
        },
        Some(ConfigAction::Set { key, value }) => {
            let path = settings::set(host, &[(key, value)])?;
            context.ui.status(&format!("set {key} in {}", host.shorten_home(&path)));
            Ok(())
        }
        Some(ConfigAction::Unset { key }) => {
            let path = settings::unset(host, key)?;
            context.ui.status(&format!("removed {key} from {}", host.shorten_home(&path)));
            Ok(())
        }
        Some(ConfigAction::Trust { file }) => trust(context, file.as_deref()),
    }
}

fn trust(context: Context<'_>, file: Option<&Path>) -> Result<()> {
    let host = context.host;
    let path = match file {
        Some(file) => file.to_owned(),
        None => nearest(host)?,
    };
    let decides = settings::trust(host, &path)?.settings_that_need_trust();
    context
        .ui
        .status(&format!("{} is trusted, as it is now; in its folder and below it decides:", host.shorten_home(&path)));
    if decides.is_empty() {
        context.ui.status("  nothing");
    }
    decides.iter().for_each(|(key, value)| context.ui.status(&format!("  {key} = {value}")));
    if context.ui.is_table() {
        return Ok(());
    }
    let values: serde_json::Map<_, _> = decides.into_iter().map(|(key, value)| (key, json!(value))).collect();
    context.ui.print_document(&json!({"file": path, "decides": values}), String::new)
}

fn nearest(host: &Host) -> Result<PathBuf> {
    let (path, foreign) = settings::project_path(host)?;
    match (path, foreign.first()) {
        (Some(path), _) => Ok(path),
        (None, Some(file)) => Err(settings::foreign_error(host, file)),
        (None, None) => Err(Error::new(Kind::NotFound, "there is no nsaccess.toml in this folder or above")
            .try_next("nsaccess config trust FILE")),
    }
}

fn explain(context: Context<'_>, setting: &str) -> Result<()> {
    let host = context.host;
    let aws = aws_config::read(host)?;
    let files = SettingsFiles::read(host)?;
    let flags = Flags::default();
    let (settings, all) = files.ask(host, &flags, &aws, |sources| Ok((sources.resolve()?, sources.explain()?)))?;
    let untrusted = settings.untrusted_project.as_ref();
    let places = files.places(host, untrusted.map(UntrustedProject::summary));
    let wanted = match setting {
        "" => all,
        name => only_explained(all, name).map_err(|why| Error::usage(why).try_next("nsaccess config --explain"))?,
    };
    let from = |origin: &Origin| match origin {
        Origin::Project(path) | Origin::User(path) | Origin::Organisation(path) => host.shorten_home(path),
        other => other.to_string(),
    };
    let value = json!({
        "places": places.iter().map(|place| json!({
            "place": place.name, "of": place.of, "state": place.state.name(), "why": place.state.why(),
        })).collect::<Vec<_>>(),
        "settings": wanted.iter().map(|explained| {
            let mut values = explained.values.iter().map(|(value, origin)| json!({"value": value, "from": from(origin)}));
            let mut row = values.next().unwrap_or_default();
            row["setting"] = json!(explained.setting);
            row["beats"] = json!(values.collect::<Vec<_>>());
            row
        }).collect::<Vec<_>>(),
    });
    context.ui.print_document(&value, || {
        let rows: Vec<Vec<String>> =
            places.iter().map(|place| vec![place.name.clone(), place.of.to_owned(), place.state.to_string()]).collect();
        let mut lines = Vec::new();
        for explained in &wanted {
            for (index, (value, origin)) in explained.values.iter().enumerate() {
                let value = if value.is_empty() { "-" } else { value };
                let name = if index == 0 { explained.setting.as_str() } else { "  beats" };
                lines.push(vec![name.to_owned(), value.to_owned(), from(origin)]);
            }
        }
        let order = context.ui.table(&["PLACE, THE STRONGEST FIRST", "OF", "STATE"], &rows);
        format!("{order}\n{}", context.ui.table(&["SETTING", "VALUE", "FROM"], &lines))
    })?;
    for warning in &files.warnings {
        context.ui.warning(&warning.text);
        warning.command.iter().for_each(|command| context.ui.hint(command));
    }
    untrusted.iter().for_each(|project| context.ui.hint(&project.trust_command()));
    Ok(())
}

fn show(context: Context<'_>) -> Result<()> {
    let chain = &context.open_for(&Flags::default(), Presence::Nobody)?;
    let rows = chain.settings.rows();
    let value = rows.iter().map(|row| json!({"setting": row.0, "value": row.1, "from": row.2.to_string()}));
    context.ui.print_document(&json!(value.collect::<Vec<_>>()), || {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                vec![row.0.clone(), if row.1.is_empty() { "-".to_owned() } else { row.1.clone() }, row.2.to_string()]
            })
            .collect();
        context.ui.table(&["SETTING", "VALUE", "FROM"], &cells)
    })?;
    access::tell_untrusted(chain, None);
    Ok(())
}
