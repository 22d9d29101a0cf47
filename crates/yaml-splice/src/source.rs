//! A text and its nodes.

use granit_parser::ScalarStyle;

use crate::document::{Document, Kind, NodeId};
use crate::{Error, text};

/// A text, and its nodes.
#[derive(Debug)]
pub struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// Its nodes.
    pub document: Document,
}

impl<'a> Source<'a> {
    /// Reads the first document of a text.
    ///
    /// # Errors
    /// When the text is not YAML.
    pub fn load(text: &'a str) -> Result<Self, Error> {
        Ok(Source { text, document: Document::load(text)? })
    }

    /// An error at the first byte of a node.
    pub fn refuse(&self, id: NodeId, reason: impl Into<String>) -> Error {
        Error::at(self.text, self.document.node(id).full_start, reason)
    }

    /// The one pair with this key, not looking at merge keys.
    ///
    /// # Errors
    /// When the key is there twice.
    pub fn pair(&self, map: NodeId, key: &str) -> Result<Option<(NodeId, NodeId)>, Error> {
        let pairs = self.document.own(map, key);
        match pairs.as_slice() {
            [] => Ok(None),
            [pair] => Ok(Some(*pair)),
            [_, second, ..] => Err(self.refuse(second.0, format!("the key `{key}` is here twice; delete one of them"))),
        }
    }

    /// Whether the node stands for itself alone.
    ///
    /// # Errors
    /// When the node is an alias, or has an anchor or a tag: an edit would change its meaning elsewhere.
    pub fn refuse_properties(&self, id: NodeId) -> Result<(), Error> {
        let node = self.document.node(id);
        if matches!(node.kind, Kind::Alias(_)) {
            return Err(self.refuse(id, "this is an alias (`*name`) of something written elsewhere; write it out here"));
        }
        if node.anchored || node.tag.is_some() {
            return Err(self.refuse(id, "this has an anchor (`&name`) or a tag (`!name`); remove that first"));
        }
        Ok(())
    }

    /// The byte after the colon of a key.
    ///
    /// # Errors
    /// When the key is not directly followed by its colon.
    pub fn after_colon(&self, key: NodeId) -> Result<usize, Error> {
        let end = self.document.node(key).end;
        let at = text::skip_blank(self.text, end);
        match self.text[at..].starts_with(':') {
            true => Ok(at + 1),
            false => Err(self.refuse(key, "this key is not followed by `:` on its line; write it as `key: value`")),
        }
    }

    /// Whether a byte is inside `{…}` or `[…]`.
    pub fn is_in_flow(&self, at: usize) -> bool {
        self.document.nodes.iter().any(|node| node.flow && node.start < at && at < node.end)
    }

    /// Whether a key is in double quotes, as JSON wants it.
    pub fn is_quoted(&self, key: NodeId) -> bool {
        matches!(&self.document.node(key).kind, Kind::Scalar { style: ScalarStyle::DoubleQuoted, .. })
    }

    /// Column of a node; that of the question mark where the node is an explicit key (`? key`).
    pub fn column(&self, id: NodeId) -> usize {
        let start = self.document.node(id).full_start;
        let before = self.text[text::line_start(self.text, start)..start].trim_end_matches(' ');
        if before.ends_with('?') && !self.is_in_flow(start) { before.len() - 1 } else { text::column(self.text, start) }
    }
}
