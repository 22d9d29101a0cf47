//! A kubeconfig that is about to be edited: which list, which item, which field, and what forbids to touch them.

use std::ops::Deref;

use yaml_splice::{Kind, NodeId, Source};

use crate::{Editor, Error, List, model};

/// A text and its nodes, found fit for an edit.
pub(crate) struct File<'a> {
    pub(crate) editor: Editor<'a>,
    source: Source<'a>,
}

/// A file answers every question that its text does.
impl<'a> Deref for File<'a> {
    type Target = Source<'a>;

    fn deref(&self) -> &Source<'a> {
        &self.source
    }
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
        let source = Source::load(text)?;
        if let Some(at) = source.document.second {
            let reason =
                "a second YAML document begins here and kubectl reads only the first; move it to a file of its own";
            return Err(Error::at(text, at, reason));
        }
        let file = File { editor, source };
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
}
