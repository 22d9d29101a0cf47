//! A kubeconfig that is about to be edited: which list, which item, which field, and what forbids to touch them.

use granit_parser::ScalarStyle;

use crate::tree::{Document, Kind, NodeId};
use crate::{Editor, Error, List, model, text};

/// A text and its nodes, found fit for an edit.
pub(crate) struct File<'a> {
    pub(crate) editor: Editor<'a>,
    pub(crate) text: &'a str,
    pub(crate) document: Document,
}

/// Where a list is, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Missing,
    Null { key: NodeId, value: NodeId },
    Here { key: NodeId, value: NodeId },
}

impl<'a> File<'a> {
    /// # Errors
    /// When the text is not one readable kubeconfig.
    pub(crate) fn open(editor: Editor<'a>, text: &'a str) -> Result<Self, Error> {
        let document = Document::load(text)?;
        if let Some(at) = document.second {
            let reason =
                "a second YAML document begins here and kubectl reads only the first; move it to a file of its own";
            return Err(Error::at(text, at, reason));
        }
        let file = File { editor, text, document };
        model::read(text, &file.document)?;
        if let Some(root) = file.document.root
            && !matches!(file.document.node(root).kind, Kind::Mapping(_))
        {
            return Err(
                file.refuse(root, "a kubeconfig is a mapping (`key: value`) at its top level; this is something else")
            );
        }
        Ok(file)
    }

    pub(crate) fn refuse(&self, id: NodeId, reason: impl Into<String>) -> Error {
        Error::at(self.text, self.document.node(id).full_start, reason)
    }

    /// The one pair with this key, not looking at merge keys.
    ///
    /// # Errors
    /// When the key is there twice.
    pub(crate) fn pair(&self, map: NodeId, key: &str) -> Result<Option<(NodeId, NodeId)>, Error> {
        let pairs = self.document.own(map, key);
        match pairs.as_slice() {
            [] => Ok(None),
            [pair] => Ok(Some(*pair)),
            [_, second, ..] => Err(self.refuse(second.0, format!("the key `{key}` is here twice; delete one of them"))),
        }
    }

    pub(crate) fn place(&self, root: NodeId, list: List) -> Result<Place, Error> {
        let Some((key, value)) = self.pair(root, list.key())? else {
            return match self.document.merged(root, list.key()) {
                Some(merged) => {
                    Err(self.refuse(merged, format!("`{}` comes from a merge key (`<<`); write it out", list.key())))
                }
                None => Ok(Place::Missing),
            };
        };
        if !self.document.is_null(value) {
            return Ok(Place::Here { key, value });
        }
        self.refuse_properties(value)?;
        Ok(Place::Null { key, value })
    }

    /// The item of this name, and its number.
    pub(crate) fn item(&self, list: NodeId, name: &str) -> Option<(usize, NodeId)> {
        let named =
            |item: &NodeId| self.document.get(*item, "name").and_then(|id| self.document.scalar(id)) == Some(name);
        self.document.items(list).iter().copied().enumerate().find(|(_, item)| named(item))
    }

    /// # Errors
    /// When the node is an alias, or has an anchor or a tag: an edit would change its meaning elsewhere.
    pub(crate) fn refuse_properties(&self, id: NodeId) -> Result<(), Error> {
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
    pub(crate) fn after_colon(&self, key: NodeId) -> Result<usize, Error> {
        let end = self.document.node(key).end;
        let at = text::skip_blank(self.text, end);
        match self.text[at..].starts_with(':') {
            true => Ok(at + 1),
            false => Err(self.refuse(key, "this key is not followed by `:` on its line; write it as `key: value`")),
        }
    }

    /// Whether a byte is inside `{…}` or `[…]`.
    pub(crate) fn is_in_flow(&self, at: usize) -> bool {
        self.document.nodes.iter().any(|node| node.flow && node.start < at && at < node.end)
    }

    /// Whether a key is in double quotes, as JSON wants it.
    pub(crate) fn is_quoted(&self, key: NodeId) -> bool {
        matches!(&self.document.node(key).kind, Kind::Scalar { style: ScalarStyle::DoubleQuoted, .. })
    }

    /// Column of a node; that of the question mark where the node is an explicit key (`? key`).
    pub(crate) fn column(&self, id: NodeId) -> usize {
        let start = self.document.node(id).full_start;
        let before = self.text[text::line_start(self.text, start)..start].trim_end_matches(' ');
        if before.ends_with('?') && !self.is_in_flow(start) { before.len() - 1 } else { text::column(self.text, start) }
    }
}
