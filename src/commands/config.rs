//! `config`: each setting with its value and where it came from; changing one.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::Presence;
use crate::chain::access;
use crate::commands::Context;
use crate::disk::aws_config;
use crate::disk::settings::{self, SettingsFiles};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::model::settings::{Explained, Flags, Origin, UntrustedProject, only_explained};
use crate::ui::or_dash;

/// Show each setting, its value and where it comes from; or change one.
///
/// In order of precedence: flags, environment variables, nsaccess.toml in this folder or above, your config.toml, your
/// organisation's, ~/.aws/config. nsaccess.toml is ignored until you trust it.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Show every source of settings, and the values that each setting overrides; or those of one setting
    #[arg(long, value_name = "SETTING", num_args = 0..=1, default_missing_value = "", hide_default_value = true)]
    pub(crate) explain: Option<String>,
    /// What to do; without it, show
    #[command(subcommand)]
    pub(crate) action: Option<ConfigAction>,
}

/// What can be done with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Set a value in your config.toml
    ///
    /// Like: nsaccess config set namespace.idp-dev.cluster demo
    Set {
        /// Setting, as `nsaccess config` names it
        key: String,
        /// New value; commas separate those of a list
        value: String,
    },
    /// Remove a value from your config.toml
    Unset {
        /// Setting, as `nsaccess config` names it
        key: String,
    },
    /// Trust a project's nsaccess.toml, and show what it sets
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
            let (path, was_set) = settings::unset(host, key)?;
            let shown = host.shorten_home(&path);
            match was_set {
                true => context.ui.status(&format!("removed {key} from {shown}")),
                false => context.ui.status(&format!("{key} was not set in {shown}")),
            }
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
    context.ui.status(&format!("trusted {} as it is now; in its folder and below, it sets:", host.shorten_home(&path)));
    if decides.is_empty() {
        context.ui.status("  nothing");
    }
    decides.iter().for_each(|(key, value)| context.ui.status(&format!("  {key} = {value}")));
    if context.ui.is_table() {
        return Ok(());
    }
    let settings = decides.into_iter().map(|(setting, value)| TrustedSetting { setting, value }).collect();
    context.ui.print_document(&TrustDocument { file: path, settings }, String::new)
}

fn nearest(host: &Host) -> Result<PathBuf> {
    let (path, foreign) = settings::project_path(host)?;
    match (path, foreign.first()) {
        (Some(path), _) => Ok(path),
        (None, Some(file)) => Err(settings::foreign_error(host, file)),
        (None, None) => Err(Error::new(Kind::NotFound, "no nsaccess.toml in this folder or above")
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
    let document = ExplanationDocument {
        places: places
            .iter()
            .map(|place| PlaceDocument {
                place: place.name.clone(),
                of: place.of,
                state: place.state.name(),
                why: place.state.why().map(str::to_owned),
            })
            .collect(),
        settings: wanted.iter().map(ExplainedDocument::of).collect(),
    };
    context.ui.print_document(&document, || {
        let rows: Vec<Vec<String>> =
            places.iter().map(|place| vec![place.name.clone(), place.of.to_owned(), place.state.to_string()]).collect();
        let mut lines = Vec::new();
        for explained in &wanted {
            for (index, (value, origin)) in explained.values.iter().enumerate() {
                let value = if value.is_empty() { "-" } else { value };
                let name = if index == 0 { explained.setting.as_str() } else { "  overrides" };
                lines.push(vec![name.to_owned(), value.to_owned(), in_words(host, origin)]);
            }
        }
        let order = context.ui.table(&["PLACE", "OF", "STATE"], &rows);
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
    let documents: Vec<SettingDocument> =
        rows.iter().map(|(setting, value, origin)| SettingDocument::of(setting, value, origin)).collect();
    context.ui.print_document(&documents, || {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                vec![
                    row.0.clone(),
                    or_dash(Some(row.1.as_str()).filter(|value| !value.is_empty())),
                    in_words(context.host, &row.2),
                ]
            })
            .collect();
        context.ui.table(&["SETTING", "VALUE", "FROM"], &cells)
    })?;
    access::tell_untrusted(chain, None);
    Ok(())
}

/// Where a value comes from, for a table.
fn in_words(host: &Host, origin: &Origin) -> String {
    match origin {
        Origin::Project(path) | Origin::User(path) | Origin::Organisation(path) => host.shorten_home(path),
        other => other.to_string(),
    }
}

/// A setting.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SettingDocument {
    /// Its name
    setting: String,
    /// Its value; commas separate those of a list
    value: Option<String>,
    /// Where the value comes from
    from: String,
}

impl SettingDocument {
    fn of(setting: &str, value: &str, origin: &Origin) -> Self {
        let value = Some(value).filter(|value| !value.is_empty()).map(str::to_owned);
        SettingDocument { setting: setting.to_owned(), value, from: origin.to_string() }
    }
}

/// Where settings come from.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ExplanationDocument {
    /// Every source of settings, in order of precedence
    places: Vec<PlaceDocument>,
    /// The settings
    settings: Vec<ExplainedDocument>,
}

/// A source of settings.
#[derive(Debug, Serialize, JsonSchema)]
struct PlaceDocument {
    /// A file or a variable
    place: String,
    /// `environment`, `project`, `you`, `organisation` or `AWS CLI`
    of: &'static str,
    /// `read`, `set`, `absent`, `not_trusted` or `not_read`
    state: &'static str,
    /// Why it is ignored
    why: Option<String>,
}

/// A setting, with what its value overrides.
#[derive(Debug, Serialize, JsonSchema)]
struct ExplainedDocument {
    /// The setting and its value
    #[serde(flatten)]
    effective: SettingDocument,
    /// The values of weaker sources
    overrides: Vec<OverriddenDocument>,
}

/// A value that does not count.
#[derive(Debug, Serialize, JsonSchema)]
struct OverriddenDocument {
    /// The value
    value: String,
    /// Where it comes from
    from: String,
}

impl ExplainedDocument {
    fn of(explained: &Explained) -> Self {
        let mut values = explained.values.iter();
        let effective = values.next().map(|(value, origin)| SettingDocument::of(&explained.setting, value, origin));
        let nothing = || SettingDocument::of(&explained.setting, "", &Origin::Default);
        let overridden =
            |(value, origin): &(String, Origin)| OverriddenDocument { value: value.clone(), from: origin.to_string() };
        ExplainedDocument { effective: effective.unwrap_or_else(nothing), overrides: values.map(overridden).collect() }
    }
}

/// A project's file that is now trusted.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TrustDocument {
    /// The file
    file: PathBuf,
    /// What it sets in its folder and below
    settings: Vec<TrustedSetting>,
}

/// A setting of such a file.
#[derive(Debug, Serialize, JsonSchema)]
struct TrustedSetting {
    /// Its name
    setting: String,
    /// Its value
    value: String,
}
