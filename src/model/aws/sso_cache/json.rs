//! JSON in the format of Python's `json.dumps`: `", "` and `": "` as separators, ASCII only. File names are hashes of
//! such text, so every character matters.

use std::fmt::Write;

use serde_json::Value;

/// The separators between values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spacing {
    /// `json.dumps` without arguments.
    Default,
    /// `separators=(",", ":")`.
    Compact,
}

/// Appends a string with `ensure_ascii`: everything but printable ASCII as `\uXXXX`, in UTF-16.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a String does not fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

pub(super) fn value(out: &mut String, value: &Value, spacing: Spacing) {
    match value {
        Value::String(text) => string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(out, index, spacing);
                self::value(out, item, spacing);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                separate(out, index, spacing);
                self::name(out, name, spacing);
                self::value(out, field, spacing);
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// Appends a field's name and its colon.
pub(super) fn name(out: &mut String, name: &str, spacing: Spacing) {
    string(out, name);
    out.push_str(if spacing == Spacing::Default { ": " } else { ":" });
}

fn separate(out: &mut String, index: usize, spacing: Spacing) {
    if index > 0 {
        out.push_str(if spacing == Spacing::Default { ", " } else { "," });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Every row is what `json.dumps` of Python 3.11 answers.
    #[test]
    fn strings_are_escaped_as_python_does() {
        for (text, expected) in [
            ("plain /~ ", r#""plain /~ ""#),
            ("\"\\", r#""\"\\""#),
            ("\n\r\t\u{8}\u{c}\0\u{1f}", r#""\n\r\t\b\f\u0000\u001f""#),
            ("ü€\u{7f}", r#""\u00fc\u20ac\u007f""#),
            ("🔑", r#""\ud83d\udd11""#),
        ] {
            let mut out = String::new();
            string(&mut out, text);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn values_keep_their_order_and_get_pythons_spacing() {
        let given = json!({"b": [1, true, null, -2.5], "a": {"x": "y"}, "e": [], "f": {}});
        let mut out = String::new();
        value(&mut out, &given, Spacing::Default);
        assert_eq!(out, r#"{"b": [1, true, null, -2.5], "a": {"x": "y"}, "e": [], "f": {}}"#);
        out.clear();
        value(&mut out, &given, Spacing::Compact);
        assert_eq!(out, r#"{"b":[1,true,null,-2.5],"a":{"x":"y"},"e":[],"f":{}}"#);
    }
}
