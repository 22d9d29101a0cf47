//! More groups for a role or user.

use yaml_splice::{NodeId, Splice, text};

use crate::file::{File, Groups};
use crate::render::{Field, NewItem, group_lines, groups_in_block};
use crate::verify::{Change, verify};
use crate::{List, Refused};

/// Stands behind the colon of `groups` where these were null before; what follows is how they were spelled.
pub(crate) const NULL_MARK: &str = " # was:";
/// Stands behind the colon of `groups` where an item that looks like a new one had no such key.
pub(crate) const ABSENT_MARK: &str = " # added";
/// Stands before the groups where an item that looks like a new one had `[]`.
pub(crate) const EMPTY_MARK: &str = " ";

/// Gives the item that counts for an ARN the groups that it lacks. If there is no such item, one is added at the end, with
/// the username given. The same text comes back when there is nothing to do.
///
/// # Errors
/// When the cluster cannot read the text, or it is written in a way that leaves in doubt what an edit would change.
pub fn add_groups<Group: AsRef<str>>(
    text: &str,
    list: List,
    arn: &str,
    username_for_new_item: &str,
    groups: &[Group],
) -> Result<String, Refused> {
    let file = File::open(text, list)?;
    let mut wanted: Vec<String> = Vec::new();
    for group in groups.iter().map(AsRef::as_ref) {
        if !wanted.iter().any(|known| known == group) {
            wanted.push(group.to_owned());
        }
    }
    let Some(number) = file.effective(arn)? else {
        let item = NewItem { arn, username: username_for_new_item, groups: wanted };
        return verify(&file, vec![file.append(&item)?], Change::Added(&item));
    };
    let (item, node) = &file.items[number];
    wanted.retain(|group| !item.groups.contains(group));
    if wanted.is_empty() {
        return Ok(text.to_owned());
    }
    // Only its groups tell such an item from one that is added here.
    let is_marked = item.groups.is_empty() && item.username == username_for_new_item;
    let splices = file.add_to(*node, &wanted, is_marked)?;
    let all: Vec<String> = item.groups.iter().chain(&wanted).cloned().collect();
    verify(&file, splices, Change::Groups { number, groups: &all })
}

impl File<'_> {
    /// A new item at the end.
    fn append(&self, item: &NewItem<'_>) -> Result<Splice, Refused> {
        let Some(root) = self.document.root else { return Ok(self.first_item(item)) };
        if self.document.node(root).flow {
            let (style, flow) = self.flow_style();
            return Ok(self.insert_member(root, flow.compact, &item.flow(&style, &flow)));
        }
        let Some((_, last)) = self.items.last() else {
            return Err(self.refuse(root, "it is unclear how this list is written").into());
        };
        let column = self.dashes(root);
        let lines = match self.document.node(*last).flow {
            true => {
                let (style, flow) = self.flow_style();
                format!("{}-{}{}", " ".repeat(column), " ".repeat(self.gap(*last)), item.flow(&style, &flow))
            }
            false => item.block(&self.block_style(), column, self.gap(*last)),
        };
        Ok(text::insert_lines(self.text, self.after(*last, column)?, &lines))
    }

    /// The first item of a text that has none.
    fn first_item(&self, item: &NewItem<'_>) -> Splice {
        let lines = item.block(&self.block_style(), 0, 1);
        text::insert_lines(self.text, self.text.len(), &lines)
    }

    /// Groups that an item lacks.
    fn add_to(&self, item: NodeId, groups: &[String], is_marked: bool) -> Result<Vec<Splice>, Refused> {
        match self.groups(item)? {
            Groups::Absent => self.add_key(item, groups, is_marked),
            Groups::Null { key, value } => self.add_to_null(item, key, value, groups),
            Groups::Here { list, .. } if self.document.node(list).flow => Ok(self.add_members(list, groups, is_marked)),
            Groups::Here { list, .. } => {
                let (Some(last), column) = (self.document.items(list).last(), self.dashes(list)) else {
                    return Err(self.refuse(list, "it is unclear how this list is written").into());
                };
                let lines =
                    group_lines(groups, self.quotes(*last), column, self.gap(*last), text::line_break(self.text));
                Ok(vec![text::insert_lines(self.text, self.after(*last, column)?, &lines)])
            }
        }
    }

    fn add_members(&self, list: NodeId, groups: &[String], is_marked: bool) -> Vec<Splice> {
        let last = self.document.items(list).last().copied();
        let quotes = match last {
            Some(last) => self.quotes(last),
            None => self.flow_style().0.field(Field::Groups).1,
        };
        let members = groups.iter().map(|group| quotes.write(group, true));
        match last {
            Some(_) => members.map(|member| self.insert_member(list, false, &member)).collect(),
            None => {
                let is_bare = self.text[self.document.node(list).start..].starts_with("[]");
                let mark = if is_marked && is_bare { EMPTY_MARK } else { "" };
                vec![self.insert_member(list, false, &format!("{mark}{}", members.collect::<Vec<_>>().join(", ")))]
            }
        }
    }

    /// `groups` for an item that has no such key.
    fn add_key(&self, item: NodeId, groups: &[String], is_marked: bool) -> Result<Vec<Splice>, Refused> {
        if self.document.node(item).flow {
            let flow = self.flow_of(item);
            let style = self.style_of(item);
            let (key, quotes) = style.field(Field::Groups);
            let members: Vec<String> = groups.iter().map(|group| quotes.write(group, true)).collect();
            let colon = if flow.compact && key.starts_with('"') { ":" } else { ": " };
            let member = format!("{key}{colon}[ {} ]", members.join(", "));
            return Ok(vec![self.insert_member(item, flow.compact, &member)]);
        }
        let (Some((first, _)), Some((_, last))) = (self.document.pairs(item).first(), self.document.pairs(item).last())
        else {
            return Err(self.refuse(item, "it is unclear how this item is written").into());
        };
        let column = self.column(*first);
        let style = self.block_style();
        let (key, _) = style.field(Field::Groups);
        // Not as `[a]`: whether the key was there before must be seen when the last group goes.
        let style = style.clone().with_block_groups();
        let mark = if is_marked { ABSENT_MARK } else { "" };
        let lines = format!("{}{key}:{mark}{}", " ".repeat(column), groups_in_block(groups, &style, column));
        Ok(vec![text::insert_lines(self.text, self.after(*last, column)?, &lines)])
    }

    /// A null becomes a list, and is remembered.
    fn add_to_null(&self, item: NodeId, key: NodeId, value: NodeId, groups: &[String]) -> Result<Vec<Splice>, Refused> {
        let colon = self.after_colon(key)?;
        let end = self.document.node(value).end.max(colon);
        if self.document.node(item).flow || text::line_start(self.text, end) != text::line_start(self.text, colon) {
            return Err(self.refuse(key, "`groups` is null; write it as `groups: []`").into());
        }
        let style = self.block_style().with_block_groups();
        let list = groups_in_block(groups, &style, self.column(key));
        let lines = list.strip_prefix(style.line_break).unwrap_or(&list);
        let mark = Splice { range: colon..colon, text: NULL_MARK.to_owned() };
        Ok(vec![mark, text::insert_lines(self.text, text::after_last_line(self.text, end)?, lines)])
    }
}
