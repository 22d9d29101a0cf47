//! Reads a person's YAML or JSON strictly, and goes on after a problem, so that all are said at once.

use std::fmt;

use yaml_splice::{Document, Kind, NodeId};

use crate::model::kube::namespace::similar;

/// What is wrong, or looks wrong, in a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Remark {
    pub(crate) line: usize,
    pub(crate) words: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.words)
    }
}

/// A key with its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    key: NodeId,
    value: NodeId,
}

/// The known keys of a mapping.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Field)>);

impl Fields {
    pub(crate) fn get(&self, key: &str) -> Option<Field> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, field)| *field)
    }

    /// Those of some keys that are there.
    pub(crate) fn among(&self, keys: &[&'static str]) -> Vec<(&'static str, Field)> {
        keys.iter().filter_map(|key| Some((*key, self.get(key)?))).collect()
    }
}

pub(crate) struct Reader {
    document: Document,
    /// The byte where each line begins.
    lines: Vec<usize>,
    pub(crate) problems: Vec<Remark>,
    pub(crate) warnings: Vec<Remark>,
}

impl Reader {
    pub(crate) fn load(text: &str) -> Result<Self, Remark> {
        let document =
            Document::load(text).map_err(|error| Remark { line: error.line.unwrap_or(1), words: error.reason })?;
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        let reader = Reader { document, lines, problems: Vec::new(), warnings: Vec::new() };
        match reader.document.second {
            Some(at) => Err(Remark {
                line: reader.line_at(at),
                words: "a second document begins here; only one is allowed".to_owned(),
            }),
            None => Ok(reader),
        }
    }

    pub(crate) fn root(&self) -> Option<NodeId> {
        self.document.root
    }

    fn line_at(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte)
    }

    pub(crate) fn line(&self, id: NodeId) -> usize {
        self.line_at(self.document.node(id).full_start)
    }

    pub(crate) fn wrong(&mut self, id: NodeId, words: impl Into<String>) {
        let line = self.line(id);
        self.problems.push(Remark { line, words: words.into() });
    }

    pub(crate) fn warn(&mut self, id: NodeId, words: impl Into<String>) {
        let line = self.line(id);
        self.warnings.push(Remark { line, words: words.into() });
    }

    /// The keys of a mapping, each once; others are problems.
    pub(crate) fn fields(&mut self, id: NodeId, what: &str, known: &[&'static str]) -> Fields {
        if !matches!(self.document.node(self.document.resolve(id)).kind, Kind::Mapping(_)) {
            self.wrong(id, format!("{what} must be a mapping with the keys {}", known.join(", ")));
            return Fields::default();
        }
        let mut fields = Fields::default();
        for (key, value) in self.document.pairs(id).to_vec() {
            let name = self.document.scalar(key).unwrap_or_default().to_owned();
            if !known.contains(&name.as_str()) {
                let meant = similar(&name, known.iter().copied());
                let meant = meant.map_or_else(
                    || format!("; valid keys: {}", known.join(", ")),
                    |name| format!("; did you mean {name}?"),
                );
                self.wrong(key, format!("unknown key {name:?} in {what}{meant}"));
            } else if let Some(first) = fields.get(&name) {
                let line = self.line(first.key);
                self.wrong(key, format!("duplicate key {name}; the first is on line {line}"));
            } else {
                fields.0.push((name, Field { key, value }));
            }
        }
        fields
    }

    /// The items of a list; a single value stands for a list of one, if that is allowed.
    pub(crate) fn items(&mut self, field: Field, name: &str, may_be_one: bool) -> Vec<NodeId> {
        let node = self.document.resolve(field.value);
        match &self.document.node(node).kind {
            Kind::Sequence(items) if !items.is_empty() => items.clone(),
            Kind::Scalar { .. } if may_be_one && !self.document.is_null(node) => vec![field.value],
            _ => {
                self.wrong(field.key, format!("{name} must be a list that is not empty"));
                Vec::new()
            }
        }
    }

    /// The items of a list that is there; nothing for anything else.
    pub(crate) fn items_of(&self, id: NodeId) -> Vec<NodeId> {
        self.document.items(id).to_vec()
    }

    /// The text of an item.
    pub(crate) fn text_of(&mut self, id: NodeId, name: &str) -> Option<String> {
        match self.document.scalar(id) {
            Some(text) if !self.document.is_null(id) => Some(text.to_owned()),
            _ => {
                self.wrong(id, format!("{name} must be a string"));
                None
            }
        }
    }

    /// The text of a key, read. Errors of `read` end a sentence that begins with the text.
    pub(crate) fn text<T>(
        &mut self,
        fields: &Fields,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let field = fields.get(name)?;
        let text = match self.document.scalar(field.value) {
            Some(text) if !self.document.is_null(field.value) => text.to_owned(),
            _ => {
                self.wrong(field.key, format!("{name} must be a string"));
                return None;
            }
        };
        match read(&text) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.wrong(field.key, format!("{name}: {text:?} {reason}"));
                None
            }
        }
    }

    pub(crate) fn flag(&mut self, fields: &Fields, name: &str) -> Option<bool> {
        self.text(fields, name, |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("is not true or false".to_owned()),
        })
    }

    /// Whether a value is a list.
    pub(crate) fn is_list(&self, field: Field) -> bool {
        matches!(self.document.node(self.document.resolve(field.value)).kind, Kind::Sequence(_))
    }

    /// Whether a node is a list.
    pub(crate) fn is_list_node(&self, id: NodeId) -> bool {
        matches!(self.document.node(self.document.resolve(id)).kind, Kind::Sequence(_))
    }

    /// Two keys that exclude each other.
    pub(crate) fn exclude(&mut self, fields: &Fields, names: &[&'static str]) {
        if let [first, second, ..] = fields.among(names)[..] {
            self.wrong(second.1.key, format!("{} and {} cannot be used together", first.0, second.0));
        }
    }

    pub(crate) fn wrong_field(&mut self, field: Field, words: impl Into<String>) {
        self.wrong(field.key, words);
    }

    pub(crate) fn warn_field(&mut self, field: Field, words: impl Into<String>) {
        self.warn(field.key, words);
    }
}
