//! Scalars: when a text may stand without quotes, and how it is quoted. YAML 1.1 decides, because Go programs and the
//! AWS CLI read by its rules: `yes`, `012` and `1:30` are not texts there.

use granit_parser::ScalarStyle;

use crate::document::{Document, Kind, NodeId};

/// A text as a scalar of a block: plain where that is safe for every reader.
pub fn block(value: &str) -> String {
    if is_plain(value, ":@+=%,~") { value.to_owned() } else { quoted(value) }
}

/// A text as a scalar inside `[…]` or `{…}`.
pub fn flow(value: &str) -> String {
    if is_plain(value, "@+=") { value.to_owned() } else { quoted(value) }
}

/// A text in double quotes, valid in YAML and in JSON.
pub fn quoted(value: &str) -> String {
    let mut result = String::with_capacity(value.len() + 2);
    result.push('"');
    for character in value.chars() {
        match character {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            // Readers of YAML 1.1 take some of these for line ends and refuse others.
            '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                result.push_str(&format!("\\u{:04x}", character as u32));
            }
            _ => result.push(character),
        }
    }
    result.push('"');
    result
}

/// Whether a text may stand without quotes: it is made of letters, digits, `_-./` and `extra`, and is not something else
/// for some reader.
pub fn is_plain(value: &str, extra: &str) -> bool {
    let first_is_safe = match value.trim_start_matches('-') {
        rest if value.starts_with("---") || rest.is_empty() => false,
        rest => rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/'),
    };
    first_is_safe
        && value.chars().all(|one| one.is_ascii_alphanumeric() || "_-./".contains(one) || extra.contains(one))
        && !value.ends_with(':')
        && !is_special(value)
}

/// Whether an unquoted text is a null, a truth value, a number or a date for some reader.
fn is_special(value: &str) -> bool {
    const WORDS: [&str; 13] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "="];
    let lower = value.to_ascii_lowercase();
    let numeric_start = lower.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let numeric = numeric_start
        && (lower.chars().all(|one| one.is_ascii_hexdigit() || "xo_+-.:tz ".contains(one))
            || matches!(lower.trim_start_matches(['+', '-']), ".inf" | ".nan"));
    WORDS.contains(&lower.as_str()) || numeric
}

/// Whether a node is written as this text, and every reader takes it for a text.
pub fn is_text(document: &Document, id: NodeId, wanted: &str) -> bool {
    let node = document.node(document.resolve(id));
    match &node.kind {
        Kind::Scalar { value, style } if value == wanted => {
            let plain = *style == ScalarStyle::Plain;
            match node.tag.as_deref() {
                None => !plain || !is_special(value),
                Some(tag) => tag.ends_with(":str") || tag == "!",
            }
        }
        _ => false,
    }
}

/// Whether a node is the truth value `false`.
pub fn is_false(document: &Document, id: NodeId) -> bool {
    let node = document.node(document.resolve(id));
    match &node.kind {
        Kind::Scalar { value, style: ScalarStyle::Plain } => {
            node.tag.is_none() && matches!(value.as_str(), "false" | "False" | "FALSE")
        }
        _ => false,
    }
}
