//! The tags of an access entry: whose it is, and what of a namespace was granted through it alone.
//!
//! A policy of an entry says neither who associated it nor until when, so that a tag for each namespace does:
//! `nsaccess/payments` = `AmazonEKSViewPolicy until 2026-11-26T18:00:00Z`, several of them with ` + ` between.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::grants::objects::{FIELD_MANAGER, time_text};

/// Whose an entry is.
pub(crate) const MANAGED_BY: &str = "managed-by";
const PREFIX: &str = "nsaccess/";
/// AWS allows no more of a resource.
pub(crate) const MOST: usize = 50;

/// The tags of an entry.
pub(crate) type Tags = BTreeMap<String, String>;

/// Something that was granted in a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// The access policy or preset.
    pub(crate) label: String,
    pub(crate) until: Option<Timestamp>,
}

/// The tags of a new entry.
pub(crate) fn of_new_entry() -> Tags {
    Tags::from([(MANAGED_BY.to_owned(), FIELD_MANAGER.to_owned())])
}

/// Whether the entry was created by a grant.
pub(crate) fn is_ours(tags: &Tags) -> bool {
    tags.get(MANAGED_BY).is_some_and(|manager| manager == FIELD_MANAGER)
}

/// What was granted in a namespace.
pub(crate) fn granted(tags: &Tags, namespace: &str) -> Vec<Granted> {
    tags.get(&key(namespace)).map(|value| parse(value)).unwrap_or_default()
}

/// What was granted in every namespace that has a tag.
pub(crate) fn granted_everywhere(tags: &Tags) -> impl Iterator<Item = (String, Granted)> {
    let of_namespaces = tags.iter().filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?, value)));
    of_namespaces.flat_map(|(key, value)| parse(value).into_iter().map(|granted| (key.replace('_', "*"), granted)))
}

/// Adds something, or sets until when it is granted.
pub(crate) fn add(tags: &mut Tags, namespace: &str, new: Granted) {
    let mut all = granted(tags, namespace);
    match all.iter_mut().find(|known| known.label == new.label) {
        Some(known) => known.until = new.until,
        None => all.push(new),
    }
    set(tags, namespace, &all);
}

/// Removes what the predicate holds for.
pub(crate) fn remove(tags: &mut Tags, namespace: &str, is_removed: impl Fn(&Granted) -> bool) {
    let mut all = granted(tags, namespace);
    all.retain(|granted| !is_removed(granted));
    set(tags, namespace, &all);
}

fn set(tags: &mut Tags, namespace: &str, all: &[Granted]) {
    if all.is_empty() {
        tags.remove(&key(namespace));
        return;
    }
    let texts = all.iter().map(|granted| match granted.until {
        Some(until) => format!("{} until {}", granted.label, time_text(until)),
        None => granted.label.clone(),
    });
    tags.insert(key(namespace), texts.collect::<Vec<_>>().join(" + "));
}

fn parse(value: &str) -> Vec<Granted> {
    let one = |text: &str| match text.split_once(" until ") {
        Some((label, until)) => Granted { label: label.to_owned(), until: until.trim().parse().ok() },
        None => Granted { label: text.to_owned(), until: None },
    };
    value.split(" + ").map(one).collect()
}

/// AWS takes no `*` in a tag, and Kubernetes no `_` in the name of a namespace.
fn key(namespace: &str) -> String {
    format!("{PREFIX}{}", namespace.replace('*', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted_until(label: &str, until: Option<&str>) -> Granted {
        Granted { label: label.to_owned(), until: until.map(|text| text.parse().expect("a time")) }
    }

    #[test]
    fn what_was_added_is_read_again() {
        let mut tags = of_new_entry();
        assert!(is_ours(&tags) && granted(&tags, "pay").is_empty());
        add(&mut tags, "pay", granted_until("AmazonEKSViewPolicy", None));
        add(&mut tags, "pay", granted_until("viewer", Some("2026-11-26T18:00:00Z")));
        assert_eq!(tags["nsaccess/pay"], "AmazonEKSViewPolicy + viewer until 2026-11-26T18:00:00Z");
        assert_eq!(granted(&tags, "pay")[1], granted_until("viewer", Some("2026-11-26T18:00:00Z")));
        // Once more, without an end.
        add(&mut tags, "pay", granted_until("viewer", None));
        assert_eq!(tags["nsaccess/pay"], "AmazonEKSViewPolicy + viewer");
        assert_eq!(granted_everywhere(&tags).count(), 2);
        remove(&mut tags, "pay", |_| true);
        assert_eq!(tags, of_new_entry());
    }
}
