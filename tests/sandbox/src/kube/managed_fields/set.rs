//! Sets of fields, as `managedFields` keeps them: a tree of path elements.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A path from the root of an object. Its elements are spelled as in `fieldsV1`: `f:name`, `k:{"name":"x"}`, `v:"x"`.
pub(super) type Path = Vec<String>;

/// Some fields of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    members: BTreeSet<String>,
    children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// A set of these fields, each by the names from the root.
    pub(super) fn of(paths: &[&[&str]]) -> FieldSet {
        let mut set = FieldSet::default();
        for path in paths {
            set.insert(&path.iter().map(|name| format!("f:{name}")).collect::<Path>());
        }
        set
    }

    pub(super) fn insert(&mut self, path: &[String]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// The set without a field and everything in it.
    pub(super) fn without(mut self, element: &str) -> FieldSet {
        self.members.remove(element);
        self.children.remove(element);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(FieldSet::is_empty)
    }

    /// Whether a field or anything in it is in the set.
    pub(super) fn touches(&self, path: &[String]) -> bool {
        match path {
            [] => !self.is_empty(),
            [last] => self.members.contains(last) || self.children.get(last).is_some_and(|below| !below.is_empty()),
            [first, rest @ ..] => self.children.get(first).is_some_and(|below| below.touches(rest)),
        }
    }

    pub(super) fn union(&self, other: &FieldSet) -> FieldSet {
        let mut all = self.clone();
        all.members.extend(other.members.iter().cloned());
        for (element, theirs) in &other.children {
            let own = all.children.entry(element.clone()).or_default();
            *own = own.union(theirs);
        }
        all
    }

    pub(super) fn difference(&self, other: &FieldSet) -> FieldSet {
        let below = |(element, own): (&String, &FieldSet)| {
            let left = other.children.get(element).map_or_else(|| own.clone(), |theirs| own.difference(theirs));
            (!left.is_empty()).then(|| (element.clone(), left))
        };
        FieldSet {
            members: self.members.difference(&other.members).cloned().collect(),
            children: self.children.iter().filter_map(below).collect(),
        }
    }

    pub(super) fn intersection(&self, other: &FieldSet) -> FieldSet {
        let below = |(element, own): (&String, &FieldSet)| {
            let both = own.intersection(other.children.get(element)?);
            (!both.is_empty()).then(|| (element.clone(), both))
        };
        FieldSet {
            members: self.members.intersection(&other.members).cloned().collect(),
            children: self.children.iter().filter_map(below).collect(),
        }
    }

    /// All paths: of each level its own members first.
    pub(super) fn paths(&self) -> Vec<Path> {
        let own = self.members.iter().map(|member| vec![member.clone()]);
        let below = self.children.iter().flat_map(|(element, below)| {
            below.paths().into_iter().map(move |path| [vec![element.clone()], path].concat())
        });
        own.chain(below).collect()
    }

    /// `fieldsV1`.
    pub(super) fn to_json(&self) -> Value {
        let mut shown: BTreeMap<&String, Value> = self.members.iter().map(|member| (member, json!({}))).collect();
        for (element, below) in self.children.iter().filter(|(_, below)| !below.is_empty()) {
            let mut inside = below.to_json();
            if self.members.contains(element) {
                let rest = inside.as_object().cloned().unwrap_or_default();
                inside = Map::from_iter([(".".to_owned(), json!({}))].into_iter().chain(rest)).into();
            }
            shown.insert(element, inside);
        }
        shown.into_iter().map(|(element, below)| (element.clone(), below)).collect::<Map<_, _>>().into()
    }

    /// Reads `fieldsV1`.
    pub(super) fn from_json(fields: &Value) -> FieldSet {
        let mut set = FieldSet::default();
        for (element, below) in fields.as_object().into_iter().flatten().filter(|(element, _)| *element != ".") {
            let inside = below.as_object();
            if inside.is_none_or(|inside| inside.is_empty() || inside.contains_key(".")) {
                set.members.insert(element.clone());
            }
            let inside = FieldSet::from_json(below);
            if !inside.is_empty() {
                set.children.insert(element.clone(), inside);
            }
        }
        set
    }
}

/// A path as the messages of conflicts spell it: `.metadata.labels.app`, `.spec.containers[name="web"]`.
pub(super) fn shown(path: &[String]) -> String {
    let element = |element: &String| match element.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some((_, keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", keys.join(","))
        }
        None => element.clone(),
    };
    path.iter().map(element).collect()
}
