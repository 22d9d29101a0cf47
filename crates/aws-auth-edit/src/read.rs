//! What the cluster sees: aws-iam-authenticator, `pkg/mapper/configmap`. It turns the YAML into JSON, and decodes that into
//! structs: Go's `encoding/json` matches keys without their case, and passes over a value of a wrong type.

use std::collections::{BTreeMap, HashSet};

use yaml_splice::text::line_start;
use yaml_splice::{Document, Error, Kind, NodeId, ScalarStyle, Source};

use crate::{Broken, Item, List};

/// Reads a list as the cluster does. An item that it takes no notice of is listed with the reason.
///
/// # Errors
/// When the cluster cannot read it: the text is not YAML that has a meaning in JSON, or not a list.
pub fn read(text: &str, list: List) -> Result<Vec<Item>, Broken> {
    if is_skipped(text) {
        return Ok(Vec::new());
    }
    let (source, _) = load(text)?;
    Ok(items(&source, list)?.into_iter().map(|(item, _)| item).collect())
}

/// The line from which on the cluster reads no further: the list has ended, by a second document or by a line that is
/// indented less than its items. Whatever it would map from there on is not mapped.
pub fn ends_before(text: &str) -> Option<usize> {
    if is_skipped(text) {
        return None;
    }
    load(text).ok()?.1.and_then(|rest| rest.line)
}

/// The first document of a text, and what is wrong with the rest.
pub(crate) fn load(text: &str) -> Result<(Source<'_>, Option<Error>), Error> {
    let (document, rest) = Document::load_first(text)?;
    let rest = match document.second {
        Some(at) => {
            Some(Error::at(text, at, "a second YAML document begins here, and the cluster reads only the first"))
        }
        None => rest.map(|rest| Error {
            reason: "the list ends before this line, and the cluster reads no further; indent it like the items above"
                .to_owned(),
            ..rest
        }),
    };
    Ok((Source { text, document }, rest))
}

/// Texts that are no list, and that the cluster takes for an empty one.
pub(crate) fn is_skipped(text: &str) -> bool {
    matches!(text.trim(), "" | "``" | "\"\"" | "''")
}

/// The items, each with its node.
pub(crate) fn items(source: &Source<'_>, list: List) -> Result<Vec<(Item, NodeId)>, Error> {
    refuse_tabs(source)?;
    refuse_what_json_cannot_say(source)?;
    let Some(root) = source.document.root.filter(|root| !source.document.is_null(*root)) else { return Ok(Vec::new()) };
    if !matches!(source.document.node(source.document.resolve(root)).kind, Kind::Sequence(_)) {
        return Err(source.refuse(root, "this is not a list: each item must begin with `- `"));
    }
    let lines = line_starts(source.text);
    let read = |id: NodeId| {
        let mut item = Reader { document: &source.document, list, item: Item::default() }.item(id);
        let begin = source.document.node(id).full_start;
        let dash = source.dash(id).ok().filter(|_| !source.document.node(root).flow);
        item.line = lines.partition_point(|start| *start <= dash.unwrap_or(begin)).max(1);
        (item, id)
    };
    Ok(source.document.items(root).iter().map(|id| read(*id)).collect())
}

/// The first byte of every line.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}

/// Tabs before something in a block: libyaml takes them for no space there.
fn refuse_tabs(source: &Source<'_>) -> Result<(), Error> {
    let text = source.text;
    let mut long: Vec<(usize, usize)> = Vec::new();
    for node in &source.document.nodes {
        let is_long = node.flow || matches!(&node.kind, Kind::Scalar { style, .. } if *style != ScalarStyle::Plain);
        if is_long && long.last().is_none_or(|(_, end)| *end <= node.start) {
            long.push((node.start, node.end));
        }
    }
    let is_inside = |at: usize| {
        let before = long.partition_point(|(start, _)| *start < at);
        before.checked_sub(1).is_some_and(|last| at < long[last].1)
    };
    for (at, _) in text.match_indices('\t') {
        let line = text[line_start(text, at)..at].trim_start_matches(' ');
        let is_before_all = line.trim_start_matches('-').trim_matches([' ', '\t']).is_empty()
            && line.len() <= 1 + line.matches(' ').count();
        if is_before_all && !is_inside(at) {
            return Err(Error::at(text, at, "this is not valid YAML: a tab stands where only spaces may"));
        }
    }
    Ok(())
}

/// Keys that are no text, such as those of an unquoted `{{SessionName}}`, and aliases of what they are a part of.
fn refuse_what_json_cannot_say(source: &Source<'_>) -> Result<(), Error> {
    let document = &source.document;
    for (id, node) in document.nodes.iter().enumerate() {
        match &node.kind {
            Kind::Alias(target) if (*target..=document.node(*target).last).contains(&id) => {
                return Err(source.refuse(id, "this alias is a part of what it refers to"));
            }
            Kind::Mapping(pairs) => {
                if let Some((key, _)) = pairs.iter().find(|(key, _)| is_no_key(document, *key)) {
                    let reason =
                        "this key is not a text; a value that begins with `{` needs quotes: \"{{SessionName}}\"";
                    return Err(source.refuse(*key, reason));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_no_key(document: &Document, key: NodeId) -> bool {
    document.scalar(key).is_none() || document.is_null(key)
}

struct Reader<'a> {
    document: &'a Document,
    list: List,
    item: Item,
}

impl Reader<'_> {
    fn item(mut self, id: NodeId) -> Item {
        if !matches!(self.document.node(self.document.resolve(id)).kind, Kind::Mapping(_)) {
            self.fault("it has no keys and values".to_owned());
            return self.item;
        }
        let mut has_sso = false;
        // JSON objects are written with their keys in order, and of keys that differ in case the last one is kept.
        for (key, value) in fields(self.document, id) {
            match key.to_ascii_lowercase().as_str() {
                name if name == self.list.arn_key() => {
                    self.item.arn = self.text(&key, value).unwrap_or(std::mem::take(&mut self.item.arn));
                }
                "username" => {
                    self.item.username = self.text(&key, value).unwrap_or(std::mem::take(&mut self.item.username));
                }
                "groups" => self.groups(&key, value),
                "sso" if self.list == List::Roles => has_sso = !self.document.is_null(value),
                _ => {}
            }
        }
        self.item.counts = !self.item.arn.is_empty() && !has_sso;
        if has_sso {
            self.fault("it has `sso`, which EKS does not evaluate".to_owned());
        } else if self.item.arn.is_empty() {
            self.fault(format!("it has no `{}`", self.list.arn_key()));
        }
        self.item
    }

    fn fault(&mut self, fault: String) {
        self.item.faults.push(fault);
    }

    /// A text. `None` leaves the field as it is.
    fn text(&mut self, key: &str, value: NodeId) -> Option<String> {
        if self.document.is_null(value) {
            return None;
        }
        let text = text(self.document, value);
        if text.is_none() {
            self.fault(format!("`{key}` is not a text"));
        }
        text
    }

    fn groups(&mut self, key: &str, value: NodeId) {
        let document = self.document;
        if document.is_null(value) {
            self.item.groups.clear();
            return;
        }
        if !matches!(document.node(document.resolve(value)).kind, Kind::Sequence(_)) {
            self.fault(format!("`{key}` is not a list"));
            return;
        }
        let groups: Vec<Option<String>> = document.items(value).iter().map(|group| text(document, *group)).collect();
        if groups.iter().any(Option::is_none) {
            self.fault(format!("one of `{key}` is not a text"));
        }
        self.item.groups = groups.into_iter().map(Option::unwrap_or_default).collect();
    }
}

/// The pairs of a mapping and of what it merges: of one key the last own one, else a merged one.
fn fields(document: &Document, map: NodeId) -> BTreeMap<String, NodeId> {
    let mut fields = BTreeMap::new();
    let mut merges = vec![document.resolve(map)];
    let mut seen = HashSet::new();
    // Each level is asked before those that it merges.
    while let Some(map) = (!merges.is_empty()).then(|| merges.remove(0)) {
        if !seen.insert(map) {
            continue;
        }
        let mut own = BTreeMap::new();
        for (key, value) in document.pairs(map) {
            match document.scalar(*key) {
                Some("<<") => {
                    let value = document.resolve(*value);
                    let many = document.items(value).iter().map(|source| document.resolve(*source));
                    merges.extend(many.chain(std::iter::once(value)));
                }
                Some(name) => {
                    own.insert(name.to_owned(), *value);
                }
                None => {}
            }
        }
        for (key, value) in own {
            fields.entry(key).or_insert(value);
        }
    }
    fields
}

/// A scalar that is a text in YAML 1.1.
fn text(document: &Document, id: NodeId) -> Option<String> {
    let node = document.node(document.resolve(id));
    let Kind::Scalar { value, style } = &node.kind else { return None };
    let is_text = match node.tag.as_deref() {
        Some(tag) => !["int", "float", "bool", "null"].iter().any(|name| tag.ends_with(&format!(":{name}"))),
        None => *style != ScalarStyle::Plain || !is_other_than_text(value),
    };
    is_text.then(|| value.clone())
}

/// Whether a plain scalar is a null, a truth value or a number for the YAML library of the authenticator.
fn is_other_than_text(value: &str) -> bool {
    const WORDS: [&str; 11] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let lower = value.to_ascii_lowercase();
    let mut letters = value.chars();
    let first = letters.next().unwrap_or_default();
    // `yes`, `Yes` and `YES`, but not `yEs`.
    let one_case =
        [lower.clone(), lower.to_ascii_uppercase(), format!("{first}{}", lower.get(1..).unwrap_or_default())];
    if WORDS.contains(&lower.as_str()) && one_case.iter().any(|case| case == value) {
        return true;
    }
    let digits = lower.replace('_', "");
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
    if matches!(unsigned, ".inf" | ".nan") {
        return true;
    }
    let of_base = |prefix: &str, base| {
        unsigned.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.chars().all(|one| one.is_digit(base)))
    };
    if of_base("0x", 16) || of_base("0o", 8) || of_base("0b", 2) {
        return true;
    }
    let begins_like_one = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    begins_like_one && unsigned.parse::<f64>().is_ok()
}
