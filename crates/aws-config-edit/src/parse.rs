//! Reading, rule for rule as Python's `RawConfigParser` does, with the nested values that botocore adds.
//!
//! The parser is strict where Python's is: a section or a key that comes twice makes the whole file unreadable for the
//! AWS CLI, so it is refused here too.

use std::collections::HashMap;

use crate::header::classify;
use crate::lines::{self, indent, is_space, strip};
use crate::{AwsConfig, Entry, Error, Section};

/// The section whose values Python hands to all the others; not `[default]`, which is a profile.
pub(crate) const INHERITED_BY_ALL: &str = "DEFAULT";

/// Reads the file as botocore does, but for a byte order mark, which is read past.
///
/// # Errors
/// The line that botocore, and with it the AWS CLI, cannot read, and why.
pub fn parse(text: &str) -> Result<AwsConfig, Error> {
    let (_, text) = lines::split_mark(text);
    let mut reader = Reader::default();
    for (index, line) in lines::split(text).iter().enumerate() {
        reader.line(index, line.body)?;
    }
    let mut sections = reader.sections;
    for entry in sections.iter_mut().flat_map(|section| &mut section.options) {
        entry.value.truncate(entry.value.trim_end_matches(is_space).len());
    }
    hand_down(&mut sections);
    for section in sections.iter().filter(|section| section.header != INHERITED_BY_ALL) {
        section.effective().try_for_each(check_nested)?;
    }
    Ok(AwsConfig { sections })
}

#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    /// Where a header, and a key below it, was first seen.
    seen_headers: HashMap<String, usize>,
    seen_keys: HashMap<(String, String), usize>,
    /// Whether lines with more indentation than `level` continue a value.
    in_value: bool,
    level: usize,
}

impl Reader {
    fn line(&mut self, index: usize, body: &str) -> Result<(), Error> {
        let value = strip(body);
        if value.starts_with(['#', ';']) {
            return Ok(());
        }
        let entry = self.sections.last_mut().and_then(|section| section.options.last_mut()).filter(|_| self.in_value);
        if value.is_empty() {
            if let Some(entry) = entry {
                entry.value.push('\n');
            }
            return Ok(());
        }
        match entry {
            Some(entry) if indent(body) > self.level => {
                entry.value.push('\n');
                entry.value.push_str(value);
                entry.continued.push(index);
                return Ok(());
            }
            _ => self.level = indent(body),
        }
        match header_of(value) {
            Some(header) => self.open(index, header),
            None => self.option(index, value),
        }
    }

    fn open(&mut self, index: usize, header: &str) -> Result<(), Error> {
        let first = self.seen_headers.insert(header.to_owned(), index).filter(|_| header != INHERITED_BY_ALL);
        if let Some(first) = first {
            let reason = format!("there is a section [{header}] in line {} already", first + 1);
            return Err(Error::at(index, format!("{reason}; the AWS CLI cannot read this")));
        }
        let (class, name) = classify(header);
        self.in_value = false;
        self.sections.push(Section {
            header: header.to_owned(),
            class,
            name,
            line: index,
            options: Vec::new(),
            inherited: Vec::new(),
        });
        Ok(())
    }

    fn option(&mut self, index: usize, line: &str) -> Result<(), Error> {
        let Some(section) = self.sections.last_mut() else {
            return Err(Error::at(index, "this stands before the first [section]; the AWS CLI cannot read this"));
        };
        let Some((key, value)) = line.split_once(['=', ':']).filter(|(key, _)| !strip(key).is_empty()) else {
            return Err(Error::at(index, "this is not `key = value`; the AWS CLI cannot read this"));
        };
        let key = strip(key).to_lowercase();
        if let Some(first) = self.seen_keys.insert((section.header.clone(), key.clone()), index) {
            let reason = format!("[{}] has `{key}` in line {} already", section.header, first + 1);
            return Err(Error::at(index, format!("{reason}; the AWS CLI cannot read this")));
        }
        section.options.push(Entry { key, value: strip(value).to_owned(), line: index, continued: Vec::new() });
        self.in_value = true;
        Ok(())
    }
}

/// `\[(.+)\]` from the start of the line, so up to the last bracket; what follows it is ignored.
fn header_of(line: &str) -> Option<&str> {
    let inside = line.strip_prefix('[')?;
    let header = &inside[..inside.rfind(']')?];
    (!header.is_empty()).then_some(header)
}

/// Checks nested settings the way botocore does: every line of them has a `=`.
fn check_nested(entry: &Entry) -> Result<(), Error> {
    let line_ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
    let bad = |line: &str| !strip(line).is_empty() && !line.contains('=');
    if entry.value.starts_with('\n') && entry.value.split(line_ends).any(bad) {
        let reason = format!("the indented lines below `{}` are not all `key = value`", entry.key);
        return Err(Error::at(entry.line, format!("{reason}; the AWS CLI cannot read this")));
    }
    Ok(())
}

fn hand_down(sections: &mut [Section]) {
    let all: Vec<Entry> = sections
        .iter()
        .filter(|section| section.header == INHERITED_BY_ALL)
        .flat_map(|section| section.options.iter().cloned())
        .collect();
    for section in sections.iter_mut().filter(|section| section.header != INHERITED_BY_ALL) {
        section.inherited.clone_from(&all);
    }
}
