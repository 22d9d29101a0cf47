//! Lines of logs that are JSON objects, as columns: time, level, message and what else there is, or chosen fields.

use std::borrow::Cow;

use jiff::Timestamp;
use regex::bytes::Regex;
use serde_json::value::RawValue;

use crate::model::json;
use crate::model::logs::highlight::highlight;

/// What writers of logs call these three, the most usual first; in any case.
const TIME: &[&str] = &["time", "timestamp", "@timestamp", "ts"];
const LEVEL: &[&str] = &["level", "severity", "lvl", "log.level"];
const MESSAGE: &[&str] = &["message", "msg"];
/// As long as the longest of the usual levels.
const LEVEL_WIDTH: usize = 5;
/// Pino and Bunyan write levels as numbers.
const NUMBERED_LEVELS: [(&str, &str); 6] =
    [("10", "trace"), ("20", "debug"), ("30", "info"), ("40", "warn"), ("50", "error"), ("60", "fatal")];

/// As on every screen of ours: what is wrong, and what may be.
const RED: &str = "31";
const YELLOW: &str = "33";

/// What is shown of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Time, level and message, then the other fields as `key=value`.
    Usual,
    /// These fields, by their paths.
    Fields(Vec<String>),
}

/// A line as columns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ColumnLine {
    columns: Vec<Column>,
    separator: &'static str,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    text: String,
    /// The colour of a level.
    colour: Option<&'static str>,
}

impl Columns {
    /// Reads `--json`: nothing, or paths with commas between them.
    ///
    /// # Errors
    /// What is wrong with a path.
    pub(crate) fn parse(fields: &str) -> Result<Self, String> {
        if fields.is_empty() {
            return Ok(Columns::Usual);
        }
        let paths: Vec<String> = fields.split(',').map(|path| path.trim().to_owned()).collect();
        match paths.iter().any(String::is_empty) {
            true => Err("a field has no name".to_owned()),
            false => Ok(Columns::Fields(paths)),
        }
    }

    /// The columns of a line. `None` if it is not a JSON object.
    pub(crate) fn of(&self, line: &[u8]) -> Option<ColumnLine> {
        // Most lines that are no objects are told by their first letter.
        if line.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return None;
        }
        let text = std::str::from_utf8(line).ok()?;
        let entries = json::entries(text)?;
        Some(match self {
            Columns::Usual => ColumnLine { columns: usual(entries), separator: " " },
            Columns::Fields(paths) => {
                ColumnLine { columns: paths.iter().map(|path| field(text, path)).collect(), separator: "\t" }
            }
        })
    }
}

impl ColumnLine {
    /// The line; on a screen that has colour, levels and what these patterns match are set off.
    pub(crate) fn shown(&self, has_colour: bool, patterns: &[Regex]) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, Column { text, colour }) in self.columns.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(self.separator.as_bytes());
            }
            match colour.filter(|_| has_colour) {
                Some(colour) => out.extend_from_slice(format!("\x1b[{colour}m{text}\x1b[0m").as_bytes()),
                None if has_colour => out.extend_from_slice(&highlight(text.as_bytes(), patterns)),
                None => out.extend_from_slice(text.as_bytes()),
            }
        }
        out
    }
}

fn usual(mut entries: Vec<(String, &RawValue)>) -> Vec<Column> {
    let mut columns = Vec::new();
    if let Some(time) = take(&mut entries, TIME) {
        columns.push(Column { text: time_in_words(time.get()), colour: None });
    }
    if let Some(level) = take(&mut entries, LEVEL) {
        let text = content(level.get());
        let numbered = NUMBERED_LEVELS.iter().find(|(number, _)| *number == text);
        let text = numbered.map_or(text.as_ref(), |(_, name)| name);
        columns.push(Column { text: format!("{text:LEVEL_WIDTH$}"), colour: colour_of(text) });
    }
    if let Some(message) = take(&mut entries, MESSAGE) {
        columns.push(Column { text: content(message.get()).into_owned(), colour: None });
    }
    let pair = |(key, value): (String, &RawValue)| Column {
        text: format!("{}={}", quoted(&key), value_of_pair(value.get())),
        colour: None,
    };
    columns.extend(entries.into_iter().map(pair));
    columns
}

/// Takes out the field that has the first of these names.
fn take<'a>(entries: &mut Vec<(String, &'a RawValue)>, names: &[&str]) -> Option<&'a RawValue> {
    let at = names.iter().find_map(|name| entries.iter().position(|(key, _)| key.eq_ignore_ascii_case(name)))?;
    Some(entries.remove(at).1)
}

/// The field at a path; a dash where there is none. A tab ends a column, so in one it is written as JSON writes it.
fn field(text: &str, path: &str) -> Column {
    let Ok(raw) = json::raw_field(text, path) else { return Column { text: "-".to_owned(), colour: None } };
    let is_level = LEVEL.iter().any(|name| path.eq_ignore_ascii_case(name));
    let text = content(raw).replace('\t', "\\t");
    Column { colour: colour_of(&text).filter(|_| is_level), text }
}

/// A string's content, else the JSON as it is.
fn content(raw: &str) -> Cow<'_, str> {
    serde_json::from_str::<String>(raw).map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// As in logfmt: a string that needs no quotes has none.
fn value_of_pair(raw: &str) -> Cow<'_, str> {
    match serde_json::from_str::<String>(raw) {
        Ok(text) if is_bare(&text) => Cow::Owned(text),
        _ => Cow::Borrowed(raw),
    }
}

fn quoted(key: &str) -> String {
    if is_bare(key) { key.to_owned() } else { serde_json::Value::from(key).to_string() }
}

/// Whether a text can stand beside others without quotes.
fn is_bare(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control() || "\"=".contains(letter))
}

/// A time as it was written; numbers, which are seconds or smaller units since 1970, as UTC.
fn time_in_words(raw: &str) -> String {
    let words = || {
        let number: f64 = raw.parse().ok()?;
        // What each unit says of the years from 1973 to 5000.
        let per_second = match number {
            1e8..1e11 => 1.0,
            1e11..1e14 => 1e3,
            1e14..1e17 => 1e6,
            1e17..1e20 => 1e9,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "the ranges above fit")]
        let milliseconds = (number / per_second * 1e3).round() as i64;
        Timestamp::from_millisecond(milliseconds).ok().map(|time| format!("{time:.3}"))
    };
    words().unwrap_or_else(|| content(raw).into_owned())
}

fn colour_of(level: &str) -> Option<&'static str> {
    match level.to_ascii_lowercase().as_str() {
        "error" | "err" | "fatal" | "panic" | "dpanic" | "critical" | "crit" | "alert" | "emergency" | "emerg"
        | "50" | "60" => Some(RED),
        "warn" | "warning" | "40" => Some(YELLOW),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(fields: &str, line: &str) -> Option<String> {
        let columns = Columns::parse(fields).expect("fields");
        columns.of(line.as_bytes()).map(|line| String::from_utf8(line.shown(false, &[])).expect("text"))
    }

    #[test]
    fn the_usual_fields_come_first_and_the_others_follow() {
        for (line, wanted) in [
            (
                r#"{"a":1,"msg":"it is","level":"info","ts":"2026-11-22T10:00:00Z","b":"x y","c":{"d": null}}"#,
                r#"2026-11-22T10:00:00Z info  it is a=1 b="x y" c={"d": null}"#,
            ),
            (r#"{"@timestamp":"T","log.level":"WARN","message":"m"}"#, "T WARN  m"),
            (
                r#"{"Level":"Warning","Message":"m","Timestamp":"T","a b":"","e":"k=v"}"#,
                r#"T Warning m "a b"="" e="k=v""#,
            ),
            (r#"{"level":50,"time":1795341600123,"pid":7,"msg":"x"}"#, "2026-11-22T10:00:00.123Z error x pid=7"),
            (r#"{"ts":1795341600.5,"msg":"zap"}"#, "2026-11-22T10:00:00.500Z zap"),
            (r#"{"time":"a","ts":"b","msg":"c"}"#, "a c ts=b"),
            (r#"{"time":12,"n":12345678901234567890.10}"#, "12 n=12345678901234567890.10"),
            ("{}", ""),
            ("  {\"msg\":\"crlf\"}\r", "crlf"),
        ] {
            assert_eq!(shown("", line).as_deref(), Some(wanted), "{line}");
        }
    }

    #[test]
    fn what_is_no_object_has_no_columns() {
        for line in ["", "text", "[1]", "\"s\"", "{", "{\"a\":1} more", "{'a':1}", "null"] {
            assert_eq!(shown("", line), None, "{line}");
        }
        assert_eq!(Columns::Usual.of(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn chosen_fields_are_as_many_columns_on_every_line() {
        let line = r#"{"level":"info","msg":"a\tb","request":{"id":"r1","path":["x","y"]},"http.status":200}"#;
        assert_eq!(shown("level,msg,request.id", line).as_deref(), Some("info\ta\\tb\tr1"));
        assert_eq!(
            shown("http.status, request.path.1,request", line).as_deref().map(|text| text.matches('\t').count()),
            Some(2)
        );
        assert_eq!(shown("nope,request.nope,http.status", line).as_deref(), Some("-\t-\t200"));
        assert!(Columns::parse("a,,b").is_err() && Columns::parse(",").is_err());
    }

    #[test]
    fn only_levels_and_matches_are_set_off() {
        let coloured = |line: &str, pattern: &str| {
            let line = Columns::Usual.of(line.as_bytes()).expect("an object");
            String::from_utf8(line.shown(true, &[Regex::new(pattern).expect("a pattern")])).expect("text")
        };
        assert_eq!(coloured(r#"{"level":"ERROR","msg":"x"}"#, "x"), "\x1b[31mERROR\x1b[0m \x1b[7mx\x1b[27m");
        assert_eq!(coloured(r#"{"level":40,"msg":"m"}"#, "m$"), "\x1b[33mwarn \x1b[0m \x1b[7mm\x1b[27m");
        assert_eq!(coloured(r#"{"level":"info","msg":"m"}"#, "y"), "info  m");
    }

    proptest! {
        #[test]
        fn every_object_can_be_shown(text in "\\PC{0,40}", key in "\\PC{0,10}", number in any::<f64>()) {
            let line = serde_json::json!({(&key): text.clone(), "time": number, "nested": {"msg": text}}).to_string();
            prop_assert!(shown("", &line).is_some());
            prop_assert!(shown("a.b,time", &line).is_some_and(|shown| shown.matches('\t').count() == 1));
            let _ = shown("", &key);
        }
    }
}
