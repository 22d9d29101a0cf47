//! How the items of a list are written: the last one that shows it is the example for a new one.

use yaml_splice::{Kind, NodeId, ScalarStyle, text};

use crate::file::File;
use crate::render::{Field, FlowStyle, GroupsStyle, Lines, Quotes, Style};

impl File<'_> {
    /// The last item that is written out as keys and values.
    pub(crate) fn example(&self, flow: bool) -> Option<NodeId> {
        let is_example = |id: &NodeId| {
            let node = self.document.node(*id);
            node.flow == flow && !self.document.pairs(*id).is_empty() && matches!(node.kind, Kind::Mapping(_))
        };
        self.items.iter().rev().map(|(_, id)| *id).find(is_example)
    }

    /// The style of a new item in a block.
    pub(crate) fn block_style(&self) -> Style {
        let plain = || Style::plain(self.list, text::line_break(self.text));
        let mut style = self.example(false).map_or_else(plain, |example| self.style_of(example));
        // An item without groups shows nothing of how they are written.
        let others = self.items.iter().rev().map(|(_, id)| *id);
        if let Some((groups, quotes)) =
            others.filter(|id| !self.document.node(*id).flow).find_map(|id| self.groups_of(id))
        {
            style.groups = groups;
            if let Some(field) = style.fields.iter_mut().find(|(field, ..)| *field == Field::Groups) {
                field.2 = quotes;
            }
        }
        style
    }

    /// The style of a new item as `{…}`.
    pub(crate) fn flow_style(&self) -> (Style, FlowStyle) {
        let line_break = text::line_break(self.text);
        let Some(example) = self.example(true) else {
            return (Style::json(self.list, line_break), FlowStyle::default());
        };
        (self.style_of(example), self.flow_of(example))
    }

    /// The keys, their order and quotes of one item.
    pub(crate) fn style_of(&self, item: NodeId) -> Style {
        let mut style = Style::plain(self.list, text::line_break(self.text));
        self.learn(item, &mut style);
        style
    }

    /// How one `{…}` is written.
    pub(crate) fn flow_of(&self, example: NodeId) -> FlowStyle {
        let node = self.document.node(example);
        let lines =
            self.flow_lines(example).map(|(indentation, step, line_break)| Lines { indentation, step, line_break });
        let compact = |(key, _): &(NodeId, NodeId)| {
            self.is_quoted(*key) && self.after_colon(*key).is_ok_and(|colon| text::is_compact(self.text, colon))
        };
        let on_lines = |(_, value): &(NodeId, NodeId)| {
            let first = self.document.items(*value).first().map(|first| self.document.node(*first).full_start);
            first.is_some_and(|first| self.text[self.document.node(*value).start..first].contains(['\n', '\r']))
        };
        FlowStyle {
            compact: self.document.pairs(example).first().is_some_and(compact),
            padding: if self.text[node.start..].starts_with("{ ") { " " } else { "" },
            lines,
            groups_on_lines: self.document.pairs(example).iter().any(on_lines),
        }
    }

    /// Takes keys, their order and quotes from an item.
    fn learn(&self, example: NodeId, style: &mut Style) {
        let mut learnt: Vec<(Field, String, Quotes)> = Vec::new();
        for (key, value) in self.document.pairs(example) {
            let name = self.document.scalar(*key).unwrap_or_default().to_ascii_lowercase();
            let field = match name.as_str() {
                name if name == self.list.arn_key() => Field::Arn,
                "username" => Field::Username,
                "groups" => Field::Groups,
                _ => continue,
            };
            let spelled = self.text[self.document.node(*key).start..self.document.node(*key).end].to_owned();
            let text = if field == Field::Groups { self.document.items(*value).last().copied() } else { Some(*value) };
            // An alias may stand for either, and a key may be written over several lines.
            let is_one_line = !spelled.contains(['\n', '\r', '*']);
            if is_one_line && !learnt.iter().any(|(known, ..)| *known == field) {
                learnt.push((field, spelled, text.map_or_else(Quotes::default, |text| self.quotes(text))));
            }
        }
        let all_quoted = !learnt.is_empty() && learnt.iter().all(|(_, key, _)| key.starts_with('"'));
        for (field, key, quotes) in &style.fields {
            if !learnt.iter().any(|(known, ..)| known == field) {
                let key = if all_quoted { yaml_splice::scalar::quoted(key) } else { key.clone() };
                learnt.push((*field, key, if all_quoted { Quotes::Double } else { *quotes }));
            }
        }
        style.fields = learnt;
    }

    /// How the groups of an item are written, if it has some.
    fn groups_of(&self, item: NodeId) -> Option<(GroupsStyle, Quotes)> {
        let is_groups = |key: NodeId| self.document.scalar(key).is_some_and(|key| key.eq_ignore_ascii_case("groups"));
        let (key, list) = *self.document.pairs(item).iter().find(|(key, _)| is_groups(*key))?;
        let node = self.document.node(list);
        let Kind::Sequence(groups) = &node.kind else { return None };
        let last = *groups.last()?;
        if node.flow {
            return Some((GroupsStyle::Flow, self.quotes(last)));
        }
        let dash = self.dashes(list).checked_sub(self.column(key))?;
        Some((GroupsStyle::Block { dash, gap: self.gap(last) }, self.quotes(last)))
    }

    /// The spaces between a dash and what it introduces.
    pub(crate) fn gap(&self, item: NodeId) -> usize {
        let start = self.document.node(item).full_start;
        let same_line = |dash: &usize| text::line_start(self.text, *dash) == text::line_start(self.text, start);
        self.dash(item).ok().filter(same_line).map_or(1, |dash| start - dash - 1)
    }

    /// How a scalar is quoted.
    pub(crate) fn quotes(&self, id: NodeId) -> Quotes {
        match &self.document.node(id).kind {
            Kind::Scalar { style: ScalarStyle::SingleQuoted, .. } => Quotes::Single,
            Kind::Scalar { style: ScalarStyle::DoubleQuoted, .. } => Quotes::Double,
            _ => Quotes::Plain,
        }
    }
}
