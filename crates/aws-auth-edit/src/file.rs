//! A list that is about to be edited: which item counts, and what forbids to touch it.

use std::ops::Deref;

use yaml_splice::{Error, Kind, NodeId, Source, text};

use crate::{Item, List, Refused, read};

/// A text, its nodes and its items, found fit for an edit.
pub(crate) struct File<'a> {
    source: Source<'a>,
    pub(crate) list: List,
    pub(crate) items: Vec<(Item, NodeId)>,
}

/// A file answers every question that its text does.
impl<'a> Deref for File<'a> {
    type Target = Source<'a>;

    fn deref(&self) -> &Source<'a> {
        &self.source
    }
}

const EMPTY: &str = "this stands for an empty list; write it as `[]`";

/// Where the `groups` of an item are, or would be.
pub(crate) enum Groups {
    Absent,
    Null { key: NodeId, value: NodeId },
    Here { key: NodeId, list: NodeId },
}

impl<'a> File<'a> {
    pub(crate) fn open(text: &'a str, list: List) -> Result<Self, Refused> {
        if read::is_skipped(text) && !text.trim().is_empty() {
            return Err(Error::at(text, text::skip_blank(text, 0), EMPTY).into());
        }
        let (source, rest) = read::load(text)?;
        if let Some(rest) = rest {
            return Err(rest.into());
        }
        if let Some(at) = tab(text) {
            let reason = "this line is indented with a tab, which readers of YAML do not agree on; write spaces";
            return Err(Error::at(text, at, reason).into());
        }
        let items = read::items(&source, list)?;
        let file = File { source, list, items };
        file.refuse_root()?;
        Ok(file)
    }

    /// A root that is no list, though the cluster reads it as an empty one, or one that is more than itself.
    fn refuse_root(&self) -> Result<(), Refused> {
        let Some(root) = self.document.root else { return Ok(()) };
        self.refuse_properties(root)?;
        match &self.document.node(root).kind {
            Kind::Sequence(_) => Ok(()),
            _ => Err(self.refuse(root, EMPTY).into()),
        }
    }

    /// The number of the item that counts for an ARN, if it may be edited.
    pub(crate) fn effective(&self, arn: &str) -> Result<Option<usize>, Refused> {
        let is_of_arn = |item: &Item| item.counts && item.arn.eq_ignore_ascii_case(arn);
        let Some(number) = self.items.iter().rposition(|(item, _)| is_of_arn(item)) else { return Ok(None) };
        let (winner, node) = &self.items[number];
        let rival = |(item, _): &&(Item, NodeId)| is_of_arn(item) && item.arn != winner.arn;
        if self.list == List::Users
            && let Some((other, _)) = self.items.iter().find(rival)
        {
            let reason = format!(
                "this item and the one in line {} are of the same user, in other letters, and it is left to chance which one the cluster takes; delete one of them",
                other.line
            );
            return Err(self.refuse(*node, reason).into());
        }
        self.refuse_shared(*node)?;
        Ok(Some(number))
    }

    /// An item that is, or has, something that is written elsewhere or used there.
    fn refuse_shared(&self, item: NodeId) -> Result<(), Refused> {
        for id in item..=self.document.node(item).last {
            self.refuse_properties(id)?;
        }
        match self.document.own(item, "<<").first() {
            Some((key, _)) => {
                Err(self.refuse(*key, "a merge key (`<<`) makes this item of another one; write it out").into())
            }
            None => Ok(()),
        }
    }

    /// # Errors
    /// When an item has them twice, or they are no list.
    pub(crate) fn groups(&self, item: NodeId) -> Result<Groups, Refused> {
        let name = |key: &NodeId| self.document.scalar(*key).unwrap_or_default();
        let pairs = self.document.pairs(item).iter().filter(|(key, _)| name(key).eq_ignore_ascii_case("groups"));
        match pairs.copied().collect::<Vec<_>>().as_slice() {
            [] => Ok(Groups::Absent),
            [(key, value)] if self.document.is_null(*value) => Ok(Groups::Null { key: *key, value: *value }),
            [(key, value)] if matches!(self.document.node(*value).kind, Kind::Sequence(_)) => {
                Ok(Groups::Here { key: *key, list: *value })
            }
            [(_, value)] => Err(self.refuse(*value, "`groups` is not a list; write its groups as `- group`").into()),
            [_, (key, _), ..] => Err(self.refuse(*key, "this item has its groups twice; delete one of them").into()),
        }
    }

    /// Column of the dashes of a list in a block.
    pub(crate) fn dashes(&self, list: NodeId) -> usize {
        let first = self.document.items(list).first().and_then(|first| self.dash(*first).ok());
        text::column(self.text, first.unwrap_or(self.document.node(list).start))
    }
}

/// The first line that is indented with a tab.
fn tab(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let content = line.trim_start_matches([' ', '\t']);
        let indentation = &line[..line.len() - content.len()];
        if let Some(tab) = indentation.find('\t').filter(|_| !content.trim_end().is_empty()) {
            return Some(at + tab);
        }
        at += line.len();
    }
    None
}
