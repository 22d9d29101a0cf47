//! Fewer groups for a role or user.

use std::ops::Range;

use yaml_splice::{NodeId, Splice, text};

use crate::add::{EMPTY_MARK, NULL_MARK};
use crate::file::{File, Groups};
use crate::verify::{Change, verify};
use crate::{List, Refused};

/// Takes groups from the item that counts for an ARN, and with `remove_item_when_without_groups` the item itself once it
/// has none. The same text comes back when there is nothing to do.
///
/// # Errors
/// When the cluster cannot read the text, or it is written in a way that leaves in doubt what an edit would change.
pub fn remove_groups<Group: AsRef<str>>(
    text: &str,
    list: List,
    arn: &str,
    groups: &[Group],
    remove_item_when_without_groups: bool,
) -> Result<String, Refused> {
    let file = File::open(text, list)?;
    let Some(number) = file.effective(arn)? else { return Ok(text.to_owned()) };
    let (item, node) = &file.items[number];
    let goes = |group: &String| groups.iter().any(|unwanted| unwanted.as_ref() == group);
    let rest: Vec<String> = item.groups.iter().filter(|group| !goes(group)).cloned().collect();
    if rest.is_empty() && remove_item_when_without_groups {
        let splices = file.remove_item(number)?;
        return verify(&file, splices, Change::Removed { number });
    }
    if rest.len() == item.groups.len() {
        return Ok(text.to_owned());
    }
    if rest.is_empty() {
        let splices = file.remove_all_groups(*node)?;
        return verify(&file, splices, Change::Groups { number, groups: &rest });
    }
    // One after the other: neighbours share a comma.
    let place = item.groups.iter().rposition(goes).unwrap_or_default();
    let splices = file.remove_group(*node, place)?;
    let mut remaining = item.groups.clone();
    remaining.remove(place);
    let text = verify(&file, splices, Change::Groups { number, groups: &remaining })?;
    remove_groups(&text, list, arn, groups, remove_item_when_without_groups)
}

impl File<'_> {
    pub(crate) fn remove_item(&self, number: usize) -> Result<Vec<Splice>, Refused> {
        let (_, item) = self.items[number];
        match self.document.root {
            Some(root) if self.document.node(root).flow => Ok(self.remove_member(root, number)),
            _ => Ok(vec![self.remove_dashed(item)?]),
        }
    }

    /// The lines of an item and its dash.
    fn remove_dashed(&self, item: NodeId) -> Result<Splice, Refused> {
        Ok(text::remove_lines(self.text, self.lines(self.dash(item)?, item)?))
    }

    fn remove_group(&self, item: NodeId, place: usize) -> Result<Vec<Splice>, Refused> {
        let Groups::Here { list, .. } = self.groups(item)? else { return Ok(Vec::new()) };
        if self.document.node(list).flow {
            return Ok(self.remove_member(list, place));
        }
        Ok(vec![self.remove_dashed(self.document.items(list)[place])?])
    }

    /// What `groups` were before they had a group: an empty list, null, or absent.
    fn remove_all_groups(&self, item: NodeId) -> Result<Vec<Splice>, Refused> {
        let Groups::Here { key, list } = self.groups(item)? else { return Ok(Vec::new()) };
        let groups = self.document.items(list);
        let cut = |range| Splice { range, text: String::new() };
        if self.document.node(list).flow {
            if let Some(splices) = self.remove_flow_key(item, list) {
                return Ok(splices);
            }
            let members = self.members(list);
            let mut range = members.first().map_or(0, |first| first.start)..members.last().map_or(0, |last| last.end);
            let start = self.document.node(list).start + 1;
            if self.text.get(start..range.start) == Some(EMPTY_MARK) && self.text[range.end..].starts_with(']') {
                range.start = start;
            }
            if self.text[range.clone()].contains('#') {
                let reason = "comments stand between these groups; delete the groups by hand";
                return Err(self.refuse(list, reason).into());
            }
            return Ok(vec![cut(range)]);
        }
        let colon = self.after_colon(key)?;
        if self.text[colon..].starts_with(NULL_MARK) {
            let mut splices = vec![cut(colon..colon + NULL_MARK.len())];
            splices.extend(self.remove_each(groups)?);
            return Ok(splices);
        }
        let start = self.document.node(key).full_start;
        if text::is_first_on_line(self.text, start) {
            return Ok(vec![text::remove_lines(self.text, self.lines(start, list)?)]);
        }
        let mut splices = vec![Splice { range: colon..colon, text: " []".to_owned() }];
        splices.extend(self.remove_each(groups)?);
        Ok(splices)
    }

    /// The lines of each item. Comments between them stay.
    fn remove_each(&self, items: &[NodeId]) -> Result<Vec<Splice>, Refused> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for item in items {
            let lines = self.lines(self.dash(*item)?, *item)?;
            match ranges.last_mut() {
                Some(last) if last.end == lines.start => last.end = lines.end,
                _ => ranges.push(lines),
            }
        }
        Ok(ranges.into_iter().map(|lines| text::remove_lines(self.text, lines)).collect())
    }

    /// The key of an item as `{…}` goes if it was not there before: its list is written with spaces then.
    fn remove_flow_key(&self, item: NodeId, list: NodeId) -> Option<Vec<Splice>> {
        let node = self.document.node(list);
        let inner = self.text.get(node.start..node.end)?;
        if !self.document.node(item).flow || !inner.starts_with("[ ") || !inner.ends_with(" ]") {
            return None;
        }
        let number = self.document.pairs(item).iter().position(|(_, value)| *value == list)?;
        Some(self.remove_member(item, number))
    }
}
