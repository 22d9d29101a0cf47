//! Whole lines of a block.

use std::ops::Range;

use crate::document::{Kind, NodeId};
use crate::source::Source;
use crate::{Error, text};

impl Source<'_> {
    /// The byte of the dash that introduces an item.
    ///
    /// # Errors
    /// When something stands between the dash and the item.
    pub fn dash(&self, item: NodeId) -> Result<usize, Error> {
        let before = self.text[..self.document.node(item).full_start].trim_end_matches([' ', '\n', '\r']);
        match before.ends_with('-') {
            true => Ok(before.len() - 1),
            false => {
                Err(self.refuse(item, "a comment stands between this item and its dash; write `- ` directly before it"))
            }
        }
    }

    /// First byte of the line after a node, where something may be inserted.
    ///
    /// # Errors
    /// When the node's last line goes on with something else, or cannot be finished without changing the node.
    pub fn after(&self, id: NodeId, column: usize) -> Result<usize, Error> {
        let at = text::after_block(self.text, self.document.node(id).end, column)?;
        let is_unfinished = self.document.node(id).end == self.text.len() && !text::ends_with_break(self.text);
        if is_unfinished && self.ends_in_block_scalar(id) {
            let reason = "the text ends inside a block of text, without a line end, and adding one would change that text; add it yourself if that is right";
            return Err(Error::at(self.text, at, reason));
        }
        Ok(at)
    }

    fn ends_in_block_scalar(&self, id: NodeId) -> bool {
        use granit_parser::ScalarStyle::{Folded, Literal};
        let last = self.document.node(self.document.node(id).last);
        matches!(&last.kind, Kind::Scalar { style: Literal | Folded, .. })
    }

    /// The lines of a node whose first line begins with `start`.
    ///
    /// # Errors
    /// When something else stands on the first or the last of them.
    pub fn lines(&self, start: usize, id: NodeId) -> Result<Range<usize>, Error> {
        if !text::is_first_on_line(self.text, start) {
            return Err(Error::at(
                self.text,
                start,
                "something else stands before this on its line; write it on a line of its own",
            ));
        }
        Ok(text::line_start(self.text, start)..text::after_last_line(self.text, self.document.node(id).end)?)
    }
}
