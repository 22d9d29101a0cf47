//! What of the values in Secrets Manager would be recognised anywhere: the whole, the texts in it, and both in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Secret, SecretValue};
use serde_json::Value;

/// Shorter texts (a port, a user's name) may stand anywhere and mean nothing.
const SHORTEST: usize = 12;

/// The texts that must not be where no value belongs.
pub(crate) fn of(secrets: &[Secret]) -> Vec<String> {
    let mut texts = Vec::new();
    for version in secrets.iter().flat_map(|secret| &secret.versions) {
        match &version.value {
            SecretValue::Text(text) => {
                leaves(&serde_json::from_str(text).unwrap_or_default(), &mut texts);
                add(text, &mut texts);
            }
            SecretValue::Binary(bytes) => texts.push(STANDARD.encode(bytes)),
        }
    }
    texts.retain(|text| text.len() >= SHORTEST);
    texts
}

fn add(text: &str, texts: &mut Vec<String>) {
    if text.len() >= SHORTEST {
        texts.extend([text.to_owned(), STANDARD.encode(text)]);
    }
}

fn leaves(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => add(text, texts),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts)),
        Value::Object(members) => members.values().for_each(|member| leaves(member, texts)),
        _ => {}
    }
}

#[test]
fn texts_inside_json_are_canaries_too() {
    let secret = Secret::new("1", "r", "n", r#"{"a":{"b":"a long enough value"},"port":5432}"#);
    let found = of(&[secret]);
    assert!(found.contains(&"a long enough value".to_owned()) && found.len() == 4, "{found:?}");
}
