//! `config`: each setting with its value and where it came from; changing one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::access::{Access, Presence};
use crate::commands::Context;
use crate::error::{Error, Kind, Result};
use crate::model::settings::Flags;
use crate::ui::table;

/// Show each setting, its value, and where it came from; or change one.
///
/// A flag wins over an environment variable, that over nsaccess.toml in this folder or above, that over your own
/// config.toml, that over what ~/.aws/config has.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do; without it, show.
    #[command(subcommand)]
    pub action: Option<ConfigAction>,
}

/// What can be done with settings.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
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
    /// Trust a project's nsaccess.toml, as it is now, to name where you sign in
    Trust {
        /// The file [default: the nearest one above this folder]
        file: Option<PathBuf>,
    },
}

/// Runs the verb.
///
/// # Errors
/// When a settings file cannot be read or changed.
pub fn run(context: Context<'_>, args: &ConfigArgs) -> Result<()> {
    let host = context.host;
    match &args.action {
        None => show(context),
        Some(ConfigAction::Set { key, value }) => {
            let path = crate::disk::settings::set(host, &[(key, value)])?;
            context.ui.status(&format!("set {key} in {}", host.shorten_home(&path)));
            Ok(())
        }
        Some(ConfigAction::Unset { key }) => {
            let path = crate::disk::settings::unset(host, key)?;
            context.ui.status(&format!("removed {key} from {}", host.shorten_home(&path)));
            Ok(())
        }
        Some(ConfigAction::Trust { file }) => {
            let nearest = || crate::disk::settings::project_path(host);
            let path = file.clone().or_else(nearest).ok_or_else(|| {
                Error::new(Kind::NotFound, "there is no nsaccess.toml in this folder or above")
                    .try_next("nsaccess config trust FILE")
            })?;
            crate::disk::settings::trust(host, &path)?;
            context.ui.status(&format!("{} is trusted, as it is now", host.shorten_home(&path)));
            Ok(())
        }
    }
}

fn show(context: Context<'_>) -> Result<()> {
    let access = Access::open(context.host, context.ui, &Flags::default(), Presence::Nobody)?;
    let rows = access.settings.rows();
    let value = rows.iter().map(|row| json!({"setting": row.0, "value": row.1, "from": row.2.to_string()}));
    context.ui.document(&json!(value.collect::<Vec<_>>()), || {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                vec![row.0.clone(), if row.1.is_empty() { "-".to_owned() } else { row.1.clone() }, row.2.to_string()]
            })
            .collect();
        table(&["SETTING", "VALUE", "FROM"], &cells)
    })?;
    if let Some(project) = &access.settings.untrusted_project {
        context.ui.warning(&format!(
            "{} names where to sign in ({}), which does not count until you trust the file",
            project.path.display(),
            project.start_url.as_deref().unwrap_or("-")
        ));
        context.ui.hint(&format!("nsaccess config trust {}", project.path.display()));
    }
    Ok(())
}
