//! YAML text as nodes that remember their bytes: what an edit needs and a deserializer throws away.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

use crate::Error;

/// Index of a node. Nodes are numbered in the order of the text, so a node and its descendants are one range.
pub type NodeId = usize;

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A text, after quotes and escapes.
    #[expect(missing_docs, reason = "the names say it")]
    Scalar { value: String, style: ScalarStyle },
    /// Its items.
    Sequence(Vec<NodeId>),
    /// Its keys and values.
    Mapping(Vec<(NodeId, NodeId)>),
    /// The node that it stands for.
    Alias(NodeId),
}

/// A node and where it is written. All offsets are bytes.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// `[…]` and `{…}`, as opposed to indented blocks.
    pub flow: bool,
    /// First byte of the content, after anchor and tag.
    pub start: usize,
    /// The byte after the content. For block scalars the blank lines behind them are part of it.
    pub end: usize,
    /// First byte of anchor, tag or content.
    pub full_start: usize,
    /// Whether it has an anchor (`&name`).
    pub anchored: bool,
    /// Its tag (`!!str`), without abbreviation.
    pub tag: Option<String>,
    /// The highest number among the descendants, or its own.
    pub last: NodeId,
}

/// The first YAML document of a text.
#[derive(Debug)]
pub struct Document {
    /// All nodes, in the order of the text.
    pub nodes: Vec<Node>,
    /// `None` when there is no content: an empty file, comments, a lone `---`.
    pub root: Option<NodeId>,
    /// Where a second document begins.
    pub second: Option<usize>,
}

impl Document {
    /// Reads the first document.
    ///
    /// # Errors
    /// When the text is not YAML.
    pub fn load(text: &str) -> Result<Self, Error> {
        match Self::load_first(text)? {
            (document, None) => Ok(document),
            (_, Some(rest)) => Err(rest),
        }
    }

    /// Reads the first document, and no further, as libyaml and its descendants do: an error behind it is not one of the
    /// document, and tells where it ends.
    ///
    /// # Errors
    /// When the first document is not YAML.
    pub fn load_first(text: &str) -> Result<(Self, Option<Error>), Error> {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.emit_anchor_events = true;
        let mut builder = Builder { text, ..Builder::default() };
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(text, options) {
            let event = event.map_err(|error| Error {
                line: Some(error.marker().line()),
                column: Some(error.marker().col() + 1),
                reason: format!("this is not valid YAML: {}", error.info()),
            });
            let (event, span) = match event {
                Ok(event) => event,
                Err(rest) if builder.is_complete() => return Ok((builder.finish(), Some(rest))),
                Err(error) => return Err(error),
            };
            if matches!(event, Event::DocumentStart(..)) {
                documents += 1;
                if documents == 2 {
                    builder.second = Some(offsets(&span).0);
                    break;
                }
            }
            builder.take(event, &span)?;
        }
        Ok((builder.finish(), None))
    }

    /// The node of this number.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    /// The node itself, or the one that an alias stands for.
    pub fn resolve(&self, id: NodeId) -> NodeId {
        match self.nodes[id].kind {
            Kind::Alias(target) => target,
            _ => id,
        }
    }

    /// The text of a scalar, through aliases.
    pub fn scalar(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[self.resolve(id)].kind {
            Kind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Whether the node is YAML's null: nothing, `~`, or a spelling of `null`.
    pub fn is_null(&self, id: NodeId) -> bool {
        let node = &self.nodes[self.resolve(id)];
        match &node.kind {
            Kind::Scalar { value, style: ScalarStyle::Plain } => {
                node.tag.as_deref().is_none_or(|tag| tag.ends_with("null"))
                    && matches!(value.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// The pairs of a mapping, through aliases; nothing for anything else.
    pub fn pairs(&self, id: NodeId) -> &[(NodeId, NodeId)] {
        match &self.nodes[self.resolve(id)].kind {
            Kind::Mapping(pairs) => pairs,
            _ => &[],
        }
    }

    /// The items of a sequence, through aliases; nothing for anything else.
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        match &self.nodes[self.resolve(id)].kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Every pair with this key that is written in the mapping itself.
    pub fn own(&self, map: NodeId, key: &str) -> Vec<(NodeId, NodeId)> {
        self.pairs(map).iter().copied().filter(|(name, _)| self.scalar(*name) == Some(key)).collect()
    }

    /// The value that a mapping takes from its merge keys (`<<`).
    pub fn merged(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.merged_from(map, key, &mut HashSet::new())
    }

    /// Merge keys may lead into a circle, or a million times to one place: each place is asked once.
    fn merged_from(&self, map: NodeId, key: &str, asked: &mut HashSet<NodeId>) -> Option<NodeId> {
        for (_, source) in self.own(map, "<<") {
            let source = self.resolve(source);
            let single = [source];
            let sources = if self.pairs(source).is_empty() { self.items(source) } else { &single };
            for source in sources.iter().map(|source| self.resolve(*source)) {
                if !asked.insert(source) {
                    continue;
                }
                let own = self.own(source, key).last().map(|pair| pair.1);
                if let Some(value) = own.or_else(|| self.merged_from(source, key, asked)) {
                    return Some(value);
                }
            }
        }
        None
    }

    /// The value that a lenient reader sees under a key: the last one written, else a merged one.
    pub fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.own(map, key).last().map(|pair| pair.1).or_else(|| self.merged(map, key))
    }
}

fn offsets(span: &Span) -> (usize, usize) {
    // A parser of a `&str` always knows its byte offsets.
    let range = span.byte_range().unwrap_or_default();
    (range.start, range.end)
}

#[derive(Default)]
struct Builder<'text> {
    text: &'text str,
    nodes: Vec<Node>,
    /// Open collections, each with its children so far.
    open: Vec<(NodeId, Vec<NodeId>)>,
    anchors: HashMap<usize, NodeId>,
    root: Option<NodeId>,
    second: Option<usize>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Error> {
        let (start, end) = offsets(span);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let nothing = start == end && style == ScalarStyle::Plain;
                let value = if nothing { String::new() } else { value.into_owned() };
                let (start, end) = match style {
                    _ if nothing => self.place_of_nothing(start),
                    ScalarStyle::Literal | ScalarStyle::Folded => (start, self.end_of_block(start, end)),
                    _ => (start, end),
                };
                let id = self.add(Kind::Scalar { value, style }, false, (start, end), span);
                self.properties(id, anchor, tag.as_deref());
                self.attach(id);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let id = self.add(Kind::Sequence(Vec::new()), style == StructureStyle::Flow, (start, end), span);
                self.properties(id, anchor, tag.as_deref());
                self.open.push((id, Vec::new()));
            }
            Event::MappingStart(style, anchor, tag) => {
                let id = self.add(Kind::Mapping(Vec::new()), style == StructureStyle::Flow, (start, end), span);
                self.properties(id, anchor, tag.as_deref());
                self.open.push((id, Vec::new()));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(anchor) => {
                let Some(target) = self.anchors.get(&anchor).copied() else {
                    return Err(Error::at(self.text, start, "this alias refers to nothing"));
                };
                let id = self.add(Kind::Alias(target), false, (start, end), span);
                self.attach(id);
            }
            Event::Anchor(..) => {
                if let Some(node) = self.nodes.last_mut() {
                    node.full_start = node.full_start.min(start);
                    node.end = node.end.max(end);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the root and all that is in it was read.
    fn is_complete(&self) -> bool {
        self.root.is_some() && self.open.is_empty()
    }

    /// The parser places an absent value at the indicator (`:`) that announces it.
    fn place_of_nothing(&self, start: usize) -> (usize, usize) {
        match self.text.as_bytes().get(start) {
            Some(b':') if !self.open.is_empty() => (start + 1, start + 1),
            _ => (start, start),
        }
    }

    /// The parser ends a block scalar where the next token begins, behind that token's indentation.
    fn end_of_block(&self, start: usize, end: usize) -> usize {
        let body = self.text[start..end].trim_end_matches(' ');
        if body.ends_with(['\n', '\r']) { start + body.len() } else { end }
    }

    fn add(&mut self, kind: Kind, flow: bool, (start, end): (usize, usize), span: &Span) -> NodeId {
        let id = self.nodes.len();
        let tag = span.tag_span().map(|span| offsets(&span));
        let full_start = tag.map_or(start, |tag| tag.0.min(start));
        let end = tag.map_or(end, |tag| tag.1.max(end));
        self.nodes.push(Node { kind, flow, start, end, full_start, anchored: false, tag: None, last: id });
        id
    }

    fn properties(&mut self, id: NodeId, anchor: usize, tag: Option<&granit_parser::Tag>) {
        self.nodes[id].tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
        if anchor != 0 {
            self.nodes[id].anchored = true;
            self.anchors.insert(anchor, id);
        }
    }

    fn close(&mut self, end: usize) {
        let Some((id, children)) = self.open.pop() else { return };
        let last_end = children.last().map(|child| self.nodes[*child].end);
        let last = self.nodes.len() - 1;
        let node = &mut self.nodes[id];
        node.last = last;
        node.end = if node.flow { end } else { last_end.unwrap_or(node.end) };
        node.kind = match node.kind {
            Kind::Sequence(_) => Kind::Sequence(children),
            _ => Kind::Mapping(children.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()),
        };
        self.attach(id);
    }

    fn attach(&mut self, id: NodeId) {
        match self.open.last_mut() {
            Some((_, children)) => children.push(id),
            None => self.root = Some(id),
        }
    }

    fn finish(self) -> Document {
        // A lone `---` reads as a null that is written nowhere: no content.
        let root = self.root.filter(|id| {
            let node = &self.nodes[*id];
            let nothing = matches!(&node.kind, Kind::Scalar { value, style: ScalarStyle::Plain } if value.is_empty());
            !(nothing && node.start == node.end && !node.anchored && node.tag.is_none())
        });
        Document { nodes: self.nodes, root, second: self.second }
    }
}
