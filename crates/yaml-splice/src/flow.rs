//! Members of `[…]` and `{…}`: inserted and removed together with their comma.

use std::ops::Range;

use crate::document::{Kind, NodeId};
use crate::source::Source;
use crate::text::{self, Splice};

impl Source<'_> {
    /// How a mapping whose members stand on lines of their own is indented: the indentation of its first line, what its
    /// members have more than that, and the line end.
    pub fn flow_lines(&self, map: NodeId) -> Option<(String, String, &'static str)> {
        let (first, _) = self.document.pairs(map).first()?;
        let member = self.document.node(*first).full_start;
        let opener = self.document.node(map).full_start;
        let indent = |at: usize| {
            let line = &self.text[text::line_start(self.text, at)..];
            &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
        };
        if text::line_start(self.text, member) == text::line_start(self.text, opener) {
            return None;
        }
        let step = indent(member).strip_prefix(indent(opener))?;
        Some((indent(opener).to_owned(), step.to_owned(), text::line_break(self.text)))
    }

    /// The ranges of a flow collection's members.
    pub fn members(&self, id: NodeId) -> Vec<Range<usize>> {
        let node = |id: NodeId| self.document.node(id);
        match &node(id).kind {
            Kind::Sequence(items) => items.iter().map(|item| node(*item).full_start..node(*item).end).collect(),
            Kind::Mapping(pairs) => {
                pairs.iter().map(|(key, value)| node(*key).full_start..node(*value).end.max(node(*key).end)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A new member at the end of a flow collection; `compact` leaves out the space behind the comma where no neighbour
    /// shows how it is done.
    pub fn insert_member(&self, collection: NodeId, compact: bool, member: &str) -> Splice {
        let members = self.members(collection);
        let Some(last) = members.last() else {
            let at = self.document.node(collection).start + 1;
            return Splice { range: at..at, text: member.to_owned() };
        };
        let before = &self.text[..last.start];
        let gap = &before[before.trim_end_matches([' ', '\t', '\n', '\r']).len()..];
        let gap = match gap.rfind(['\n', '\r']) {
            Some(at) => format!("{}{}", text::line_break(self.text), &gap[at + 1..]),
            None if members.len() > 1 => gap.to_owned(),
            None if compact => String::new(),
            None => " ".to_owned(),
        };
        Splice { range: last.end..last.end, text: format!(",{gap}{member}") }
    }

    /// Takes a member out: the opposite of [`Source::insert_member`]. Comments around it stay.
    pub fn remove_member(&self, collection: NodeId, number: usize) -> Vec<Splice> {
        let members = self.members(collection);
        let member = members[number].clone();
        let cut = |range: Range<usize>| Splice { range, text: String::new() };
        let only_comma = |range: Range<usize>| self.text[range].chars().all(|one| " \t\n\r,".contains(one));
        if let Some(previous) = number.checked_sub(1).map(|number| members[number].end)
            && only_comma(previous..member.start)
        {
            return vec![cut(previous..member.end)];
        }
        if let Some(next) = members.get(number + 1).map(|next| next.start)
            && only_comma(member.end..next)
        {
            return vec![cut(member.start..next)];
        }
        let after = text::skip_blank_and_comments(self.text, member.end);
        match self.text[after..].starts_with(',') {
            true => vec![cut(member), cut(after..after + 1)],
            // With a comment before it the comma may stay: `[a, # note`, then `]`.
            false => vec![cut(member)],
        }
    }
}
