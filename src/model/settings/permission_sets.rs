//! How permission sets are named: one pattern or several, each with the namespace's name and maybe that of the account.

use std::fmt;

use crate::model::kube::namespace::Namespace;

const NAMESPACE: &str = "{namespace}";
const ACCOUNT_NAME: &str = "{account_name}";

/// Patterns of permission sets' names. The first that fits counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PermissionSets(Vec<RolePattern>);

/// A name with the namespace once, and the account's name at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RolePattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Namespace,
    AccountName,
}

impl PermissionSets {
    /// Errors end a sentence that begins with a pattern; the pattern that is wrong comes with it.
    pub(crate) fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, (String, String)> {
        let parsed = texts.into_iter().map(|text| RolePattern::parse(text).map_err(|why| (text.to_owned(), why)));
        let patterns = parsed.collect::<Result<Vec<_>, _>>()?;
        if patterns.is_empty() {
            Err((String::new(), "has no pattern".to_owned()))
        } else {
            Ok(PermissionSets(patterns))
        }
    }

    /// The namespace of a permission set in an account. Where the account's name is not known, patterns with it do not fit.
    pub(crate) fn namespace_of(&self, role: &str, account_name: Option<&str>) -> Option<String> {
        let account_name = account_name.map(as_in_roles);
        self.0.iter().find_map(|pattern| pattern.namespace_of(role, account_name.as_deref()))
    }

    /// The permission set of a namespace, if there is only one name that it can have in every account.
    pub(crate) fn only_name(&self, namespace: &str) -> Option<String> {
        match self.0.as_slice() {
            [only] => only.render(namespace, None),
            _ => None,
        }
    }

    /// Whether a permission set is one of the namespace's, in an account of whatever name.
    pub(crate) fn fits(&self, role: &str, namespace: &str) -> bool {
        self.0.iter().any(|pattern| pattern.fits(role, namespace))
    }

    /// The names for messages, in which what is not known stays as the pattern has it.
    pub(crate) fn in_words(&self, namespace: &str) -> String {
        let names: Vec<String> = self.0.iter().map(|one| one.to_string().replace(NAMESPACE, namespace)).collect();
        names.join(" or ")
    }
}

impl fmt::Display for PermissionSets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns: Vec<String> = self.0.iter().map(RolePattern::to_string).collect();
        f.write_str(&patterns.join(","))
    }
}

/// What of an account's name a permission set's can hold: lower case, and `-` for every other character.
fn as_in_roles(account_name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    account_name.chars().map(|c| if allowed(c) { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// Whether this is a pattern. Errors end a sentence that begins with it.
pub(super) fn check(text: &str) -> Result<(), String> {
    RolePattern::parse(text).map(drop)
}

impl RolePattern {
    fn parse(text: &str) -> Result<Self, String> {
        let count = |placeholder: &str| text.matches(placeholder).count();
        match (count(NAMESPACE), count(ACCOUNT_NAME)) {
            (0, _) => return Err(format!("does not contain {NAMESPACE}")),
            (1, 0 | 1) => {}
            (1, _) => return Err(format!("contains {ACCOUNT_NAME} more than once")),
            _ => return Err(format!("contains {NAMESPACE} more than once")),
        }
        if text.replace(NAMESPACE, "").replace(ACCOUNT_NAME, "").contains(['{', '}']) {
            return Err(format!("contains a brace that belongs to neither {NAMESPACE} nor {ACCOUNT_NAME}"));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("contains white space".to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let (part, length) = match rest[start..].starts_with(NAMESPACE) {
                true => (Part::Namespace, NAMESPACE.len()),
                false => (Part::AccountName, ACCOUNT_NAME.len()),
            };
            parts.extend([Part::Text(rest[..start].to_owned()), part]);
            rest = &rest[start + length..];
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(RolePattern(parts))
    }

    fn render(&self, namespace: &str, account_name: Option<&str>) -> Option<String> {
        let text = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Namespace => Some(namespace.to_owned()),
            Part::AccountName => account_name.map(str::to_owned),
        };
        self.0.iter().map(text).collect()
    }

    fn namespace_of(&self, role: &str, account_name: Option<&str>) -> Option<String> {
        let at = self.0.iter().position(|part| *part == Part::Namespace)?;
        let (mut start, mut end) = (0, role.len());
        for part in &self.0[..at] {
            start += part.length_at_start(&role[start..end], account_name)?;
        }
        for part in self.0[at + 1..].iter().rev() {
            end -= part.length_at_end(&role[start..end], account_name)?;
        }
        Namespace::parse(&role[start..end]).ok().map(|namespace| namespace.as_str().to_owned())
    }

    fn fits(&self, role: &str, namespace: &str) -> bool {
        let mark = "\u{0}";
        let Some(name) = self.render(namespace, Some(mark)) else { return false };
        match name.split_once(mark) {
            None => role == name,
            Some((before, after)) => {
                let inside = role.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                inside.is_some_and(|account_name| !account_name.is_empty())
            }
        }
    }
}

impl Part {
    /// How much of a text's beginning this is.
    fn length_at_start(&self, text: &str, account_name: Option<&str>) -> Option<usize> {
        match self {
            Part::Text(own) => text.starts_with(own.as_str()).then_some(own.len()),
            Part::AccountName => {
                let name = account_name?;
                text.get(..name.len())?.eq_ignore_ascii_case(name).then_some(name.len())
            }
            Part::Namespace => None,
        }
    }

    fn length_at_end(&self, text: &str, account_name: Option<&str>) -> Option<usize> {
        match self {
            Part::Text(own) => text.ends_with(own.as_str()).then_some(own.len()),
            Part::AccountName => {
                let name = account_name?;
                let end = text.get(text.len().checked_sub(name.len())?..)?;
                end.eq_ignore_ascii_case(name).then_some(name.len())
            }
            Part::Namespace => None,
        }
    }
}

impl fmt::Display for RolePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Namespace => f.write_str(NAMESPACE),
            Part::AccountName => f.write_str(ACCOUNT_NAME),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(patterns: &[&str]) -> PermissionSets {
        PermissionSets::parse(patterns.iter().copied()).expect("patterns")
    }

    #[test]
    fn a_pattern_works_in_both_directions_with_the_account_s_name_as_roles_have_it() {
        for (pattern, account_name, role, namespace) in [
            ("idp-ns-{namespace}", None, "idp-ns-idp-dev", "idp-dev"),
            ("idp-ns-{namespace}", Some("Corp"), "idp-ns-idp-dev", "idp-dev"),
            ("{namespace}-{account_name}", Some("Corp Prod/EU"), "pay-corp-prod-eu", "pay"),
            ("{account_name}_{namespace}", Some("Corp.Prod"), "corp.prod_pay", "pay"),
            ("Team-{account_name}-{namespace}-rw", Some("Büro"), "Team-b-ro-pay-rw", "pay"),
        ] {
            let sets = sets(&[pattern]);
            assert_eq!(sets.namespace_of(role, account_name).as_deref(), Some(namespace), "{pattern}");
            assert!(sets.fits(role, namespace), "{pattern}");
        }
        let sets = sets(&["{namespace}-{account_name}"]);
        assert_eq!(sets.namespace_of("pay-Corp-PROD", Some("corp prod")).as_deref(), Some("pay"), "in any case");
    }

    #[test]
    fn another_account_s_permission_set_does_not_fit() {
        let sets = sets(&["{namespace}-{account_name}"]);
        for (role, account_name) in [
            ("pay-corp-dev", Some("corp prod")),
            ("pay-corp-dev", None),
            ("corp-dev", Some("corp dev")),
            ("ü", Some("a")),
        ] {
            assert_eq!(sets.namespace_of(role, account_name), None, "{role}");
        }
        assert!(!sets.fits("pay-", "pay") && !sets.fits("paycorp", "pay") && sets.fits("pay-corp", "pay"));
    }

    #[test]
    fn the_first_of_several_patterns_that_fits_counts() {
        let sets = sets(&["{namespace}-{account_name}", "idp-ns-{namespace}", "{namespace}"]);
        assert_eq!(sets.namespace_of("idp-ns-pay", None).as_deref(), Some("pay"));
        assert_eq!(sets.namespace_of("pay-corp", Some("corp")).as_deref(), Some("pay"));
        assert_eq!(sets.namespace_of("pay-corp", Some("other")).as_deref(), Some("pay-corp"), "by the last one");
        assert_eq!(sets.only_name("pay"), None, "the portal has to tell");
        assert_eq!(sets.to_string(), "{namespace}-{account_name},idp-ns-{namespace},{namespace}");
    }

    #[test]
    fn what_is_not_known_stays_in_words() {
        let both = sets(&["{namespace}-{account_name}", "idp-ns-{namespace}"]);
        assert_eq!(both.in_words("pay"), "pay-{account_name} or idp-ns-pay");
        assert_eq!(sets(&["{namespace}-{account_name}"]).only_name("pay"), None);
        assert_eq!(sets(&["idp-ns-{namespace}"]).only_name("pay").as_deref(), Some("idp-ns-pay"));
    }

    #[test]
    fn invalid_patterns() {
        for (text, reason) in [
            ("idp-ns", "does not contain {namespace}"),
            ("{account_name}", "does not contain {namespace}"),
            ("{namespace}{namespace}", "contains {namespace} more than once"),
            ("{account_name}{namespace}{account_name}", "contains {account_name} more than once"),
            ("{a}{namespace}", "contains a brace that belongs to neither {namespace} nor {account_name}"),
            ("{{namespace}}", "contains a brace that belongs to neither {namespace} nor {account_name}"),
            ("a {namespace}", "contains white space"),
        ] {
            assert_eq!(PermissionSets::parse([text]), Err((text.to_owned(), reason.to_owned())));
        }
        assert!(PermissionSets::parse([]).is_err());
    }
}
