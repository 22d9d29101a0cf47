//! Edits in flow style and JSON: members are inserted and removed together with their comma.

use yaml_splice::{Kind, NodeId, ScalarStyle, text};

use crate::item::File;
use crate::render::FlowStyle;

impl File<'_> {
    /// How `{…}` and `[…]` are written around here; `example` is a neighbour, if there is one, `root` the top level.
    pub(crate) fn flow_style(&self, example: Option<NodeId>, root: NodeId) -> FlowStyle {
        let is_model = |id: &NodeId| self.document.node(*id).flow && !self.document.pairs(*id).is_empty();
        let Some(model) = example.filter(is_model).or(Some(root).filter(is_model)) else {
            let json = example.is_none() && self.document.node(root).flow;
            return FlowStyle { json, compact: false, lines: None };
        };
        let (first, _) = self.document.pairs(model)[0];
        let json = matches!(&self.document.node(first).kind, Kind::Scalar { style: ScalarStyle::DoubleQuoted, .. });
        let compact = json && self.after_colon(first).is_ok_and(|colon| text::is_compact(self.text, colon));
        FlowStyle { json, compact, lines: example.filter(is_model).and_then(|example| self.flow_lines(example)) }
    }
}
