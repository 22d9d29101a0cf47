//! Settings: where each value comes from, and which one wins.
//!
//! Flag > environment > project file > user file > the organisation's file > `~/.aws/config` > built-in default. A project
//! file counts only once a person trusts it.

mod check;
mod edit;
mod explain;
mod file;
mod folder;
mod keys;
pub(crate) mod pattern;
mod permission_sets;
mod pins;
mod project;
#[cfg(test)]
mod properties;
mod request_url;
mod resolve;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::model::aws::target::Assignment;

pub(crate) use check::{
    account as check_account, cluster as check_cluster, region as check_region, role as check_role,
    role_arn as check_role_arn, start_url as check_start_url,
};
pub(crate) use edit::{set, unset};
pub(crate) use explain::{Explained, Place, PlaceState, VARIABLES, only as only_explained};
pub(crate) use file::{FileProblem, OwnFile, ProjectFile, parse_own, parse_project};
pub(crate) use folder::namespace_from_folder;
pub(crate) use keys::user_keys;
pub(crate) use pattern::Pattern;
pub(crate) use permission_sets::PermissionSets;
pub(crate) use pins::Pins;
pub(crate) use project::UntrustedProject;
pub(crate) use request_url::RequestUrl;
pub(crate) use resolve::{AWS_CONFIGURATION, Flags, Project, Sources};
pub(crate) use trust::Trusted;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Environment(&'static str),
    /// A project's file.
    Project(PathBuf),
    /// The user's file.
    User(PathBuf),
    /// The organisation's file on this machine.
    Organisation(PathBuf),
    AwsConfig {
        /// The section's header.
        section: String,
    },
    Default,
}

impl Origin {
    /// Whether it applies only to this run, terminal or folder. What it decides must not be used elsewhere.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Origin::Flag(_) | Origin::Environment(_) | Origin::Project(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => write!(f, "flag {name}"),
            Origin::Environment(name) => write!(f, "environment variable {name}"),
            Origin::Project(path) | Origin::User(path) | Origin::Organisation(path) => {
                write!(f, "{}", path.display())
            }
            Origin::AwsConfig { section } => write!(f, "[{section}] in the AWS configuration"),
            Origin::Default => f.write_str("built in"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Sourced<T> {
    pub(crate) fn new(value: T, origin: Origin) -> Self {
        Sourced { value, origin }
    }
}

/// What is wrong with a settings file, so that a part of it or all of it does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    pub(crate) text: String,
    /// The command that repairs it.
    pub(crate) command: Option<String>,
}

impl From<String> for Warning {
    fn from(text: String) -> Self {
        Warning { text, command: None }
    }
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Flow {
    /// A code that is confirmed in any browser, also on another machine.
    #[default]
    Device,
    /// A browser on this machine, which redirects back to us.
    Browser,
}

impl Flow {
    /// The name in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Flow::Device => "device",
            Flow::Browser => "browser",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Flow::Device, Flow::Browser].into_iter().find(|flow| flow.name() == name)
    }
}

/// Pins from one source, for one access or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PinLayer {
    access: Option<String>,
    pins: Pins,
}

/// The effective settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) start_url: Option<Sourced<String>>,
    /// Identity Center's region.
    pub(crate) sso_region: Option<Sourced<String>>,
    /// Where to look for clusters; by default in Identity Center's region.
    pub(crate) regions: Sourced<Vec<String>>,
    pub(crate) flow: Sourced<Flow>,
    pub(crate) permission_sets: Sourced<PermissionSets>,
    pub(crate) context_pattern: Sourced<Pattern>,
    pub(crate) secrets_prefix: Sourced<Pattern>,
    /// Names of production namespaces, with `*` for any text.
    pub(crate) production: Sourced<Vec<String>>,
    /// The entries of each forward set.
    pub(crate) forwards: BTreeMap<String, Sourced<Vec<String>>>,
    /// Where a person asks for access.
    pub(crate) request_url: Option<Sourced<RequestUrl>>,
    /// The newest release that the settings know.
    pub(crate) latest_version: Option<Sourced<String>>,
    /// How nsaccess is upgraded here.
    pub(crate) upgrade_command: Option<Sourced<String>>,
    /// Named in the project's file.
    pub(crate) project_namespace: Option<Sourced<String>>,
    /// The project's file, if it sets what only a trusted one may set.
    pub(crate) untrusted_project: Option<UntrustedProject>,
    /// The first layer with a value wins.
    layers: Vec<PinLayer>,
}

impl Settings {
    /// The pins of an access, by its name. `production` also follows from the setting of that name, by which both the
    /// access and its namespace are looked at.
    pub(crate) fn pins(&self, access: &str) -> Pins {
        let mut found = Pins::default();
        let fits = |layer: &&PinLayer| layer.access.as_deref().is_none_or(|name| name == access);
        for PinLayer { pins, .. } in self.layers.iter().filter(fits) {
            found.fill(pins);
        }
        let namespace = found.namespace.as_ref().map_or(access, |pin| &pin.value);
        let is_production = |glob: &String| [access, namespace].iter().any(|name| pattern::matches_glob(glob, name));
        if found.production.is_none() && self.production.value.iter().any(is_production) {
            found.production = Some(Sourced::new(true, self.production.origin.clone()));
        }
        found
    }

    /// The namespace of an access: as pinned, else of the same name.
    pub(crate) fn namespace_of_access(&self, access: &str) -> String {
        self.pins(access).namespace.map_or_else(|| access.to_owned(), |pin| pin.value)
    }

    /// The namespace that an assignment of the portal is for, by the name of its permission set.
    pub(crate) fn namespace_of(&self, assignment: &Assignment) -> Option<String> {
        self.permission_sets.value.namespace_of(&assignment.role, assignment.account_name.as_deref())
    }

    /// Key, value and origin of every setting, for `nsaccess config`. Unset values are empty.
    pub(crate) fn rows(&self) -> Vec<(String, String, Origin)> {
        fn row<T>(key: &str, sourced: &Sourced<T>, value: impl Fn(&T) -> String) -> (String, String, Origin) {
            (key.to_owned(), value(&sourced.value), sourced.origin.clone())
        }
        let optional = |key: &str, sourced: &Option<Sourced<String>>| match sourced {
            Some(sourced) => row(key, sourced, String::clone),
            None => (key.to_owned(), String::new(), Origin::Default),
        };
        let list = |list: &Vec<String>| list.join(",");
        let mut rows = vec![
            optional("start_url", &self.start_url),
            optional("sso_region", &self.sso_region),
            row("regions", &self.regions, list),
            row("flow", &self.flow, |flow| flow.name().to_owned()),
            match &self.request_url {
                Some(url) => row("request_url", url, RequestUrl::to_string),
                None => optional("request_url", &None),
            },
            row("patterns.permission_set", &self.permission_sets, PermissionSets::to_string),
            row("patterns.context", &self.context_pattern, Pattern::to_string),
            row("patterns.secrets_prefix", &self.secrets_prefix, Pattern::to_string),
            row("patterns.production", &self.production, list),
        ];
        let release = [("latest_version", &self.latest_version), ("upgrade_command", &self.upgrade_command)];
        rows.extend(release.iter().filter_map(|(key, value)| Some(row(key, value.as_ref()?, String::clone))));
        rows.extend(self.project_namespace.as_ref().map(|sourced| row("namespace", sourced, String::clone)));
        rows.extend(self.forwards.iter().map(|(name, set)| row(&format!("forwards.{name}"), set, list)));
        for PinLayer { access, pins } in &self.layers {
            let table = access.as_ref().map_or(String::new(), |name| format!("namespace.{name}."));
            rows.extend(pins.texts().map(|(key, sourced)| row(&format!("{table}{key}"), sourced, String::clone)));
            let key = format!("{table}production");
            rows.extend(pins.production.as_ref().map(|sourced| row(&key, sourced, bool::to_string)));
        }
        rows
    }
}
