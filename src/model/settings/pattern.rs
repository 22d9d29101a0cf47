//! Patterns for names that contain a namespace, like `idp-ns-{namespace}`.

use std::fmt;

use crate::model::kube::namespace::Namespace;

const PLACEHOLDER: &str = "{namespace}";

/// A name with one placeholder for the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    before: String,
    after: String,
}

impl Pattern {
    /// Parses a text that has `{namespace}` exactly once, and no other braces. Errors end a sentence that begins with the
    /// pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((before, after)) = text.split_once(PLACEHOLDER) else {
            return Err(format!("does not contain {PLACEHOLDER}"));
        };
        if after.contains(PLACEHOLDER) {
            return Err(format!("contains {PLACEHOLDER} more than once"));
        }
        if [before, after].iter().any(|part| part.contains(['{', '}'])) {
            return Err(format!("contains a brace that does not belong to {PLACEHOLDER}"));
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

    /// The namespace in a name of this pattern.
    pub(crate) fn namespace_of(&self, name: &str) -> Option<String> {
        let inside = name.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        Namespace::parse(inside).ok().map(|namespace| namespace.as_str().to_owned())
    }

    /// The text before the namespace, with which the names of all namespaces begin.
    pub(crate) fn before(&self) -> &str {
        &self.before
    }

    /// Whether the text after the namespace cannot be part of one, so that the name for `a` is not a prefix of the one for
    /// `a-b`.
    pub(super) fn ends_namespace(&self) -> bool {
        self.after.starts_with(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PLACEHOLDER}{}", self.before, self.after)
    }
}

/// Whether a name matches a glob in which `*` stands for any text, also none.
pub(crate) fn matches_glob(glob: &str, name: &str) -> bool {
    let mut parts = glob.split('*');
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
            assert_eq!(pattern.namespace_of(name).as_deref(), Some(namespace));
        }
    }

    #[test]
    fn only_names_of_a_namespace_match() {
        let pattern = Pattern::parse("x-{namespace}-y").expect("a pattern");
        for name in ["x--y", "x-y", "x-A-y", "x-a.b-y", "x-a", "a-y", "", "x-a-y "] {
            assert_eq!(pattern.namespace_of(name), None, "{name}");
        }
        assert_eq!(pattern.namespace_of("x-y-y-y").as_deref(), Some("y-y"));
        assert_eq!(pattern.to_string(), "x-{namespace}-y");
    }

    #[test]
    fn invalid_patterns() {
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
            assert_eq!(matches_glob(stars, name), expected, "{stars} {name}");
        }
    }
}
