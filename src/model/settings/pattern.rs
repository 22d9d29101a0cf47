//! Names that are made from a namespace: `idp-ns-{namespace}`.

use std::fmt;

use crate::model::kube::namespace::Namespace;

const PLACE: &str = "{namespace}";

/// A name with one place for the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    before: String,
    after: String,
}

impl Pattern {
    /// Takes a pattern in: any text with `{namespace}` in it exactly once, and no other braces.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with the pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((before, after)) = text.split_once(PLACE) else {
            return Err(format!("does not contain {PLACE}"));
        };
        if after.contains(PLACE) {
            return Err(format!("contains {PLACE} more than once"));
        }
        if [before, after].iter().any(|part| part.contains(['{', '}'])) {
            return Err(format!("contains a brace that does not belong to {PLACE}"));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("contains white space".to_owned());
        }
        Ok(Pattern { before: before.to_owned(), after: after.to_owned() })
    }

    /// The name for this namespace.
    pub(crate) fn render(&self, namespace: &str) -> String {
        format!("{}{namespace}{}", self.before, self.after)
    }

    /// The namespace that a name was made for, if it was made by this pattern.
    pub(crate) fn matches(&self, name: &str) -> Option<String> {
        let inside = name.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        Namespace::parse(inside).ok().map(|namespace| namespace.as_str().to_owned())
    }

    /// What stands before the namespace: what the names for all namespaces have in common.
    pub(crate) fn before(&self) -> &str {
        &self.before
    }

    /// Whether what follows the namespace cannot be a part of one, so that the name for `a` is no beginning of the one
    /// for `a-b`.
    pub(super) fn separates(&self) -> bool {
        self.after.starts_with(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PLACE}{}", self.before, self.after)
    }
}

/// Whether a name fits, where each `*` stands for any text, also for none.
pub(super) fn fits(stars: &str, name: &str) -> bool {
    let mut parts = stars.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(start) => rest = &rest[start + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_works_in_both_directions() {
        for (pattern, name, namespace) in [
            ("idp-ns-{namespace}", "idp-ns-idp-dev", "idp-dev"),
            ("{namespace}", "idp-dev", "idp-dev"),
            ("customer/{namespace}/", "customer/a/", "a"),
        ] {
            let pattern = Pattern::parse(pattern).expect("a pattern");
            assert_eq!(pattern.render(namespace), name);
            assert_eq!(pattern.matches(name).as_deref(), Some(namespace));
        }
    }

    #[test]
    fn only_names_of_a_namespace_match() {
        let pattern = Pattern::parse("x-{namespace}-y").expect("a pattern");
        for name in ["x--y", "x-y", "x-A-y", "x-a.b-y", "x-a", "a-y", "", "x-a-y "] {
            assert_eq!(pattern.matches(name), None, "{name}");
        }
        assert_eq!(pattern.matches("x-y-y-y").as_deref(), Some("y-y"));
        assert_eq!(pattern.to_string(), "x-{namespace}-y");
    }

    #[test]
    fn what_is_no_pattern() {
        for (text, reason) in [
            ("idp-ns", "does not contain {namespace}"),
            ("{namespace}{namespace}", "contains {namespace} more than once"),
            ("{a}{namespace}", "contains a brace that does not belong to {namespace}"),
            ("{{namespace}}", "contains a brace that does not belong to {namespace}"),
            ("a {namespace}", "contains white space"),
        ] {
            assert_eq!(Pattern::parse(text), Err(reason.to_owned()), "{text}");
        }
    }

    #[test]
    fn stars_stand_for_anything() {
        for (stars, name, expected) in [
            ("*-prod", "idp-prod", true),
            ("*-prod", "-prod", true),
            ("*-prod", "prod", false),
            ("*-prod", "idp-prod-2", false),
            ("idp-*", "idp-", true),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("ab*ba", "aba", false),
            ("a**b", "ab", true),
            ("idp-dev", "idp-dev", true),
            ("idp-dev", "idp-dev2", false),
        ] {
            assert_eq!(fits(stars, name), expected, "{stars} {name}");
        }
    }
}
