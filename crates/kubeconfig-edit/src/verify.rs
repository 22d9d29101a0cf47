//! The judge of every edit: the new text is parsed again, and everything outside of the entry must read as before.

use std::collections::HashMap;

use yaml_splice::{Kind, NodeId, ScalarStyle};

use crate::item::File;
use crate::{Error, List, Parts};

/// What an edit was allowed to change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// Name of the entry.
    pub(crate) name: &'a str,
    /// The parts of the entry that it wrote or removed.
    pub(crate) parts: Parts,
    /// The edit removed these parts, with everything that was added to them.
    pub(crate) whole: bool,
    /// The edit set `current-context`.
    pub(crate) current: bool,
    /// The edit made, or removed, all the content that the file has.
    pub(crate) fresh: bool,
    /// The fields of the user's plugin that it wrote or removed.
    pub(crate) exec: &'a [&'a str],
}

/// The fields of a plugin that belong to an entry.
pub(crate) const WHOLE_EXEC: &[&str] =
    &["apiVersion", "command", "args", "interactiveMode", "provideClusterInfo", "installHint"];

/// What a reader sees of a node. An alias is told by the place of its target among the nodes outside of the entry.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Scalar(String, bool, Option<String>),
    Open(bool, Option<String>),
    Close,
    Alias(Option<usize>),
}

/// Reads an edited text and compares it with the one before.
///
/// # Errors
/// When it cannot be read, or something outside of the entry reads differently, or would through an alias.
pub(crate) fn reopen<'a>(before: &File<'a>, text: &'a str, scope: Scope<'_>) -> Result<File<'a>, Error> {
    let after = open(before, text, scope)?;
    same_otherwise(before, &after, scope)?;
    Ok(after)
}

/// Reads a text that is being edited.
///
/// # Errors
/// When it cannot be read any more: an anchor may have gone that an alias needs.
pub(crate) fn open<'a>(before: &File<'a>, text: &'a str, scope: Scope<'_>) -> Result<File<'a>, Error> {
    File::open(before.editor, text).map_err(|error| match shared_alias(before, scope) {
        Some(number) => shared(before, scope, number),
        None => Error::anywhere(format!("the edited file would not be readable ({})", error.reason)),
    })
}

fn same_otherwise(before: &File<'_>, after: &File<'_>, scope: Scope<'_>) -> Result<(), Error> {
    if let Some(number) = shared_alias(before, scope).or_else(|| shared_alias(after, scope)) {
        return Err(shared(before, scope, number));
    }
    if foreign(before, scope) == foreign(after, scope) {
        return Ok(());
    }
    Err(Error::anywhere("the file is written in a way that cannot be edited without changing other entries"))
}

/// The nodes that an edit writes or removes.
fn edited(file: &File<'_>, scope: Scope<'_>) -> Vec<NodeId> {
    let Some(root) = file.document.root else { return Vec::new() };
    let mut nodes = Vec::new();
    for list in scope.parts.lists() {
        if let Some((_, value)) = file.document.own(root, list.key()).first()
            && let Some((_, item)) = file.item(*value, scope.name)
        {
            nodes.push(item);
        }
    }
    if scope.current {
        nodes.extend(file.document.own(root, "current-context").iter().map(|pair| pair.1));
    }
    nodes
}

fn contains(file: &File<'_>, outer: NodeId, inner: NodeId) -> bool {
    (outer..=file.document.node(outer).last).contains(&inner)
}

/// The aliases outside of the entry.
fn foreign_aliases(file: &File<'_>, scope: Scope<'_>) -> Vec<NodeId> {
    let edited = edited(file, scope);
    let is_foreign = |id: &NodeId| !edited.iter().any(|node| contains(file, *node, *id));
    let aliases = (0..file.document.nodes.len()).filter(|id| matches!(file.document.node(*id).kind, Kind::Alias(_)));
    aliases.filter(is_foreign).collect()
}

/// An alias is shown at its place in the text that the person has.
fn shared(before: &File<'_>, scope: Scope<'_>, number: usize) -> Error {
    let reason = match scope.name {
        "" => "this alias refers to a value that is about to change; write it out here".to_owned(),
        name => format!("this alias refers to what `{name}` is, or would become, a part of; write it out here"),
    };
    match foreign_aliases(before, scope).get(number) {
        Some(alias) => before.refuse(*alias, reason),
        None => Error::anywhere(reason),
    }
}

/// The number of the first foreign alias that refers into the entry, or to something that contains it.
fn shared_alias(file: &File<'_>, scope: Scope<'_>) -> Option<usize> {
    let edited = edited(file, scope);
    foreign_aliases(file, scope).iter().position(|id| {
        let target = file.document.resolve(*id);
        edited.iter().any(|node| contains(file, *node, target) || contains(file, target, *node))
    })
}

fn foreign(file: &File<'_>, scope: Scope<'_>) -> Vec<Token> {
    let mut walk = Walk { file, tokens: Vec::new(), places: HashMap::new() };
    let Some(root) = file.document.root else { return walk.tokens };
    for (key, value) in file.document.pairs(root) {
        let name = file.document.scalar(*key).unwrap_or_default();
        match List::ALL.into_iter().find(|list| list.key() == name) {
            Some(list) => walk.list(list, *key, *value, scope),
            None if scope.current && name == "current-context" => {}
            None if scope.fresh && matches!(name, "apiVersion" | "kind") => {}
            None => walk.pair(*key, *value),
        }
    }
    walk.tokens
}

struct Walk<'a> {
    file: &'a File<'a>,
    tokens: Vec<Token>,
    places: HashMap<NodeId, usize>,
}

impl Walk<'_> {
    fn pair(&mut self, key: NodeId, value: NodeId) {
        self.node(key);
        self.node(value);
    }

    fn node(&mut self, id: NodeId) {
        self.places.insert(id, self.tokens.len());
        let file = self.file;
        let node = file.document.node(id);
        match &node.kind {
            Kind::Scalar { value, style } => {
                let plain = *style == ScalarStyle::Plain;
                self.tokens.push(Token::Scalar(value.clone(), plain, node.tag.clone()));
            }
            Kind::Alias(target) => self.tokens.push(Token::Alias(self.places.get(target).copied())),
            Kind::Sequence(items) => {
                self.tokens.push(Token::Open(true, node.tag.clone()));
                items.iter().for_each(|item| self.node(*item));
                self.tokens.push(Token::Close);
            }
            Kind::Mapping(pairs) => {
                self.tokens.push(Token::Open(false, node.tag.clone()));
                pairs.iter().for_each(|(key, value)| self.pair(*key, *value));
                self.tokens.push(Token::Close);
            }
        }
    }

    /// A list without the entry's item; one that has nothing else reads like an absent one.
    fn list(&mut self, list: List, key: NodeId, value: NodeId, scope: Scope<'_>) {
        let file = self.file;
        let document = &file.document;
        if document.is_null(value) {
            return;
        }
        let is_edited = scope.parts.lists().any(|edited| edited == list);
        let own = self.file.item(value, scope.name).map(|(number, _)| number).filter(|_| is_edited);
        let items = document.items(value);
        if items.len() > usize::from(own.is_some()) {
            self.node(key);
            self.places.insert(value, self.tokens.len());
        }
        for (number, item) in items.iter().enumerate() {
            match own == Some(number) {
                true if scope.whole => {}
                true => self.own_item(list, *item, scope.exec),
                false => self.node(*item),
            }
        }
    }

    /// What other people added to the entry's item.
    fn own_item(&mut self, list: List, item: NodeId, exec_fields: &[&str]) {
        self.without(item, &["name"], list.inner(), |walk, inner| match list {
            List::Clusters => {
                walk.without(inner, &["server", "certificate-authority-data", "certificate-authority"], "", |_, _| {});
            }
            List::Contexts => walk.without(inner, &["cluster", "user", "namespace"], "", |_, _| {}),
            List::Users => {
                walk.without(inner, &[], "exec", |walk, exec| walk.without(exec, exec_fields, "", |_, _| {}))
            }
        });
    }

    fn without(&mut self, map: NodeId, owned: &[&str], inside: &str, inner: impl Fn(&mut Self, NodeId)) {
        let file = self.file;
        for (key, value) in file.document.pairs(map) {
            match file.document.scalar(*key).unwrap_or_default() {
                name if !inside.is_empty() && name == inside => inner(self, *value),
                name if owned.contains(&name) => {}
                _ => self.pair(*key, *value),
            }
        }
    }
}
