//! Names of secrets: which are the namespace's own, and what a person means who types one.

use crate::model::kube::namespace::Namespace;
use crate::model::settings::Pattern;

/// The longest name that AWS gives a secret.
const LONGEST: usize = 512;

/// Where a namespace's secrets are: the beginning of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix {
    text: String,
    pattern: Pattern,
}

/// A secret of the namespace, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SecretName {
    /// The whole name.
    pub full: String,
    /// The name without the prefix: what people type and read.
    pub relative: String,
    /// What AWS is asked with: the name, or the ARN that was typed.
    pub id: String,
    /// Region and account of an ARN.
    pub place: Option<(String, String)>,
}

/// Why a name is not asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameError {
    /// It cannot be a secret's name: the end of a sentence that begins with it.
    Invalid(String),
    /// It is the name of a secret that the role cannot read.
    Outside {
        /// The whole name.
        full: String,
        /// The namespace whose it seems to be, and its name there.
        other: Option<(String, String)>,
    },
}

impl Prefix {
    /// The prefix of a namespace.
    pub(crate) fn new(pattern: &Pattern, namespace: &Namespace) -> Self {
        Prefix { text: pattern.render(namespace.as_str()), pattern: pattern.clone() }
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the namespace's role may read a secret of this name. The filter of `ListSecrets` also gives what only
    /// begins alike, and this decides.
    pub(crate) fn covers(&self, full: &str) -> bool {
        full.len() > self.text.len() && full.starts_with(&self.text)
    }

    /// A name as people read it, and can type it: without the prefix if it is the namespace's, unless what is left
    /// would be read as something else.
    pub(crate) fn shown<'a>(&self, full: &'a str) -> &'a str {
        if !self.covers(full) {
            return full;
        }
        let relative = &full[self.text.len()..];
        let is_misread = self.is_whole(relative) || relative.starts_with("arn:") || relative.starts_with('-');
        if is_misread { full } else { relative }
    }

    fn is_whole(&self, typed: &str) -> bool {
        typed.starts_with(&self.text) || typed.starts_with('/') || begins_with(typed, self.pattern.before())
    }

    /// The secret that a person means: by its name below the prefix, its whole name, or its ARN.
    ///
    /// # Errors
    /// Why no call is worth making.
    pub(crate) fn resolve(&self, typed: &str) -> Result<SecretName, NameError> {
        check(typed).map_err(NameError::Invalid)?;
        if typed.starts_with("arn:") {
            return self.resolve_arn(typed);
        }
        let full = if self.is_whole(typed) { typed.to_owned() } else { format!("{}{typed}", self.text) };
        if full.len() > LONGEST {
            return Err(NameError::Invalid(format!(
                "has {} characters; a secret's name has at most {LONGEST}",
                full.len()
            )));
        }
        self.own(full.clone(), full, None)
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
        self.own(without_suffix(name).to_owned(), typed.to_owned(), place)
    }

    fn own(&self, full: String, id: String, place: Option<(String, String)>) -> Result<SecretName, NameError> {
        if !self.covers(&full) {
            let other = self.owner(&full);
            return Err(NameError::Outside { full, other });
        }
        Ok(SecretName { relative: self.shown(&full).to_owned(), full, id, place })
    }

    /// The namespace that a foreign name belongs to by the pattern, and what it is called there.
    fn owner(&self, full: &str) -> Option<(String, String)> {
        let rest = full.strip_prefix(self.pattern.before())?;
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')?;
        let namespace = Namespace::parse(&rest[..end]).ok()?;
        let name = full.strip_prefix(&self.pattern.render(namespace.as_str()))?;
        (!name.is_empty()).then(|| (namespace.as_str().to_owned(), name.to_owned()))
    }
}

fn begins_with(name: &str, shared: &str) -> bool {
    !shared.is_empty() && name.starts_with(shared)
}

/// The name in an ARN ends in a hyphen and six characters; people also write it without.
fn without_suffix(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((name, suffix)) if suffix.len() == 6 && suffix.chars().all(|c| c.is_ascii_alphanumeric()) => name,
        _ => name,
    }
}

/// The characters of `CreateSecret`'s reference, `!` of secrets that AWS services manage, and `:` of an ARN.
fn check(typed: &str) -> Result<(), String> {
    let is_arn = typed.starts_with("arn:");
    let usual = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-!".contains(c) || (is_arn && c == ':');
    if typed.is_empty() {
        return Err("is empty".to_owned());
    }
    if let Some(wrong) = typed.chars().find(|c| !usual(*c)) {
        return Err(format!("has the character {wrong:?}; a secret's name has only A-Z a-z 0-9 / _ + = . @ -"));
    }
    if typed.split('/').any(|part| part == "." || part == "..") {
        return Err("has `.` or `..` between slashes; a secret's name is no path".to_owned());
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
    fn a_name_is_meant_below_the_prefix_or_whole() {
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
    fn what_is_another_s_is_outside() {
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
    fn what_is_no_name_is_said() {
        for typed in ["", " ", "a b", "../x", "a/../b", "./a", "a:b", "ä", "a\n", "*", &"x".repeat(600)] {
            assert!(matches!(usual().resolve(typed), Err(NameError::Invalid(_))), "{typed:?}");
        }
    }

    #[test]
    fn a_pattern_that_begins_with_the_namespace_leaves_names_relative() {
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
