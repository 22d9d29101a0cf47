//! Line edits that keep track of what they should mean, so that the result can be read back and compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::lines::{self, Line, is_space, margin, strip};
use crate::{AwsConfig, Error, Section, parse};

/// A section as the model sees it: its header, its keys and their values.
type Meaning = (String, Vec<(String, String)>);

/// The edits to one text. Lines without an edit come out byte for byte.
pub(crate) struct Edit<'a> {
    mark: &'a str,
    lines: Vec<Line<'a>>,
    config: &'a AwsConfig,
    replaced: BTreeMap<usize, String>,
    removed: BTreeSet<usize>,
    inserted: BTreeMap<usize, Vec<String>>,
    appended: Vec<String>,
    /// What the text shall mean afterwards; `None` for a section that is gone.
    expected: Vec<Option<Meaning>>,
}

impl<'a> Edit<'a> {
    pub(crate) fn new(text: &'a str, config: &'a AwsConfig) -> Self {
        let (mark, rest) = lines::split_mark(text);
        Edit {
            mark,
            lines: lines::split(rest),
            config,
            replaced: BTreeMap::new(),
            removed: BTreeSet::new(),
            inserted: BTreeMap::new(),
            appended: Vec::new(),
            expected: meaning(config).into_iter().map(Some).collect(),
        }
    }

    /// Gives a key of an existing section this value: in its own line if it has one, else after the last key.
    pub(crate) fn set(&mut self, index: usize, key: &str, value: &str) {
        let section: &Section = &self.config.sections[index];
        match section.own_entry(key) {
            Some(entry) if entry.value == value => return,
            Some(entry) => {
                self.replaced.insert(entry.line, with_value(self.lines[entry.line].body, value));
                self.removed.extend(&entry.continued);
            }
            None => {
                let like = section.options.last().map_or(section.line, |entry| entry.line);
                let line = format!("{}{key} = {value}", margin(self.lines[like].body));
                self.inserted.entry(section.last_line()).or_default().push(line);
            }
        }
        if let Some((_, pairs)) = &mut self.expected[index] {
            match pairs.iter_mut().find(|(name, _)| name == key) {
                Some(pair) => pair.1 = value.to_owned(),
                None => pairs.push((key.to_owned(), value.to_owned())),
            }
        }
    }

    /// Takes a key out of a section.
    pub(crate) fn unset(&mut self, index: usize, key: &str) {
        let Some(entry) = self.config.sections[index].own_entry(key) else { return };
        self.removed.insert(entry.line);
        self.removed.extend(&entry.continued);
        if let Some((_, pairs)) = &mut self.expected[index] {
            pairs.retain(|(name, _)| name != key);
        }
    }

    /// Puts a new section at the end, one blank line before it.
    pub(crate) fn append(&mut self, header: &str, pairs: &[(&str, &str)]) {
        if !self.lines.is_empty() || !self.appended.is_empty() {
            self.appended.push(String::new());
        }
        self.appended.push(format!("[{header}]"));
        self.appended.extend(pairs.iter().map(|(key, value)| format!("{key} = {value}")));
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.expected.push(Some((header.to_owned(), pairs)));
    }

    /// Takes a whole section out, with the one blank line that [`Edit::append`] puts before it. Comments after its last
    /// key stay: they may belong to what follows.
    pub(crate) fn remove(&mut self, index: usize) {
        let section = &self.config.sections[index];
        self.removed.extend(section.line..=section.last_line());
        if let Some(before) = section.line.checked_sub(1).filter(|before| self.lines[*before].body.is_empty()) {
            self.removed.insert(before);
        }
        self.expected[index] = None;
    }

    /// The edited text, proved by reading it back.
    pub(crate) fn finish(self) -> Result<(String, AwsConfig), Error> {
        let text = self.render();
        let after = parse(&text)?;
        let expected: Vec<Meaning> = self.expected.into_iter().flatten().collect();
        match meaning(&after).iter().zip(&expected).position(|(found, wanted)| found != wanted) {
            None if after.sections.len() == expected.len() => Ok((text, after)),
            differs => {
                let line = differs.and_then(|index| self.config.sections.get(index)).map(Section::line);
                let reason = "the indentation around here gives the edit another meaning than intended".to_owned();
                Err(Error { line, reason })
            }
        }
    }

    /// The file ends with a line end if it did before, so that removing what was added gives the old bytes back.
    fn render(&self) -> String {
        let open = self.lines.last().is_some_and(|line| line.end.is_empty());
        let last_end = self.lines.iter().rev().map(|line| line.end).find(|end| !end.is_empty()).unwrap_or("\n");
        let mut pieces: Vec<(&str, &str)> = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let end = if line.end.is_empty() { last_end } else { line.end };
            if !self.removed.contains(&index) {
                pieces.push((self.replaced.get(&index).map_or(line.body, String::as_str), end));
            }
            pieces.extend(self.inserted.get(&index).into_iter().flatten().map(|body| (body.as_str(), end)));
        }
        pieces.extend(self.appended.iter().map(|body| (body.as_str(), last_end)));
        if open && let Some(last) = pieces.last_mut() {
            last.1 = "";
        }
        let mut text = self.mark.to_owned();
        text.extend(pieces.into_iter().flat_map(|(body, end)| [body, end]));
        text
    }
}

/// The line with another value, its key, spacing and trailing white space as they are.
fn with_value(body: &str, value: &str) -> String {
    let after_delimiter = body.find(['=', ':']).map_or(body.len(), |position| position + 1);
    let (head, tail) = body.split_at(after_delimiter);
    let old = strip(tail);
    if old.is_empty() {
        let gap = if tail.is_empty() { " " } else { tail };
        return format!("{head}{gap}{value}");
    }
    let start = tail.len() - tail.trim_start_matches(is_space).len();
    format!("{head}{}{value}{}", &tail[..start], &tail[start + old.len()..])
}

fn meaning(config: &AwsConfig) -> Vec<Meaning> {
    let pairs = |section: &Section| section.options.iter().map(|e| (e.key.clone(), e.value.clone())).collect();
    config.sections.iter().map(|section| (section.header.clone(), pairs(section))).collect()
}
