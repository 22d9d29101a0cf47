//! Names of secrets: which belong to the namespace, and how typed names are resolved.

use crate::model::kube::namespace::Namespace;
use crate::model::settings::Pattern;

/// The longest name that Secrets Manager allows.
const LONGEST: usize = 512;

/// The prefix of the names of a namespace's secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix {
    text: String,
    pattern: Pattern,
}

/// A secret of the namespace, as a person named it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SecretName {
    pub(crate) full: String,
    /// The name without the prefix, as people type and read it.
    pub(crate) relative: String,
    /// The `SecretId` for AWS: the full name, or the ARN that was typed.
    pub(crate) id: String,
    /// Region and account, if an ARN was typed.
    pub(crate) place: Option<(String, String)>,
}

/// Why a typed name is refused without a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameError {
    /// It cannot be a secret's name; why, as the end of a sentence that begins with it.
    Invalid(String),
    /// The role cannot read secrets of this name.
    Outside {
        full: String,
        /// The namespace that it seems to belong to, and its name there.
        other: Option<(String, String)>,
    },
}

impl Prefix {
    pub(crate) fn new(pattern: &Pattern, namespace: &Namespace) -> Self {
        Prefix { text: pattern.render(namespace.as_str()), pattern: pattern.clone() }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the namespace's role may read a secret of this name. More exact than the name filter of `ListSecrets`.
    pub(crate) fn covers(&self, full: &str) -> bool {
        full.len() > self.text.len() && full.starts_with(&self.text)
    }

    /// The name as people read and type it: without the prefix, unless the rest would be resolved to something else.
    pub(crate) fn display_name<'a>(&self, full: &'a str) -> &'a str {
        if !self.covers(full) {
            return full;
        }
        let relative = &full[self.text.len()..];
        let is_misread = self.is_full_name(relative) || relative.starts_with("arn:") || relative.starts_with('-');
        if is_misread { full } else { relative }
    }

    fn is_full_name(&self, typed: &str) -> bool {
        typed.starts_with(&self.text) || typed.starts_with('/') || has_prefix(typed, self.pattern.before())
    }

    /// Resolves a typed name, which is relative to the prefix, a full name, or an ARN.
    pub(crate) fn resolve(&self, typed: &str) -> Result<SecretName, NameError> {
        check(typed).map_err(NameError::Invalid)?;
        if typed.starts_with("arn:") {
            return self.resolve_arn(typed);
        }
        let full = if self.is_full_name(typed) { typed.to_owned() } else { format!("{}{typed}", self.text) };
        if full.len() > LONGEST {
            return Err(NameError::Invalid(format!("has {} characters; the limit is {LONGEST}", full.len())));
        }
        self.name_in_prefix(full.clone(), full, None)
    }

    fn resolve_arn(&self, typed: &str) -> Result<SecretName, NameError> {
        let mut parts = typed.splitn(7, ':').skip(2);
        let (service, region, account) = (parts.next(), parts.next(), parts.next());
        let (Some("secretsmanager"), Some(region), Some(account), Some("secret"), Some(name)) =
            (service, region, account, parts.next(), parts.next())
        else {
            return Err(NameError::Invalid("is not the ARN of a secret".to_owned()));
        };
        let place = Some((region.to_owned(), account.to_owned()));
        self.name_in_prefix(without_suffix(name).to_owned(), typed.to_owned(), place)
    }

    fn name_in_prefix(
        &self,
        full: String,
        id: String,
        place: Option<(String, String)>,
    ) -> Result<SecretName, NameError> {
        if !self.covers(&full) {
            let other = self.owner(&full);
            return Err(NameError::Outside { full, other });
        }
        Ok(SecretName { relative: self.display_name(&full).to_owned(), full, id, place })
    }

    /// The namespace that another name belongs to by the pattern, and its name there.
    fn owner(&self, full: &str) -> Option<(String, String)> {
        let rest = full.strip_prefix(self.pattern.before())?;
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')?;
        let namespace = Namespace::parse(&rest[..end]).ok()?;
        let name = full.strip_prefix(&self.pattern.render(namespace.as_str()))?;
        (!name.is_empty()).then(|| (namespace.as_str().to_owned(), name.to_owned()))
    }
}

fn has_prefix(name: &str, shared: &str) -> bool {
    !shared.is_empty() && name.starts_with(shared)
}

/// Removes the hyphen and six random characters at the end of an ARN, which people may leave out.
fn without_suffix(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((name, suffix)) if suffix.len() == 6 && suffix.chars().all(|c| c.is_ascii_alphanumeric()) => name,
        _ => name,
    }
}

/// Allows the characters of `CreateSecret`'s reference, `!` for secrets that AWS services manage, and `:` in an ARN.
fn check(typed: &str) -> Result<(), String> {
    let is_arn = typed.starts_with("arn:");
    let usual = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-!".contains(c) || (is_arn && c == ':');
    if typed.is_empty() {
        return Err("is empty".to_owned());
    }
    if let Some(wrong) = typed.chars().find(|c| !usual(*c)) {
        return Err(format!("contains {wrong:?}; allowed are A-Z a-z 0-9 / _ + = . @ -"));
    }
    if typed.split('/').any(|part| part == "." || part == "..") {
        return Err("contains \".\" or \"..\" between slashes".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prefix(pattern: &str, namespace: &str) -> Prefix {
        let pattern = Pattern::parse(pattern).expect("a pattern");
        Prefix::new(&pattern, &Namespace::parse(namespace).expect("a namespace"))
    }

    fn usual() -> Prefix {
        prefix("customer/{namespace}/", "idp-dev")
    }

    #[test]
    fn names_are_relative_or_full() {
        for (typed, full) in [
            ("api-key", "customer/idp-dev/api-key"),
            ("billing/database", "customer/idp-dev/billing/database"),
            ("customer/idp-dev/api-key", "customer/idp-dev/api-key"),
            ("rds!cluster-1", "customer/idp-dev/rds!cluster-1"),
            ("a..b", "customer/idp-dev/a..b"),
        ] {
            let name = usual().resolve(typed).expect("a name");
            assert_eq!((name.full.as_str(), name.id.as_str()), (full, full), "{typed}");
            assert_eq!(name.relative, full["customer/idp-dev/".len()..]);
        }
    }

    #[test]
    fn an_arn_is_asked_as_it_is() {
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:customer/idp-dev/api-key-AbCd12";
        let name = usual().resolve(arn).expect("a name");
        assert_eq!((name.id.as_str(), name.relative.as_str()), (arn, "api-key"));
        assert_eq!(name.place, Some(("eu-west-1".to_owned(), "111122223333".to_owned())));
        for bad in ["arn:", "arn:aws:s3:::bucket", "arn:aws:secretsmanager:eu-west-1:111122223333:secret"] {
            assert!(matches!(usual().resolve(bad), Err(NameError::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn names_of_others_are_outside() {
        let other = |namespace: &str, name: &str| Some((namespace.to_owned(), name.to_owned()));
        for (typed, owner) in [
            ("customer/idp-test/api-key", other("idp-test", "api-key")),
            ("customer/idp-dev-tools/api-key", other("idp-dev-tools", "api-key")),
            ("customer/idp-dev/", None),
            ("customer/x", None),
            ("/platform/x", None),
            ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:platform/x-AbCd12", None),
        ] {
            match usual().resolve(typed) {
                Err(NameError::Outside { other, .. }) => assert_eq!(other, owner, "{typed}"),
                answer => panic!("{typed}: {answer:?}"),
            }
        }
    }

    #[test]
    fn invalid_names() {
        for typed in ["", " ", "a b", "../x", "a/../b", "./a", "a:b", "ä", "a\n", "*", &"x".repeat(600)] {
            assert!(matches!(usual().resolve(typed), Err(NameError::Invalid(_))), "{typed:?}");
        }
    }

    #[test]
    fn with_a_pattern_that_begins_with_the_namespace_names_are_relative() {
        let prefix = prefix("{namespace}/", "a");
        assert_eq!(prefix.resolve("b/x").expect("a name").full, "a/b/x");
        assert!(!prefix.covers("ab/x") && !prefix.covers("a/") && prefix.covers("a/x"));
    }

    proptest! {
        #[test]
        fn no_name_ever_leaves_the_prefix(typed in "\\PC{0,60}", namespace in "[a-z]([a-z0-9-]{0,8}[a-z0-9])?") {
            let prefix = prefix("customer/{namespace}/", &namespace);
            if let Ok(name) = prefix.resolve(&typed) {
                let start = format!("customer/{namespace}/");
                prop_assert!(name.full.starts_with(&start));
                prop_assert!(!name.relative.is_empty());
                prop_assert_eq!(prefix.resolve(&name.full).expect("the same").full, name.full);
            }
        }

        #[test]
        fn two_namespaces_never_share_a_secret(
            one in "[a-z]([a-z0-9-]{0,4}[a-z0-9])?", two in "[a-z]([a-z0-9-]{0,4}[a-z0-9])?", name in "[a-z/-]{1,9}",
        ) {
            let full = format!("customer/{one}/{name}");
            prop_assert_eq!(prefix("customer/{namespace}/", &two).covers(&full), one == two);
        }
    }
}
