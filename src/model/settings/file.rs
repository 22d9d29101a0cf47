//! Parses our settings files: the user's and the organisation's `config.toml`, and a project's `nsaccess.toml`.
//!
//! An invalid value is an error with its position. An unknown key is a warning, because a newer version may know it.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Document, Item, TableLike};

use super::Flow;
use super::keys::{self, KeyValue, Owner, ValueType};
use super::pattern::Pattern;
use super::permission_sets::PermissionSets;
use super::pins::{PinValues, TEXTS};
use super::request_url::RequestUrl;
use crate::model::kube::namespace::{Namespace, nearest};
use crate::model::port_forward::sets;

/// The user's file, or that of the organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OwnFile {
    pub(crate) start_url: Option<String>,
    pub(crate) sso_region: Option<String>,
    pub(crate) regions: Option<Vec<String>>,
    pub(crate) flow: Option<Flow>,
    pub(crate) request_url: Option<RequestUrl>,
    pub(crate) latest_version: Option<String>,
    pub(crate) upgrade_command: Option<String>,
    pub(crate) permission_set: Option<PermissionSets>,
    pub(crate) context: Option<Pattern>,
    pub(crate) secrets_prefix: Option<Pattern>,
    pub(crate) production: Option<Vec<String>>,
    /// `[forwards]`: the entries of each forward set.
    pub(crate) forwards: BTreeMap<String, Vec<String>>,
    /// `[namespace.<name>]`.
    pub(crate) namespaces: BTreeMap<String, PinValues>,
}

/// A project's file. It counts only once it is trusted, except for `production = true`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProjectFile {
    pub(crate) start_url: Option<String>,
    pub(crate) sso_region: Option<String>,
    pub(crate) regions: Option<Vec<String>>,
    pub(crate) namespace: Option<String>,
    /// Pins of that namespace, or of all if the file names none.
    pub(crate) pins: PinValues,
    /// `[forwards]`, as in one's own file.
    pub(crate) forwards: BTreeMap<String, Vec<String>>,
    /// `[namespace.<name>]`. TOML does not allow it beside `namespace = "…"`.
    pub(crate) namespaces: BTreeMap<String, PinValues>,
}

/// Why a file is invalid, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileProblem {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    pub(crate) reason: String,
    /// The line's text.
    pub(crate) text: String,
}

impl std::fmt::Display for FileProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ", in `{}`", self.text) }
    }
}

/// Parses the user's file, or that of the organisation. Returns it with warnings about unknown keys.
pub(crate) fn parse_own(text: &str) -> Result<(OwnFile, Vec<String>), FileProblem> {
    let mut found = CheckedKeys::read(text, Owner::User)?;
    let file = OwnFile {
        start_url: found.text(&["start_url"]),
        sso_region: found.text(&["sso_region"]),
        regions: found.list(&["regions"]),
        flow: found.text(&["flow"]).and_then(|name| Flow::parse(&name)),
        request_url: found.text(&["request_url"]).and_then(|text| RequestUrl::parse(&text).ok()),
        latest_version: found.text(&["latest_version"]),
        upgrade_command: found.text(&["upgrade_command"]),
        permission_set: found.permission_sets(),
        context: found.pattern("context"),
        secrets_prefix: found.pattern("secrets_prefix"),
        production: found.list(&["patterns", "production"]),
        forwards: found.forwards(),
        namespaces: found.namespaces(),
    };
    Ok((file, found.warnings))
}

/// Parses a project's file. Returns it with warnings about unknown keys.
pub(crate) fn parse_project(text: &str) -> Result<(ProjectFile, Vec<String>), FileProblem> {
    let mut found = CheckedKeys::read(text, Owner::Project)?;
    let file = ProjectFile {
        start_url: found.text(&["start_url"]),
        sso_region: found.text(&["sso_region"]),
        regions: found.list(&["regions"]),
        namespace: found.text(&["namespace"]),
        pins: found.pins(&[]),
        forwards: found.forwards(),
        namespaces: found.namespaces(),
    };
    Ok((file, found.warnings))
}

/// The keys of a file and their checked values.
struct CheckedKeys<'a> {
    text: &'a str,
    owner: Owner,
    values: BTreeMap<Vec<String>, KeyValue>,
    warnings: Vec<String>,
}

impl<'a> CheckedKeys<'a> {
    fn read(text: &'a str, owner: Owner) -> Result<Self, FileProblem> {
        let mut found = CheckedKeys { text, owner, values: BTreeMap::new(), warnings: Vec::new() };
        let document = Document::parse(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            found.problem(place, error.message().replace('\n', ", "))
        })?;
        found.table(&[], document.as_table())?;
        Ok(found)
    }

    fn table(&mut self, path: &[&str], table: &dyn TableLike) -> Result<(), FileProblem> {
        for (name, item) in table.iter() {
            let place = table.key(name).and_then(|key| key.span()).map_or(0, |span| span.start);
            let path: Vec<&str> = path.iter().copied().chain([name]).collect();
            match item.as_table_like() {
                Some(inner) if keys::is_table(self.owner, &path) => {
                    if let ["namespace", namespace] = path[..] {
                        let checked = Namespace::parse(namespace);
                        checked.map_err(|reason| self.problem(place, format!("`{namespace}` {reason}")))?;
                    }
                    self.table(&path, inner)?;
                }
                _ => {
                    if let ["forwards", name] = path[..] {
                        sets::check_name(name).map_err(|reason| self.problem(place, format!("`{name}` {reason}")))?;
                    }
                    self.entry(&path, item, place)?;
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &[&str], item: &Item, place: usize) -> Result<(), FileProblem> {
        let Some(value_type) = keys::value_type(self.owner, path) else {
            if keys::is_table(self.owner, path) {
                return Err(self.problem(place, format!("`{}` must be a table", path.join("."))));
            }
            self.warn_unknown(path, place);
            return Ok(());
        };
        let value = parse_value(value_type, item)
            .map_err(|reason| self.problem(place, format!("`{}` {reason}", path.join("."))))?;
        self.values.insert(path.iter().map(|word| (*word).to_owned()).collect(), value);
        Ok(())
    }

    fn warn_unknown(&mut self, path: &[&str], place: usize) {
        let Some((key, table)) = path.split_last() else { return };
        let line = self.problem(place, String::new()).line;
        let known = keys::known(self.owner, table).iter().copied();
        let elsewhere = self.owner == Owner::Project && (keys::is_table(Owner::User, path) || *key == "flow");
        let hint = match nearest(key, known).first() {
            _ if elsewhere => "; it is allowed only in your own config.toml".to_owned(),
            Some(near) => format!("; did you mean {near:?}?"),
            None => String::new(),
        };
        self.warnings.push(format!("line {line}: unknown setting {:?}{hint}", path.join(".")));
    }

    fn problem(&self, place: usize, reason: String) -> FileProblem {
        let place = (0..=place.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let before = &self.text[..place];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = self.text[start..].lines().next().unwrap_or_default();
        FileProblem {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            reason,
            text: line.trim().to_owned(),
        }
    }

    fn take(&mut self, path: &[&str]) -> Option<KeyValue> {
        let path: Vec<String> = path.iter().map(|word| (*word).to_owned()).collect();
        self.values.remove(&path)
    }

    fn text(&mut self, path: &[&str]) -> Option<String> {
        self.take(path).and_then(|value| if let KeyValue::Text(text) = value { Some(text) } else { None })
    }

    fn list(&mut self, path: &[&str]) -> Option<Vec<String>> {
        self.take(path).and_then(|value| if let KeyValue::List(list) = value { Some(list) } else { None })
    }

    fn pattern(&mut self, name: &str) -> Option<Pattern> {
        self.text(&["patterns", name]).and_then(|text| Pattern::parse(&text).ok())
    }

    fn one_or_more(&mut self, path: &[&str]) -> Option<Vec<String>> {
        match self.take(path)? {
            KeyValue::Text(text) => Some(vec![text]),
            KeyValue::List(texts) => Some(texts),
            KeyValue::Flag(_) => None,
        }
    }

    fn permission_sets(&mut self) -> Option<PermissionSets> {
        let texts = self.one_or_more(&["patterns", "permission_set"])?;
        PermissionSets::parse(texts.iter().map(String::as_str)).ok()
    }

    /// Takes the pins of a table; at the top of a project's file, those that mean nothing else there.
    fn pins(&mut self, table: &[&str]) -> PinValues {
        let production = match self.take(&[table, &["production"]].concat()) {
            Some(KeyValue::Flag(flag)) => Some(flag),
            _ => None,
        };
        let mut pins = PinValues { production, ..PinValues::default() };
        for (key, place) in TEXTS.into_iter().zip(pins.places()) {
            *place = self.text(&[table, &[key]].concat());
        }
        pins
    }

    fn forwards(&mut self) -> BTreeMap<String, Vec<String>> {
        let name =
            |path: &Vec<String>| path.strip_prefix(&["forwards".to_owned()]).and_then(|rest| rest.first()).cloned();
        let names: Vec<String> = self.values.keys().filter_map(name).collect();
        names.into_iter().filter_map(|name| Some((name.clone(), self.one_or_more(&["forwards", &name])?))).collect()
    }

    fn namespaces(&mut self) -> BTreeMap<String, PinValues> {
        let below = |path: &Vec<String>| path.first().is_some_and(|first| first == "namespace") && path.len() == 3;
        let names: BTreeSet<String> =
            self.values.keys().filter(|path| below(path)).map(|path| path[1].clone()).collect();
        let pins = |name: String| (name.clone(), self.pins(&["namespace", &name]));
        names.into_iter().map(pins).collect()
    }
}

fn parse_value(value_type: ValueType, item: &Item) -> Result<KeyValue, String> {
    match value_type {
        ValueType::Text(check) => {
            let text = item.as_str().ok_or("must be a string")?;
            check(text).map(|()| KeyValue::Text(text.to_owned()))
        }
        ValueType::OneOrMore(check) if item.is_str() => parse_value(ValueType::Text(check), item),
        ValueType::List(check) | ValueType::OneOrMore(check) => {
            let one_or_more = matches!(value_type, ValueType::OneOrMore(_));
            let wrong = if one_or_more { "must be a string or a list of strings" } else { "must be a list of strings" };
            let items = item.as_array().ok_or(wrong)?;
            let mut list = Vec::new();
            for item in items {
                let text = item.as_str().ok_or(wrong)?;
                check(text).map_err(|reason| format!("has `{text}`, which {reason}"))?;
                list.push(text.to_owned());
            }
            if one_or_more && list.is_empty() {
                return Err("must not be empty".to_owned());
            }
            Ok(KeyValue::List(list))
        }
        ValueType::Flag => item.as_bool().map(KeyValue::Flag).ok_or_else(|| "must be true or false".to_owned()),
    }
}
