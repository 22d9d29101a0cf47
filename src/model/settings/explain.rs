//! Why a setting has its value: the places in the order in which they win, and what each says.

use std::fmt;

use aws_config_edit::AwsConfig;

use super::resolve::{Flags, Sources};
use super::{Origin, keys};
use crate::env_vars;

/// The variables that are settings.
pub(crate) const VARIABLES: [&str; 8] = [
    env_vars::NSACCESS_START_URL,
    env_vars::NSACCESS_SSO_REGION,
    env_vars::NSACCESS_REGIONS,
    env_vars::NSACCESS_FLOW,
    env_vars::NSACCESS_ACCOUNT,
    env_vars::NSACCESS_ROLE,
    env_vars::NSACCESS_CLUSTER,
    env_vars::NSACCESS_REGION,
];

/// A file or variable that settings can come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: String,
    /// Whose it is.
    pub(crate) of: &'static str,
    pub(crate) state: PlaceState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlaceState {
    /// A file that counts.
    Read,
    /// A variable that counts.
    Set,
    Absent,
    /// With what it asks for.
    NotTrusted(String),
    /// Why.
    NotRead(String),
}

impl PlaceState {
    /// The name in `-o json`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            PlaceState::Read => "read",
            PlaceState::Set => "set",
            PlaceState::Absent => "absent",
            PlaceState::NotTrusted(_) => "not_trusted",
            PlaceState::NotRead(_) => "not_read",
        }
    }

    pub(crate) fn why(&self) -> Option<&str> {
        match self {
            PlaceState::NotTrusted(why) | PlaceState::NotRead(why) => Some(why),
            _ => None,
        }
    }
}

impl fmt::Display for PlaceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlaceState::Read => f.write_str("read"),
            PlaceState::Set => f.write_str("set"),
            PlaceState::Absent => f.write_str("not found"),
            PlaceState::NotTrusted(asks) => write!(f, "not trusted, so these settings are ignored: {asks}"),
            PlaceState::NotRead(why) => write!(f, "not read: {why}"),
        }
    }
}

/// A setting with all that is said of it: the first value counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explained {
    pub(crate) setting: String,
    pub(crate) values: Vec<(String, Origin)>,
}

impl Sources<'_> {
    /// All settings with the values that count, and those that would if the stronger ones were not there.
    ///
    /// # Errors
    /// As [`Sources::resolve`].
    pub(crate) fn explain(&self) -> Result<Vec<Explained>, String> {
        let (flags, aws) = (Flags::default(), AwsConfig::default());
        // One place after the other is taken away, the strongest first.
        let typed = Sources { flags: &flags, env: &|_| None, ..*self };
        let project = Sources { project: None, ..typed };
        let user = Sources { user: None, ..project };
        let organisation = Sources { organisation: None, ..user };
        let nothing = Sources { aws: &aws, ..organisation };
        let mut found: Vec<Explained> = Vec::new();
        for sources in [*self, typed, project, user, organisation, nothing] {
            for (setting, value, origin) in sources.resolve()?.rows() {
                add(&mut found, setting, value, origin);
            }
        }
        Ok(found)
    }
}

fn add(found: &mut Vec<Explained>, setting: String, value: String, origin: Origin) {
    let Some(explained) = found.iter_mut().find(|explained| explained.setting == setting) else {
        found.push(Explained { setting, values: vec![(value, origin)] });
        return;
    };
    let is_new = explained.values.iter().all(|(_, known)| *known != origin);
    // That there is no value by default is nothing to beat.
    if is_new && !value.is_empty() {
        explained.values.push((value, origin));
    }
}

/// Only the setting of this name, or those of the table.
///
/// # Errors
/// Words about a name that no setting has.
pub(crate) fn only(found: Vec<Explained>, name: &str) -> Result<Vec<Explained>, String> {
    let below = format!("{name}.");
    let mut wanted = found;
    wanted.retain(|explained| explained.setting == name || explained.setting.starts_with(&below));
    if wanted.is_empty() {
        keys::check_key(name)?;
        wanted.push(Explained { setting: name.to_owned(), values: vec![(String::new(), Origin::Default)] });
    }
    Ok(wanted)
}
