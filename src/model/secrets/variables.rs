//! Secrets as environment variables: one variable for each key of a JSON object, and one for any other value.
//!
//! Keys keep their case: a program that uses the key `password` reads `$password`, and upper case would turn `user` and
//! `path` into `$USER` and `$PATH`. A value that is not an object is named after its secret, in upper case. Characters that a
//! variable's name cannot have become `_`.

use std::collections::BTreeMap;

use super::dangerous::decides;
use super::value::Value;
use crate::model::json;
use crate::secret::Secret;

/// Why secrets cannot become variables. Contains names and keys, but never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VariablesError {
    /// Two variables would have the same name.
    Collision { variable: String, first: String, second: String },
    /// A value is not text.
    Binary(String),
    /// A value has a zero byte, which an environment cannot hold.
    ZeroByte(String),
    /// A key without letters and digits.
    Nameless(String),
    /// Variables that control programs and are not allowed ([`decides`]).
    Dangerous(Vec<DangerousVariable>),
}

/// A variable that controls programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DangerousVariable {
    pub(crate) variable: String,
    /// The key or secret that it comes from.
    pub(crate) origin: String,
    /// What it decides, as the end of a sentence.
    pub(crate) decides: &'static str,
}

/// A secret's relative name and its value.
pub(crate) type Source<'a> = (&'a str, &'a Value);

/// How variables are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Naming<'a> {
    pub(crate) prefix: &'a str,
    /// Names of dangerous variables that may be set.
    pub(crate) allowed: &'a [String],
}

/// The variables of the secrets, in their order.
///
/// # Errors
/// The first problem; of dangerous variables, all.
pub(crate) fn variables(
    naming: Naming<'_>,
    sources: &[Source<'_>],
) -> Result<Vec<(String, Secret<String>)>, VariablesError> {
    let prefix = naming.prefix;
    let mut found: Vec<(String, Secret<String>)> = Vec::new();
    let mut dangerous: Vec<DangerousVariable> = Vec::new();
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    for (secret, value) in sources {
        let text = value.text().ok_or_else(|| VariablesError::Binary((*secret).to_owned()))?;
        for (origin, name, value) in variables_of(secret, text) {
            let variable = variable(prefix, &name).ok_or_else(|| VariablesError::Nameless(origin.clone()))?;
            if value.expose().contains('\0') {
                return Err(VariablesError::ZeroByte(origin));
            }
            if let Some(decides) = decides(&variable).filter(|_| !naming.allowed.contains(&variable)) {
                dangerous.push(DangerousVariable { variable: variable.clone(), origin: origin.clone(), decides });
            }
            if let Some(first) = origins.insert(variable.clone(), origin.clone()) {
                return Err(VariablesError::Collision { variable, first, second: origin });
            }
            found.push((variable, value));
        }
    }
    if dangerous.is_empty() { Ok(found) } else { Err(VariablesError::Dangerous(dangerous)) }
}

/// Origin, name and value of each variable.
fn variables_of(secret: &str, text: &str) -> Vec<(String, String, Secret<String>)> {
    match json::entries(text) {
        Some(entries) => {
            let of_key = |(key, value): (String, &serde_json::value::RawValue)| {
                (format!("the key {key:?} of {secret}"), key, json::plain(value.get()))
            };
            entries.into_iter().map(of_key).collect()
        }
        None => vec![(secret.to_owned(), secret.to_ascii_uppercase(), Secret::from(text))],
    }
}

/// A name that every shell accepts: letters, digits and `_`, not beginning with a digit.
fn variable(prefix: &str, name: &str) -> Option<String> {
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    clean.contains(|c: char| c.is_ascii_alphanumeric()).then_some(())?;
    let digit_first = prefix.is_empty() && clean.starts_with(|c: char| c.is_ascii_digit());
    Some(if digit_first { format!("_{clean}") } else { format!("{prefix}{clean}") })
}

/// Checks a prefix for variables.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), String> {
    let usual = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if prefix.starts_with(|c: char| c.is_ascii_digit()) || !prefix.chars().all(usual) {
        return Err("a variable name has letters, digits and _, and does not start with a digit".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: &str) -> Value {
        Value::Text(Secret::from(value))
    }

    fn shown(prefix: &str, sources: &[(&str, &str)]) -> Result<Vec<(String, String)>, VariablesError> {
        let values: Vec<Value> = sources.iter().map(|(_, value)| text(value)).collect();
        let sources: Vec<Source<'_>> = sources.iter().zip(&values).map(|((name, _), value)| (*name, value)).collect();
        let pairs = variables(Naming { prefix, allowed: &[] }, &sources)?;
        Ok(pairs.into_iter().map(|(name, value)| (name, value.expose().clone())).collect())
    }

    fn pairs(of: &[(&str, &str)]) -> Result<Vec<(String, String)>, VariablesError> {
        Ok(of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn keys_keep_their_case_and_values_their_format() {
        let json = r#"{"user":"u","db-host":"h","PORT":5432,"tls":true,"none":null,"more":{"a": 1},"1st":"x"}"#;
        let expected = pairs(&[
            ("user", "u"),
            ("db_host", "h"),
            ("PORT", "5432"),
            ("tls", "true"),
            ("none", ""),
            ("more", r#"{"a": 1}"#),
            ("_1st", "x"),
        ]);
        assert_eq!(shown("", &[("db", json)]), expected);
        assert_eq!(shown("DB_", &[("db", r#"{"1st":"x"}"#)]), pairs(&[("DB_1st", "x")]));
    }

    #[test]
    fn other_values_are_named_after_the_secret() {
        for value in ["plain\n", "[1]", "\"quoted\"", "{broken", "", "5"] {
            assert_eq!(shown("", &[("billing/api-key", value)]), pairs(&[("BILLING_API_KEY", value)]), "{value}");
        }
    }

    #[test]
    fn collisions_are_refused() {
        let two = shown("", &[("a", r#"{"x":1}"#), ("b", r#"{"x":2}"#)]);
        let of = |variable: &str, first: &str, second: &str| {
            Err(VariablesError::Collision { variable: variable.into(), first: first.into(), second: second.into() })
        };
        assert_eq!(two, of("x", "the key \"x\" of a", "the key \"x\" of b"));
        assert_eq!(
            shown("", &[("a", r#"{"x-y":1,"x.y":2}"#)]),
            of("x_y", "the key \"x-y\" of a", "the key \"x.y\" of a")
        );
        assert_eq!(shown("", &[("a", r#"{"x":1,"x":1}"#)]), of("x", "the key \"x\" of a", "the key \"x\" of a"));
        assert_eq!(shown("", &[("a/b", "1"), ("a-b", "2")]), of("A_B", "a/b", "a-b"));
        assert!(shown("", &[("a", r#"{"x":1,"X":2}"#)]).is_ok(), "an environment tells them apart");
    }

    #[test]
    fn values_that_an_environment_cannot_hold_are_refused() {
        assert_eq!(shown("", &[("a", "x\0y")]), Err(VariablesError::ZeroByte("a".to_owned())));
        assert_eq!(
            shown("", &[("a", r#"{"k":"\u0000"}"#)]),
            Err(VariablesError::ZeroByte("the key \"k\" of a".to_owned()))
        );
        assert_eq!(shown("", &[("a", r#"{"":"x"}"#)]), Err(VariablesError::Nameless("the key \"\" of a".to_owned())));
        let binary = Value::Binary(Secret::new(vec![0xff]));
        assert_eq!(
            variables(Naming::default(), &[("a", &binary)]).map(|_| ()),
            Err(VariablesError::Binary("a".to_owned()))
        );
        let text = Value::Binary(Secret::new(b"fine".to_vec()));
        assert!(variables(Naming::default(), &[("a", &text)]).is_ok());
    }

    #[test]
    fn dangerous_variables_must_be_allowed_or_prefixed() {
        let json = text(r#"{"PATH":"/evil","user":"u","LD_PRELOAD":"x.so"}"#);
        let named = |naming: Naming<'_>, source: &str| {
            variables(naming, &[(source, &json)])
                .map(|found| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        let Err(VariablesError::Dangerous(refused)) = named(Naming::default(), "s") else { panic!("not refused") };
        let names: Vec<(&str, &str)> = refused.iter().map(|it| (it.variable.as_str(), it.origin.as_str())).collect();
        assert_eq!(names, [("PATH", "the key \"PATH\" of s"), ("LD_PRELOAD", "the key \"LD_PRELOAD\" of s")]);
        let allowed = ["PATH", "LD_PRELOAD"].map(str::to_owned);
        assert!(named(Naming { prefix: "", allowed: &allowed[..1] }, "s").is_err());
        assert_eq!(
            named(Naming { prefix: "", allowed: &allowed }, "s").expect("allowed"),
            ["PATH", "user", "LD_PRELOAD"]
        );
        assert_eq!(
            named(Naming { prefix: "S_", allowed: &[] }, "s").expect("prefixed"),
            ["S_PATH", "S_user", "S_LD_PRELOAD"]
        );
        let plain = text("/evil");
        for (prefix, secret) in [("", "path"), ("LD_", "preload"), ("", "aws/profile")] {
            let found = variables(Naming { prefix, allowed: &[] }, &[(secret, &plain)]);
            assert!(matches!(found, Err(VariablesError::Dangerous(_))), "{prefix} {secret}");
        }
    }

    #[test]
    fn prefixes_are_checked() {
        for good in ["", "DB_", "_", "a1"] {
            assert_eq!(check_prefix(good), Ok(()), "{good}");
        }
        for bad in ["1", "A-", "A B", "ä", "A="] {
            assert!(check_prefix(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_are_valid_in_every_shell(keys in prop::collection::vec("\\PC{0,8}", 0..5), prefix in "([A-Z_]{1,3})?") {
            let object: serde_json::Map<_, _> = keys.into_iter().map(|key| (key, "v".into())).collect();
            let value = text(&serde_json::Value::Object(object).to_string());
            if let Ok(found) = variables(Naming { prefix: &prefix, allowed: &[] }, &[("s", &value)]) {
                let mut names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
                for name in &names {
                    prop_assert!(!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()));
                    prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
                }
                names.sort_unstable();
                let all = names.len();
                names.dedup();
                prop_assert_eq!(names.len(), all);
            }
        }
    }
}
