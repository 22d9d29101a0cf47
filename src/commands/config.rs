//! `config`: each setting with its value and where it came from; changing one.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::chain::Presence;
use crate::chain::access;
use crate::commands::Context;
use crate::disk::settings;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::model::settings::Flags;
use crate::ui::table;

/// Show each setting, its value, and where it came from; or change one.
///
/// A flag wins over an environment variable, that over nsaccess.toml in this folder or above, that over your own
/// config.toml, that over your organisation's, that over what ~/.aws/config has. nsaccess.toml counts only once you trust
/// it.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
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
        None => show(context),
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
        table(&["SETTING", "VALUE", "FROM"], &cells)
    })?;
    access::tell_untrusted(chain, None);
    Ok(())
}
