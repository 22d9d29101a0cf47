//! A project's `nsaccess.toml`. It comes with a checkout, so settings that decide the identity, the cluster or the portal
//! count only once a person trusts the file.

use std::path::PathBuf;

use super::Settings;
use super::file::ProjectFile;
use super::pins::PinValues;
use crate::model::shell::quote;

/// An untrusted project file with settings that would make a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UntrustedProject {
    pub(crate) path: PathBuf,
    /// Whom the pins at its top are for; `None` for all.
    pub(super) access: Option<String>,
    /// Keys and values that do not count yet.
    pub(crate) settings: Vec<(String, String)>,
}

impl UntrustedProject {
    /// Whether it sets another portal.
    pub(crate) fn names_portal(&self) -> bool {
        self.settings.iter().any(|(key, _)| key == "start_url" || key == "sso_region")
    }

    /// Whether any of its settings would make a difference for this namespace.
    pub(crate) fn matters_for(&self, namespace: &str) -> bool {
        let own = self.access.as_deref().is_none_or(|access| access == namespace);
        self.settings.iter().any(|(key, _)| match (key.as_str(), key.strip_prefix("namespace.")) {
            // Who names a set hears it there.
            (key, _) if key.starts_with("forwards.") => false,
            ("namespace", _) => false,
            (_, Some(pin)) => pin.split('.').next() == Some(namespace),
            ("start_url" | "sso_region" | "regions", _) => true,
            _ => own,
        })
    }

    /// Whether it has a forward set of this name that does not count.
    pub(crate) fn has_forward_set(&self, name: &str) -> bool {
        self.settings.iter().any(|(key, _)| key.strip_prefix("forwards.") == Some(name))
    }

    pub(crate) fn trust_command(&self) -> String {
        format!("nsaccess config trust {}", quote(&self.path.to_string_lossy()))
    }

    /// The settings on one line.
    pub(crate) fn summary(&self) -> String {
        self.settings.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
    }
}

impl ProjectFile {
    /// Keys and values that count once the file is trusted.
    pub(crate) fn settings_that_need_trust(&self) -> Vec<(String, String)> {
        let texts = [("namespace", &self.namespace), ("start_url", &self.start_url), ("sso_region", &self.sso_region)];
        let mut found: Vec<(String, String)> =
            texts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect();
        found.extend(self.regions.iter().map(|regions| ("regions".to_owned(), regions.join(","))));
        found.extend(pins_that_need_trust("", &self.pins));
        found.extend(self.forwards.iter().map(|(name, set)| (format!("forwards.{name}"), set.join(","))));
        for (namespace, pins) in &self.namespaces {
            found.extend(pins_that_need_trust(&format!("namespace.{namespace}."), pins));
        }
        found
    }

    /// The part that counts without trust: `production = true`.
    pub(super) fn safe_part(&self) -> ProjectFile {
        let safe = |pins: &PinValues| PinValues {
            production: pins.production.filter(|production| *production),
            ..PinValues::default()
        };
        ProjectFile {
            pins: safe(&self.pins),
            namespaces: self.namespaces.iter().map(|(name, pins)| (name.clone(), safe(pins))).collect(),
            ..ProjectFile::default()
        }
    }

    /// The values that differ from `settings`, which were made without the file. `access`: whom the pins at its top are for.
    pub(super) fn ignored(&self, settings: &Settings, access: Option<&str>) -> Vec<(String, String)> {
        let mut ignored = self.settings_that_need_trust();
        ignored.retain(|(key, value)| effective(settings, access, key).as_deref() != Some(value));
        ignored
    }
}

/// The value that counts now. `access`: whom the pins at the file's top are for.
fn effective(settings: &Settings, access: Option<&str>, key: &str) -> Option<String> {
    let (namespace, pin) = match key {
        "start_url" => return settings.start_url.as_ref().map(|found| found.value.clone()),
        "sso_region" => return settings.sso_region.as_ref().map(|found| found.value.clone()),
        "regions" => return Some(settings.regions.value.join(",")),
        _ => match (key.strip_prefix("forwards."), key.strip_prefix("namespace.")) {
            (Some(name), _) => return settings.forwards.get(name).map(|set| set.value.join(",")),
            (None, Some(key)) => key.split_once('.')?,
            (None, None) => (access?, key),
        },
    };
    let pins = settings.pins(namespace);
    match pin {
        "production" => Some(pins.production.is_some_and(|found| found.value).to_string()),
        _ => pins.text(pin).map(|found| found.value.clone()),
    }
}

fn pins_that_need_trust(table: &str, pins: &PinValues) -> Vec<(String, String)> {
    let texts = pins.texts().map(|(key, value)| (format!("{table}{key}"), value.clone()));
    let less_care = pins.production.filter(|production| !production);
    texts.chain(less_care.map(|production| (format!("{table}production"), production.to_string()))).collect()
}
