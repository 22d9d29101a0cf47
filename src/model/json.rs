//! Values that are JSON: their keys, and the field at a path. Numbers and nested values are copied from the text, never
//! parsed and written again, so they come out as they are.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::secret::Secret;

/// The keys and values of a JSON object in their order, including duplicate keys.
#[derive(Debug)]
pub(crate) struct Entries<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<String, &RawValue>()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The entries, if the text is a JSON object.
pub(crate) fn entries(text: &str) -> Option<Vec<(String, &RawValue)>> {
    serde_json::from_str::<Entries<'_>>(text).ok().map(|entries| entries.0)
}

/// A JSON value for programs: a string's content, nothing for `null`, else the JSON as it is.
pub(crate) fn plain(raw: &str) -> Secret<String> {
    match serde_json::from_str::<String>(raw) {
        Ok(text) => Secret::new(text),
        Err(_) if raw == "null" => Secret::from(""),
        Err(_) => Secret::from(raw),
    }
}

/// Why a field cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldError {
    NotAnObject,
    /// The value begins like JSON but is not.
    InvalidJson(InvalidJson),
    /// A part of the path has no such key.
    NoKey {
        /// The path up to there; empty for the whole value.
        at: String,
        /// The missing key.
        key: String,
        /// The existing keys. Empty if the value there is not an object.
        known: Vec<String>,
    },
}

/// Where a text stops being JSON. Does not repeat the text, which may be the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidJson {
    line: usize,
    column: usize,
    why: String,
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not valid JSON: line {}, column {}: {}", self.line, self.column, self.why)
    }
}

/// Why a text that begins like an object or a list is not JSON. `None` for valid JSON and for other text.
pub(crate) fn invalid_json(text: &str) -> Option<InvalidJson> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let meant = bare.trim_start().starts_with(['{', '[']);
    if !meant {
        return None;
    }
    if bare.len() != text.len() {
        let why = "a byte order mark, which JSON does not begin with".to_owned();
        return Some(InvalidJson { line: 1, column: 1, why });
    }
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let words = error.to_string();
    let has_comma = is_trailing_comma(text, error.line(), error.column());
    let why = if has_comma { "trailing comma" } else { words.split(" at line ").next().unwrap_or_default() };
    let why = why.to_owned();
    Some(InvalidJson { line: error.line(), column: error.column(), why })
}

/// Whether an object or a list is closed here, right after a comma.
fn is_trailing_comma(text: &str, line: usize, column: usize) -> bool {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let at = before + column.saturating_sub(1);
    let (Some(before), Some(here)) = (text.get(..at), text.get(at..)) else { return false };
    before.trim_end().ends_with(',') && here.starts_with(['}', ']'])
}

/// The field at a path like `a.b` or `hosts.0`. Keys may contain dots (`spring.datasource.password`), so the longest keys
/// are tried first.
pub(crate) fn field(text: &str, path: &str) -> Result<Secret<String>, FieldError> {
    if entries(text).is_none() {
        return Err(invalid_json(text).map_or(FieldError::NotAnObject, FieldError::InvalidJson));
    }
    raw_field(text, path).map(plain)
}

/// The same as JSON, of what is known to be an object.
pub(crate) fn raw_field<'a>(text: &'a str, path: &str) -> Result<&'a str, FieldError> {
    find(text, path, "")
}

fn find<'a>(text: &'a str, path: &str, at: &str) -> Result<&'a str, FieldError> {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    let children = children(text);
    let mut deepest = None;
    for end in key_ends(path) {
        let Some((_, value)) = children.iter().rev().find(|(key, _)| *key == path[..end]) else { continue };
        if end == path.len() {
            return Ok(value.get());
        }
        match find(value.get(), &path[end + 1..], &below(&path[..end])) {
            Ok(found) => return Ok(found),
            Err(missing) => deepest = deepest.or(Some(missing)),
        }
    }
    let known = children.into_iter().map(|(key, _)| key).collect();
    let key = path.split('.').next().unwrap_or(path).to_owned();
    Err(deepest.unwrap_or(FieldError::NoKey { at: at.to_owned(), key, known }))
}

/// Where a key can end: the whole path, then before each dot from the right.
fn key_ends(path: &str) -> impl Iterator<Item = usize> + '_ {
    std::iter::once(path.len()).chain(path.rmatch_indices('.').map(|(at, _)| at))
}

/// The entries of an object, or the items of a list by index.
fn children(text: &str) -> Vec<(String, &RawValue)> {
    let items = || serde_json::from_str::<Vec<&RawValue>>(text).unwrap_or_default();
    entries(text).unwrap_or_else(|| (0..).map(|number: usize| number.to_string()).zip(items()).collect())
}

/// Whether two JSON texts are equal, regardless of white space, key order and escapes. Numbers are compared as text,
/// because parsing can lose digits.
pub(crate) fn same(left: &str, right: &str) -> bool {
    compare(left, right, 0)
}

fn compare(left: &str, right: &str, depth: usize) -> bool {
    let (left, right) = (left.trim(), right.trim());
    if left == right || depth > 32 {
        return left == right;
    }
    let deeper = |left: &RawValue, right: &RawValue| compare(left.get(), right.get(), depth + 1);
    if let (Some(left), Some(right)) = (entries(left), entries(right)) {
        let find = |key: &str| right.iter().rev().find(|(other, _)| other == key).map(|(_, value)| *value);
        return left.len() == right.len()
            && left.iter().all(|(key, value)| find(key).is_some_and(|other| deeper(value, other)));
    }
    if let (Ok(left), Ok(right)) =
        (serde_json::from_str::<Vec<&RawValue>>(left), serde_json::from_str::<Vec<&RawValue>>(right))
    {
        return left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| deeper(left, right));
    }
    let string = |text: &str| serde_json::from_str::<String>(text).ok().map(Secret::new);
    match (string(left), string(right)) {
        (Some(left), Some(right)) => left.expose() == right.expose(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = r#"{"a":{"b":"x\n","n":12345678901234567890.10,"t":true,"z":null,"l":[1, {"c":"é"}]},"s.p":{"q":"dot"},"s":{"p.q":"no","r":"yes"}}"#;

    fn found(path: &str) -> Option<String> {
        field(TEXT, path).ok().map(|value| value.expose().clone())
    }

    #[test]
    fn invalid_json_is_reported_with_its_position() {
        for (text, words) in [
            (
                "{\"a\": \"x\ny\"}",
                "not valid JSON: line 1, column 8: control character (\\u0000-\\u001F) found while parsing a string",
            ),
            ("{\n  \"a\": 1,\n}", "not valid JSON: line 3, column 1: trailing comma"),
            (
                "\u{feff}{\"a\": 1}",
                "not valid JSON: line 1, column 1: a byte order mark, which JSON does not begin with",
            ),
            ("{\"a\": 1", "not valid JSON: line 1, column 7: EOF while parsing an object"),
            ("{'a': 1}", "not valid JSON: line 1, column 2: key must be a string"),
        ] {
            let found = invalid_json(text).map(|broken| broken.to_string());
            assert_eq!(found.as_deref(), Some(words));
            assert!(matches!(field(text, "a"), Err(FieldError::InvalidJson(_))), "{text}");
        }
        for text in ["", "text", "\"text\"", "5", "{}", "[1, 2]", TEXT] {
            assert_eq!(invalid_json(text), None, "{text}");
        }
    }

    #[test]
    fn fields_come_out_as_they_stand() {
        for (path, value) in [
            ("a.b", "x\n"),
            ("a.n", "12345678901234567890.10"),
            ("a.t", "true"),
            ("a.z", ""),
            ("a.l", r#"[1, {"c":"é"}]"#),
            ("a.l.0", "1"),
            ("a.l.1.c", "é"),
            ("s.p.q", "dot"),
            ("s.r", "yes"),
        ] {
            assert_eq!(found(path).as_deref(), Some(value), "{path}");
        }
    }

    #[test]
    fn a_missing_key_is_reported_with_the_existing_ones() {
        let missing = |text, path| field(text, path).expect_err("no field");
        let no_key = |at: &str, key: &str, known: &[&str]| FieldError::NoKey {
            at: at.to_owned(),
            key: key.to_owned(),
            known: known.iter().map(|key| (*key).to_owned()).collect(),
        };
        assert_eq!(missing(r#"{"a":1,"b":2}"#, "c"), no_key("", "c", &["a", "b"]));
        assert_eq!(missing(r#"{"a":{"b":1}}"#, "a.c"), no_key("a", "c", &["b"]));
        assert_eq!(missing(r#"{"a":"text"}"#, "a.c"), no_key("a", "c", &[]));
        assert_eq!(missing(r#"{"a":1}"#, ""), no_key("", "", &["a"]));
        for text in ["plain", "[1]", "\"s\"", "1", "", "x{"] {
            assert_eq!(missing(text, "a"), FieldError::NotAnObject, "{text}");
        }
    }

    #[test]
    fn the_last_of_duplicate_keys_counts() {
        let text = r#"{"a":1,"a":2}"#;
        assert_eq!(entries(text).expect("an object").len(), 2);
        assert_eq!(field(text, "a").expect("there").expose(), "2");
    }

    #[test]
    fn equality_ignores_formatting() {
        for (left, right, expected) in [
            (r#"{"a":1,"b":[1,2]}"#, r#"{ "b": [1, 2], "a": 1 }"#, true),
            (r#""\u0061""#, r#""a""#, true),
            ("1", "1.0", false),
            ("12345678901234567890123", "12345678901234567890124", false),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#, false),
            ("[1,2]", "[2,1]", false),
            ("null", "\"\"", false),
        ] {
            assert_eq!(same(left, right), expected, "{left} {right}");
        }
    }

    proptest! {
        #[test]
        fn a_field_that_was_written_is_read(key in "[^\0]{1,12}", other in "[a-z.]{1,8}", value in "\\PC{0,40}") {
            prop_assume!(key != other);
            let text = serde_json::json!({(&other): 1, (&key): value.clone()}).to_string();
            let found = field(&text, &key).expect("there");
            prop_assert_eq!(found.expose(), &value);
        }

        #[test]
        fn no_input_panics(text in "\\PC{0,60}", path in "\\PC{0,12}") {
            let _ = field(&text, &path);
            let _ = same(&text, &path);
        }
    }
}
