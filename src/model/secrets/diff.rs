//! The differences between two versions of a secret: by key if both are JSON objects, else as a whole.

use serde_json::value::RawValue;

use super::value::Value;
use crate::model::json;
use crate::secret::Secret;

/// Objects nested deeper are compared as a whole.
const DEEPEST: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Removed,
    Changed,
}

impl Change {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// The key's path, joined with dots; `None` for the whole value.
    pub(crate) key: Option<String>,
    pub(crate) change: Change,
    pub(crate) before: Option<Secret<String>>,
    pub(crate) after: Option<Secret<String>>,
}

/// The differences in the order of the old version's keys, then of the new ones.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let objects = before.text().and_then(json::entries).zip(after.text().and_then(json::entries));
    if let Some((before, after)) = objects {
        let mut found = Vec::new();
        compare(&before, &after, "", 0, &mut found);
        return found;
    }
    if before.bytes() == after.bytes() {
        return Vec::new();
    }
    let shown = |value: &Value| Some(value.encoded().1);
    vec![Difference { key: None, change: Change::Changed, before: shown(before), after: shown(after) }]
}

/// Whether two values are compared by key.
pub(crate) fn are_objects(before: &Value, after: &Value) -> bool {
    [before, after].iter().all(|value| value.text().and_then(json::entries).is_some())
}

type Entries<'a> = [(String, &'a RawValue)];

fn compare(before: &Entries<'_>, after: &Entries<'_>, at: &str, depth: usize, found: &mut Vec<Difference>) {
    let path = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    let shown = |raw: &RawValue| Some(json::plain(raw.get()));
    for (key, old) in effective(before) {
        let Some(new) = last(after, key) else {
            found.push(Difference { key: Some(path(key)), change: Change::Removed, before: shown(old), after: None });
            continue;
        };
        let nested = json::entries(old.get()).zip(json::entries(new.get())).filter(|_| depth < DEEPEST);
        if let Some((old, new)) = nested {
            compare(&old, &new, &path(key), depth + 1, found);
        } else if !json::same(old.get(), new.get()) {
            let (before, after) = (shown(old), shown(new));
            found.push(Difference { key: Some(path(key)), change: Change::Changed, before, after });
        }
    }
    for (key, new) in effective(after).filter(|(key, _)| last(before, key).is_none()) {
        found.push(Difference { key: Some(path(key)), change: Change::Added, before: None, after: shown(new) });
    }
}

/// Of duplicate keys the last one counts, as in most JSON parsers.
fn last<'a>(entries: &Entries<'a>, key: &str) -> Option<&'a RawValue> {
    entries.iter().rev().find(|(other, _)| other == key).map(|(_, value)| *value)
}

fn effective<'a, 'e>(entries: &'e Entries<'a>) -> impl Iterator<Item = (&'e str, &'a RawValue)> {
    let counts =
        |(index, (key, _)): &(usize, &(String, &RawValue))| !entries[index + 1..].iter().any(|(other, _)| other == key);
    entries.iter().enumerate().filter(counts).map(|(_, (key, value))| (key.as_str(), *value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(before: &str, after: &str) -> Vec<(String, &'static str)> {
        let value = |text: &str| Value::Text(Secret::from(text));
        let all = differences(&value(before), &value(after));
        all.into_iter().map(|one| (one.key.unwrap_or_default(), one.change.name())).collect()
    }

    fn of(pairs: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
        pairs.iter().map(|(key, change)| ((*key).to_owned(), *change)).collect()
    }

    #[test]
    fn objects_differ_by_key() {
        assert_eq!(
            found(r#"{"a":1,"b":{"c":"x","d":1},"e":2}"#, r#"{"f":3,"b":{"d":1,"c":"y","g":[]},"a":1}"#),
            of(&[("b.c", "changed"), ("b.g", "added"), ("e", "removed"), ("f", "added")])
        );
        assert_eq!(found(r#"{"a":{"b":1}}"#, r#"{"a":"text"}"#), of(&[("a", "changed")]));
        assert_eq!(found(r#"{"a":1,"b":2}"#, r#" { "b": 2, "a": 1 } "#), []);
        assert_eq!(found(r#"{"a":1,"a":2}"#, r#"{"a":2}"#), []);
    }

    #[test]
    fn other_values_differ_as_a_whole() {
        assert_eq!(found("one", "two"), of(&[("", "changed")]));
        assert_eq!(found("one", "one"), []);
        assert_eq!(found(r#"{"a":1}"#, "text"), of(&[("", "changed")]));
        let binary = |bytes: &[u8]| Value::Binary(Secret::new(bytes.to_vec()));
        let all = differences(&binary(&[0xff]), &binary(&[0xfe]));
        assert_eq!(all[0].after.as_ref().map(|value| value.expose().as_str()), Some("/g=="));
    }

    #[test]
    fn debug_output_hides_values() {
        let value = |text: &str| Value::Text(Secret::from(text));
        let all = differences(&value(r#"{"a":"hunter1"}"#), &value(r#"{"a":"hunter2"}"#));
        let shown = format!("{all:?}");
        assert!(shown.contains("Changed") && !shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let deep = |inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(5000), "}".repeat(5000));
        assert_eq!(found(&deep("1"), &deep("2")).len(), 1);
        assert_eq!(found(&deep("1"), &deep("1")), []);
    }

    proptest! {
        #[test]
        fn a_value_never_differs_from_itself_and_direction_only_swaps_words(
            left in prop::collection::btree_map("[a-c]", 0..3, 0..4), right in prop::collection::btree_map("[a-c]", 0..3, 0..4),
        ) {
            let text = |map: &std::collections::BTreeMap<String, i32>| serde_json::json!(map).to_string();
            let (left, right) = (text(&left), text(&right));
            prop_assert_eq!(found(&left, &left), vec![]);
            let swapped = |change| match change { "added" => "removed", "removed" => "added", other => other };
            let mut there: Vec<_> = found(&left, &right).into_iter().map(|(key, change)| (key, swapped(change))).collect();
            let mut back = found(&right, &left);
            there.sort();
            back.sort();
            prop_assert_eq!(there, back);
        }
    }
}
