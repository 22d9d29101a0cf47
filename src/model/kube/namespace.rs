//! Names of namespaces, and similar names.

use std::fmt;

/// A Kubernetes namespace: an RFC 1123 label, so 1 to 63 of `a-z`, `0-9` and `-`, with no `-` at either end.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Namespace(String);

impl Namespace {
    /// Errors end a sentence that begins with the name.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() {
            return Err("is empty".to_owned());
        }
        if name.len() > 63 {
            return Err(format!("has {} characters; a namespace has at most 63", name.len()));
        }
        if let Some(wrong) = name.chars().find(|c| !allowed(*c)) {
            return Err(format!("has the character {wrong:?}; a namespace has only a-z, 0-9 and '-'"));
        }
        if name.starts_with('-') || name.ends_with('-') {
            return Err("begins or ends with '-'; a namespace begins and ends with a letter or digit".to_owned());
        }
        Ok(Namespace(name.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names in `known`, the most similar to `wanted` first; among those the one of the most similar length.
pub(crate) fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let rank = |name: &'a str| (distance(wanted, name), name.len().abs_diff(wanted.len()), name);
    let mut ranked: Vec<(usize, usize, &str)> = known.into_iter().map(rank).collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().map(|(_, _, name)| name).collect()
}

/// The name in `known` that `wanted` is probably a typo of.
pub(crate) fn similar<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = *nearest(wanted, known).first()?;
    (distance(wanted, found) <= 1 + wanted.chars().count() / 3).then_some(found)
}

/// The Levenshtein distance, or 1 if one name contains the other.
fn distance(left: &str, right: &str) -> usize {
    if !left.is_empty() && (left.contains(right) || right.contains(left)) {
        return 1;
    }
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rfc_1123() {
        for good in ["a", "idp-dev", "0", "a-1-b", &"x".repeat(63)] {
            assert!(Namespace::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "a/b", "ä", "a b", &"x".repeat(64)] {
            assert!(Namespace::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_nearest_name_comes_first() {
        assert_eq!(nearest("idp-dve", ["shop-prod", "idp-dev", "idp-prod"])[0], "idp-dev");
        assert_eq!(nearest("shop", ["idp-dev", "web-shop-dev"])[0], "web-shop-dev");
        assert_eq!(similar("api-kye", ["t/pem", "api-key"]), Some("api-key"));
        assert_eq!(similar("resource", ["resourceNames", "resources"]), Some("resources"));
        assert_eq!(similar("nope", ["t/pem", "api-key"]), None);
        assert_eq!(similar("nope", []), None);
    }
}
