//! Our two settings files, read: the user's `config.toml` and a project's `nsaccess.toml`.
//!
//! A wrong value is an error with its place. An unknown key is a warning, because a newer version may know it.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Document, Item, TableLike};

use super::Flow;
use super::keys::{self, Leaf, Owner, Shape};
use super::pattern::Pattern;
use crate::model::kube::namespace::{Namespace, nearest};

/// What `[namespace.<name>]` says, or the top of a project's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PinValues {
    /// The account.
    pub account: Option<String>,
    /// The permission set.
    pub role: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The cluster's region.
    pub region: Option<String>,
    /// Whether to ask before anything that changes something.
    pub production: Option<bool>,
}

/// The user's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UserFile {
    /// Identity Center's start URL.
    pub start_url: Option<String>,
    /// Identity Center's region.
    pub sso_region: Option<String>,
    /// Regions in which clusters are looked for.
    pub regions: Option<Vec<String>>,
    /// How to sign in.
    pub flow: Option<Flow>,
    /// The permission set's name.
    pub permission_set: Option<Pattern>,
    /// The kubeconfig context's name.
    pub context: Option<Pattern>,
    /// Where a namespace's secrets are.
    pub secrets_prefix: Option<Pattern>,
    /// Names of namespaces that are production.
    pub production: Option<Vec<String>>,
    /// `[namespace.<name>]`.
    pub namespaces: BTreeMap<String, PinValues>,
}

/// A project's file: all of it counts only once it is trusted, but for what asks for care.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProjectFile {
    /// Identity Center's start URL.
    pub start_url: Option<String>,
    /// Identity Center's region.
    pub sso_region: Option<String>,
    /// Regions in which clusters are looked for.
    pub regions: Option<Vec<String>>,
    /// The checkout's namespace.
    pub namespace: Option<String>,
    /// Pins of that namespace; of every one, if the file names none.
    pub pins: PinValues,
    /// `[namespace.<name>]`, in a file without a `namespace = "…"`: TOML allows only one of the two.
    pub namespaces: BTreeMap<String, PinValues>,
}

/// Why a file cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileProblem {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in it, counted from 1.
    pub column: usize,
    /// The reason.
    pub reason: String,
    /// The line itself.
    pub text: String,
}

impl std::fmt::Display for FileProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ", in `{}`", self.text) }
    }
}

/// Reads the user's file. Answers with it and with warnings about keys that mean nothing.
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn parse_user(text: &str) -> Result<(UserFile, Vec<String>), FileProblem> {
    let mut found = CheckedKeys::read(text, Owner::User)?;
    let file = UserFile {
        start_url: found.text(&["start_url"]),
        sso_region: found.text(&["sso_region"]),
        regions: found.list(&["regions"]),
        flow: found.text(&["flow"]).and_then(|name| Flow::parse(&name)),
        permission_set: found.pattern("permission_set"),
        context: found.pattern("context"),
        secrets_prefix: found.pattern("secrets_prefix"),
        production: found.list(&["patterns", "production"]),
        namespaces: found.namespaces(),
    };
    Ok((file, found.warnings))
}

/// Reads a project's file. Answers with it and with warnings about keys that mean nothing there.
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn parse_project(text: &str) -> Result<(ProjectFile, Vec<String>), FileProblem> {
    let mut found = CheckedKeys::read(text, Owner::Project)?;
    let file = ProjectFile {
        start_url: found.text(&["start_url"]),
        sso_region: found.text(&["sso_region"]),
        regions: found.list(&["regions"]),
        namespace: found.text(&["namespace"]),
        pins: found.pins(&[]),
        namespaces: found.namespaces(),
    };
    Ok((file, found.warnings))
}

/// The keys of a file with checked values.
struct CheckedKeys<'a> {
    text: &'a str,
    owner: Owner,
    leaves: BTreeMap<Vec<String>, Leaf>,
    warnings: Vec<String>,
}

impl<'a> CheckedKeys<'a> {
    fn read(text: &'a str, owner: Owner) -> Result<Self, FileProblem> {
        let mut found = CheckedKeys { text, owner, leaves: BTreeMap::new(), warnings: Vec::new() };
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
                _ => self.entry(&path, item, place)?,
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &[&str], item: &Item, place: usize) -> Result<(), FileProblem> {
        let Some(shape) = keys::shape(self.owner, path) else {
            if keys::is_table(self.owner, path) {
                return Err(self.problem(place, format!("`{}` must be a table", path.join("."))));
            }
            self.warn_unknown(path, place);
            return Ok(());
        };
        let leaf = leaf(shape, item).map_err(|reason| self.problem(place, format!("`{}` {reason}", path.join("."))))?;
        self.leaves.insert(path.iter().map(|word| (*word).to_owned()).collect(), leaf);
        Ok(())
    }

    fn warn_unknown(&mut self, path: &[&str], place: usize) {
        let Some((key, table)) = path.split_last() else { return };
        let line = self.problem(place, String::new()).line;
        let known = keys::known(self.owner, table).iter().copied();
        let elsewhere = self.owner == Owner::Project && (keys::is_table(Owner::User, path) || *key == "flow");
        let hint = match nearest(key, known).first() {
            _ if elsewhere => "; it counts only in your own config.toml".to_owned(),
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        self.warnings.push(format!("line {line}: `{}` is no setting{hint}", path.join(".")));
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

    fn take(&mut self, path: &[&str]) -> Option<Leaf> {
        let path: Vec<String> = path.iter().map(|word| (*word).to_owned()).collect();
        self.leaves.remove(&path)
    }

    fn text(&mut self, path: &[&str]) -> Option<String> {
        self.take(path).and_then(|leaf| if let Leaf::Text(text) = leaf { Some(text) } else { None })
    }

    fn list(&mut self, path: &[&str]) -> Option<Vec<String>> {
        self.take(path).and_then(|leaf| if let Leaf::List(list) = leaf { Some(list) } else { None })
    }

    fn pattern(&mut self, name: &str) -> Option<Pattern> {
        self.text(&["patterns", name]).and_then(|text| Pattern::parse(&text).ok())
    }

    fn pins(&mut self, table: &[&str]) -> PinValues {
        let mut text = |key| self.text(&[table, &[key]].concat());
        let [account, role, cluster, region] = ["account", "role", "cluster", "region"].map(&mut text);
        let production = match self.take(&[table, &["production"]].concat()) {
            Some(Leaf::Flag(flag)) => Some(flag),
            _ => None,
        };
        PinValues { account, role, cluster, region, production }
    }

    fn namespaces(&mut self) -> BTreeMap<String, PinValues> {
        let below = |path: &Vec<String>| path.first().is_some_and(|first| first == "namespace") && path.len() == 3;
        let names: BTreeSet<String> =
            self.leaves.keys().filter(|path| below(path)).map(|path| path[1].clone()).collect();
        let pins = |name: String| (name.clone(), self.pins(&["namespace", &name]));
        names.into_iter().map(pins).collect()
    }
}

fn leaf(shape: Shape, item: &Item) -> Result<Leaf, String> {
    match shape {
        Shape::Text(check) => {
            let text = item.as_str().ok_or("must be a string")?;
            check(text).map(|()| Leaf::Text(text.to_owned()))
        }
        Shape::List(check) => {
            let wrong = "must be a list of strings";
            let items = item.as_array().ok_or(wrong)?;
            let mut list = Vec::new();
            for item in items {
                let text = item.as_str().ok_or(wrong)?;
                check(text).map_err(|reason| format!("has `{text}`, which {reason}"))?;
                list.push(text.to_owned());
            }
            Ok(Leaf::List(list))
        }
        Shape::Flag => item.as_bool().map(Leaf::Flag).ok_or_else(|| "must be true or false".to_owned()),
    }
}
