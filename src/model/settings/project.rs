//! A project's `nsaccess.toml`: it comes with a checkout from elsewhere, so what decides an identity, a cluster or where
//! people sign in counts only once a person trusts it.

use std::path::PathBuf;

use super::Settings;
use super::file::{PinValues, ProjectFile};
use crate::model::shell::word;

/// A project file that is not trusted, and asks for what does not count otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UntrustedProject {
    /// The file.
    pub path: PathBuf,
    /// Keys and values that it asks for.
    pub asks: Vec<(String, String)>,
}

impl UntrustedProject {
    /// Whether it asks for another place to sign in.
    pub(crate) fn names_portal(&self) -> bool {
        self.asks.iter().any(|(key, _)| key == "start_url" || key == "sso_region")
    }

    /// Whether anything that it asks for would make a difference for this namespace, however that came to be meant.
    pub(crate) fn matters_for(&self, namespace: &str) -> bool {
        let own = self.asks.iter().find(|(key, _)| key == "namespace").is_none_or(|(_, value)| value == namespace);
        self.asks.iter().any(|(key, _)| match (key.as_str(), key.strip_prefix("namespace.")) {
            ("namespace", _) => false,
            (_, Some(pin)) => pin.split('.').next() == Some(namespace),
            ("account" | "role" | "cluster" | "region", _) => own,
            _ => true,
        })
    }

    /// The command that trusts it.
    pub(crate) fn trust(&self) -> String {
        format!("nsaccess config trust {}", word(&self.path.to_string_lossy()))
    }

    /// All of it on one line.
    pub(crate) fn in_words(&self) -> String {
        self.asks.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
    }
}

impl ProjectFile {
    /// Keys and values that count once the file is trusted.
    pub(crate) fn decides(&self) -> Vec<(String, String)> {
        let texts = [("namespace", &self.namespace), ("start_url", &self.start_url), ("sso_region", &self.sso_region)];
        let mut found: Vec<(String, String)> =
            texts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect();
        found.extend(self.regions.iter().map(|regions| ("regions".to_owned(), regions.join(","))));
        found.extend(decided("", &self.pins));
        for (namespace, pins) in &self.namespaces {
            found.extend(decided(&format!("namespace.{namespace}."), pins));
        }
        found
    }

    /// What of it counts without trust: a checkout may ask for more care.
    pub(super) fn care(&self) -> ProjectFile {
        let care = |pins: &PinValues| PinValues {
            production: pins.production.filter(|production| *production),
            ..PinValues::default()
        };
        ProjectFile {
            pins: care(&self.pins),
            namespaces: self.namespaces.iter().map(|(name, pins)| (name.clone(), care(pins))).collect(),
            ..ProjectFile::default()
        }
    }

    /// What it asks for and does not get: `settings` were made without it.
    pub(super) fn asks(&self, settings: &Settings) -> Vec<(String, String)> {
        let mut asks = self.decides();
        asks.retain(|(key, value)| self.counts_already(settings, key).as_deref() != Some(value));
        asks
    }

    fn counts_already(&self, settings: &Settings, key: &str) -> Option<String> {
        let (namespace, pin) = match key {
            "start_url" => return settings.start_url.as_ref().map(|found| found.value.clone()),
            "sso_region" => return settings.sso_region.as_ref().map(|found| found.value.clone()),
            "regions" => return Some(settings.regions.value.join(",")),
            _ => match key.strip_prefix("namespace.") {
                Some(key) => key.split_once('.')?,
                None => (self.namespace.as_deref()?, key),
            },
        };
        let pins = settings.pins(namespace);
        match pin {
            "account" => pins.account.map(|found| found.value),
            "role" => pins.role.map(|found| found.value),
            "cluster" => pins.cluster.map(|found| found.value),
            "region" => pins.region.map(|found| found.value),
            "production" => Some(pins.production.is_some_and(|found| found.value).to_string()),
            _ => None,
        }
    }
}

fn decided(table: &str, pins: &PinValues) -> Vec<(String, String)> {
    let texts =
        [("account", &pins.account), ("role", &pins.role), ("cluster", &pins.cluster), ("region", &pins.region)];
    let texts = texts.into_iter().filter_map(|(key, value)| Some((format!("{table}{key}"), value.clone()?)));
    let less_care = pins.production.filter(|production| !production);
    texts.chain(less_care.map(|production| (format!("{table}production"), production.to_string()))).collect()
}
