//! Formats lines of logs: filtered, with a prefix if logs are mixed, as text or JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use regex::bytes::Regex;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::logs::columns::Columns;
use crate::model::logs::feed::Piece;
use crate::model::logs::highlight::highlight;
use crate::screen;

/// Colours of prefixes that are readable on dark and light backgrounds. Red is for errors.
const COLOURS: [&str; 6] = ["36", "32", "33", "35", "34", "96"];

/// How lines are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Style {
    /// If not empty, only lines that match one of these.
    pub(crate) include: Vec<Regex>,
    /// No lines that match one of these.
    pub(crate) exclude: Vec<Regex>,
    /// Show the server's timestamps.
    pub(crate) timestamps: bool,
    /// One object per line.
    pub(crate) json: bool,
    /// What is shown of lines that are JSON objects.
    pub(crate) columns: Option<Columns>,
    /// Colour prefixes, and mark what was included.
    pub(crate) colour: bool,
}

/// A line of a log: an object per line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LogLine<'a> {
    /// The pod
    pod: &'a str,
    /// The container, unless the pod has only one and the role may not see it
    container: Option<&'a str>,
    /// When it was written, with nanoseconds
    timestamp: Option<&'a str>,
    /// The line, without its end
    message: Cow<'a, str>,
    /// Whether it is all of the line: one of more than 1 MiB is split
    whole: bool,
}

/// Formats the lines of one container.
#[derive(Debug)]
pub(crate) struct Lines {
    style: Style,
    pod: String,
    container: String,
    /// Before each line; empty for a single log.
    prefix: Vec<u8>,
    shown: bool,
    /// The last output has no line end yet.
    open: bool,
}

impl Lines {
    /// `prefixed` if several logs are mixed.
    pub(crate) fn new(style: &Style, pod: &str, container: &str, prefixed: bool) -> Self {
        let mut prefix = String::new();
        if prefixed && !style.json {
            let name = if container.is_empty() { pod.to_owned() } else { format!("{pod}/{container}") };
            let _ = match style.colour {
                true => write!(prefix, "\x1b[{}m[{name}]\x1b[0m ", colour(pod)),
                false => write!(prefix, "[{name}] "),
            };
        }
        Lines {
            style: style.clone(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            prefix: prefix.into_bytes(),
            shown: false,
            open: false,
        }
    }

    /// Whether a piece of a line can be shown before the line is complete. Not with patterns, JSON, columns or mixed logs.
    pub(crate) fn are_shown_in_pieces(&self) -> bool {
        let Style { include, exclude, json, columns, .. } = &self.style;
        self.prefix.is_empty() && !json && columns.is_none() && include.is_empty() && exclude.is_empty()
    }

    /// Adds a piece of a line to the output. With mixed logs, every piece becomes a line; only lines that are too long for
    /// memory come in pieces there.
    pub(crate) fn add(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        if piece.begins {
            self.shown = self.matches(piece.text);
        }
        if !self.shown {
            return;
        }
        if self.style.json {
            let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
            let line = LogLine {
                pod: &self.pod,
                container: some(&self.container),
                timestamp: some(piece.timestamp),
                message: String::from_utf8_lossy(piece.text),
                whole: piece.begins && piece.ends,
            };
            // Text can be written as JSON.
            out.extend_from_slice(screen::json(&serde_json::to_string(&line).unwrap_or_default()).as_bytes());
            out.push(b'\n');
            return;
        }
        let mixed = !self.prefix.is_empty();
        if piece.begins && std::mem::take(&mut self.open) {
            // The previous line was never completed.
            out.push(b'\n');
        }
        if piece.begins || mixed {
            out.extend_from_slice(&self.prefix);
            if self.style.timestamps && !piece.timestamp.is_empty() {
                out.extend_from_slice(piece.timestamp.as_bytes());
                out.push(b' ');
            }
        }
        let columns = self.style.columns.as_ref().filter(|_| piece.begins && piece.ends);
        if let Some(line) = columns.and_then(|columns| columns.of(piece.text)) {
            // What a string of JSON contains could control the terminal.
            screen::log_line(&line.shown(self.style.colour, &self.style.include), out);
            out.push(b'\n');
            return;
        }
        let text = match mixed && piece.ends {
            true => piece.text.strip_suffix(b"\r").unwrap_or(piece.text),
            false => piece.text,
        };
        let text = if self.style.colour { highlight(text, &self.style.include) } else { text.into() };
        match mixed {
            // A container's output must not look like another container's line.
            true => screen::log_line(&text, out),
            false => out.extend_from_slice(&text),
        }
        self.open = !piece.ends && !mixed;
        if !self.open {
            out.push(b'\n');
        }
    }

    /// Adds the last line, which has no line end. A single log is shown as it is.
    pub(crate) fn add_last(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        let alone = self.prefix.is_empty() && !self.style.json && self.style.columns.is_none();
        self.add(Piece { ends: piece.ends && !alone, ..piece }, out);
    }

    fn matches(&self, text: &[u8]) -> bool {
        let Style { include, exclude, .. } = &self.style;
        (include.is_empty() || include.iter().any(|wanted| wanted.is_match(text)))
            && !exclude.iter().any(|unwanted| unwanted.is_match(text))
    }
}

/// A pod has the same colour in every run.
fn colour(pod: &str) -> &'static str {
    let sum = pod.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    COLOURS[sum % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(style: &Style, prefixed: bool, texts: &[(&str, bool, bool)]) -> String {
        let mut lines = Lines::new(style, "web-1", "app", prefixed);
        let mut out = Vec::new();
        for (text, begins, ends) in texts {
            let timestamp = if *begins { "T" } else { "" };
            lines.add(Piece { timestamp, text: text.as_bytes(), begins: *begins, ends: *ends }, &mut out);
        }
        String::from_utf8(out).expect("text")
    }

    fn patterns(patterns: &[&str]) -> Vec<Regex> {
        patterns.iter().map(|pattern| Regex::new(pattern).expect("a pattern")).collect()
    }

    #[test]
    fn a_single_log_is_unchanged() {
        let pieces = [("a", true, true), ("lo", true, false), ("ng", false, false), ("", false, true)];
        assert_eq!(shown(&Style::default(), false, &pieces), "a\nlong\n");
        let style = Style { timestamps: true, ..Style::default() };
        assert_eq!(shown(&style, false, &pieces), "T a\nT long\n");
    }

    #[test]
    fn a_last_line_gets_a_line_end_only_in_mixed_logs() {
        for (prefixed, expected) in [(false, "a"), (true, "[web-1/app] a\n")] {
            let (mut lines, mut out) = (Lines::new(&Style::default(), "web-1", "app", prefixed), Vec::new());
            lines.add_last(Piece { timestamp: "T", text: b"a", begins: true, ends: true }, &mut out);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_incomplete_line_is_ended_before_the_next() {
        let pieces = [("lo", true, false), ("next", true, true)];
        assert_eq!(shown(&Style::default(), false, &pieces), "lo\nnext\n");
    }

    #[test]
    fn mixed_logs_have_prefixes() {
        assert_eq!(shown(&Style::default(), true, &[("a", true, true)]), "[web-1/app] a\n");
        let style = Style { colour: true, ..Style::default() };
        let text = shown(&style, true, &[("a", true, true)]);
        assert!(text.starts_with("\x1b[") && text.ends_with("[web-1/app]\x1b[0m a\n"), "{text:?}");
    }

    #[test]
    fn a_line_cannot_look_like_another_pods() {
        assert_eq!(shown(&Style::default(), true, &[("a\r[db-0] b", true, true)]), "[web-1/app] a\\r[db-0] b\n");
        assert_eq!(shown(&Style::default(), true, &[("windows\r", true, true)]), "[web-1/app] windows\n");
        assert_eq!(shown(&Style::default(), false, &[("a\r\x1b[2Jb", true, true)]), "a\r\x1b[2Jb\n");
    }

    #[test]
    fn patterns_decide_by_the_beginning_of_a_line() {
        let pieces = [("GET /health", true, true), ("GET /x", true, false), ("y", false, true), ("POST", true, true)];
        let include = Style { include: patterns(&["^GET"]), ..Style::default() };
        assert_eq!(shown(&include, false, &pieces), "GET /health\nGET /xy\n");
        let both = Style { exclude: patterns(&["health", "ready"]), ..include };
        assert_eq!(shown(&both, false, &pieces), "GET /xy\n");
    }

    #[test]
    fn what_is_included_is_marked_on_a_terminal_only() {
        let style = Style { include: patterns(&["b+"]), colour: true, ..Style::default() };
        assert_eq!(shown(&style, false, &[("a bb c", true, true)]), "a \x1b[7mbb\x1b[27m c\n");
        let mixed = shown(&style, true, &[("\x1b[31ma bb c", true, true)]);
        assert!(mixed.contains("\x1b[31ma \x1b[7mbb\x1b[27m c"), "{mixed:?}");
        for style in [Style { colour: false, ..style.clone() }, Style { json: true, ..style }] {
            assert!(!shown(&style, true, &[("a bb c", true, true)]).contains('\x1b'));
        }
    }

    #[test]
    fn objects_are_shown_as_columns_among_other_lines() {
        let style = Style { columns: Some(Columns::Usual), timestamps: true, ..Style::default() };
        let object = r#"{"level":"info","msg":"a\nb\u001b[2J"}"#;
        let pieces = [("plain\r", true, true), (object, true, true), ("{\"msg\":", true, false), ("1}", false, true)];
        assert_eq!(shown(&style, false, &pieces), "T plain\r\nT info  a\\nb\\u{1b}[2J\nT {\"msg\":1}\n");
        assert!(shown(&style, true, &pieces).contains("[web-1/app] T info  a\\nb"));
        let (mut lines, mut out) = (Lines::new(&style, "web-1", "app", false), Vec::new());
        assert!(!lines.are_shown_in_pieces());
        lines.add_last(Piece { timestamp: "T", text: object.as_bytes(), begins: true, ends: true }, &mut out);
        assert!(out.starts_with(b"T info  a"));
    }

    #[test]
    fn patterns_are_about_the_line_as_it_was_written() {
        let style = Style { columns: Some(Columns::Usual), include: patterns(&["\"msg\":"]), ..Style::default() };
        assert_eq!(shown(&style, false, &[(r#"{"msg":"a"}"#, true, true), (r#"{"x":"msg"}"#, true, true)]), "a\n");
    }

    #[test]
    fn json_has_one_object_per_line() {
        let style = Style { json: true, ..Style::default() };
        let text = shown(&style, true, &[("a \"b\"", true, true)]);
        let read: serde_json::Value = serde_json::from_str(text.trim_end()).expect("JSON");
        assert_eq!((read["pod"].as_str(), read["message"].as_str()), (Some("web-1"), Some("a \"b\"")));
        assert!(!text.trim_end().contains('\n'));
    }
}
