//! Edits in block style: whole lines are inserted and removed, indented like their neighbours.

use yaml_splice::text::{self, Splice};
use yaml_splice::{Kind, NodeId};

use crate::item::File;
use crate::render::{BlockStyle, Field, Order, item};
use crate::{Entry, Error, List};

impl File<'_> {
    /// How the list's first item is indented.
    pub(crate) fn style_of(&self, key: NodeId, value: NodeId) -> Option<BlockStyle> {
        if self.document.node(value).flow {
            return None;
        }
        let item = *self.document.items(value).first()?;
        let dash = self.dash(item).ok()?;
        let mut style = BlockStyle::plain(text::line_break(self.text));
        style.dash = text::column(self.text, dash).checked_sub(self.column(key))?;
        let node = self.document.node(item);
        if node.flow || !matches!(node.kind, Kind::Mapping(_)) {
            return Some(style);
        }
        if text::line_start(self.text, node.full_start) == text::line_start(self.text, dash) {
            style.after_dash = node.full_start - dash;
        }
        let nested = self.document.pairs(item).iter().find_map(|(key, inner)| {
            let inner_node = self.document.node(*inner);
            let is_block = !inner_node.flow && matches!(inner_node.kind, Kind::Mapping(_));
            let first = self.document.pairs(*inner).first().filter(|_| is_block)?;
            self.column(first.0).checked_sub(self.column(*key))
        });
        style.nested = nested.filter(|nested| *nested > 0).unwrap_or(style.nested);
        Some(style)
    }

    /// How the file indents its lists: this one, else another one, else kubectl's way.
    pub(crate) fn style(&self, root: NodeId, list: List) -> BlockStyle {
        let lists = [list].into_iter().chain(List::ALL);
        let pairs = lists.filter_map(|list| self.document.own(root, list.key()).first().copied());
        let mut styles = pairs.filter_map(|(key, value)| self.style_of(key, value));
        styles.next().unwrap_or_else(|| BlockStyle::plain(text::line_break(self.text)))
    }

    /// A new item after the last one of a list.
    pub(crate) fn insert_item(
        &self,
        style: BlockStyle,
        value: NodeId,
        list: List,
        entry: &Entry,
    ) -> Result<Splice, Error> {
        let Some(last) = self.document.items(value).last() else {
            return Err(self.refuse(value, "it is unclear how this list is indented; write its items below each other"));
        };
        let column = text::column(self.text, self.dash(*last)?);
        let at = self.after(*last, column)?;
        let lines = style.item(&item(list, entry, Order::NameFirst), column);
        Ok(text::insert_lines(self.text, at, &lines))
    }

    /// New fields after the last one of a mapping that is not empty.
    pub(crate) fn insert_fields(&self, style: BlockStyle, map: NodeId, fields: &[Field]) -> Result<Splice, Error> {
        let (Some((first, _)), Some((_, last))) = (self.document.pairs(map).first(), self.document.pairs(map).last())
        else {
            return Err(self.refuse(map, "it is unclear how this is indented; write its keys below each other"));
        };
        let column = self.column(*first);
        let at = self.after(*last, column)?;
        Ok(text::insert_lines(self.text, at, &format!("{}{}", " ".repeat(column), style.fields(fields, column))))
    }
}
