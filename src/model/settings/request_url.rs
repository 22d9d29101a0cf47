//! Where a person asks for access that is missing.

use std::fmt;

use crate::error::MissingAccess;
use crate::model::wire::percent;

const PLACEHOLDERS: &str = "{namespace}, {account} and {role}";

/// An address with placeholders for what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestUrl(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Namespace,
    Account,
    Role,
}

impl RequestUrl {
    /// Errors end a sentence that begins with the text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("https://") else {
            return Err("does not begin with https://".to_owned());
        };
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("contains white space".to_owned());
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() || host.contains(['@', '{', '}']) {
            return Err("has no host".to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').ok_or("contains a brace that is never closed")?;
            parts.push(Part::Text(plain(before)?));
            parts.push(match name {
                "namespace" => Part::Namespace,
                "account" => Part::Account,
                "role" => Part::Role,
                _ => return Err(format!("contains {{{name}}}; the placeholders are {PLACEHOLDERS}")),
            });
            rest = behind;
        }
        parts.push(Part::Text(plain(rest)?));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(RequestUrl(parts))
    }

    /// The address for what is missing. What is not known is left empty.
    pub(crate) fn render(&self, missing: &MissingAccess) -> String {
        let encoded = |value: &Option<String>| percent::encode(value.as_deref().unwrap_or_default());
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Namespace => encoded(&missing.namespace),
            Part::Account => encoded(&missing.account),
            Part::Role => encoded(&missing.role),
        };
        self.0.iter().map(text).collect()
    }

    /// What a person is told to do.
    pub(crate) fn instruction(&self, missing: &MissingAccess) -> String {
        format!("ask for access: {}", self.render(missing))
    }
}

fn plain(text: &str) -> Result<String, String> {
    if text.contains('}') {
        Err("contains a closing brace without an opening one".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

impl fmt::Display for RequestUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Namespace => f.write_str("{namespace}"),
            Part::Account => f.write_str("{account}"),
            Part::Role => f.write_str("{role}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(namespace: &str, account: Option<&str>) -> MissingAccess {
        MissingAccess {
            namespace: Some(namespace.to_owned()),
            account: account.map(str::to_owned),
            ..MissingAccess::default()
        }
    }

    #[test]
    fn what_is_known_is_filled_in_and_encoded_and_the_rest_is_empty() {
        for (text, expected) in [
            (
                "https://it.example.com/ask?ns={namespace}&account={account}&role={role}",
                "https://it.example.com/ask?ns=pay&account=1%2F2&role=",
            ),
            ("https://it.example.com/{namespace}/{namespace}#x", "https://it.example.com/pay/pay#x"),
            ("https://it.example.com", "https://it.example.com"),
        ] {
            let url = RequestUrl::parse(text).expect("an address");
            assert_eq!(url.render(&missing("pay", Some("1/2"))), expected);
            assert_eq!(url.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_in_its_own_words() {
        for (text, reason) in [
            ("", "does not begin with https://"),
            ("http://it.example.com", "does not begin with https://"),
            ("https://", "has no host"),
            ("https:///ask", "has no host"),
            ("https://{namespace}.example.com/", "has no host"),
            ("https://it@example.com/", "has no host"),
            ("https://it.example.com/a b", "contains white space"),
            ("https://it.example.com/{ns}", "contains {ns}; the placeholders are {namespace}, {account} and {role}"),
            ("https://it.example.com/{}", "contains {}; the placeholders are {namespace}, {account} and {role}"),
            ("https://it.example.com/{namespace", "contains a brace that is never closed"),
            ("https://it.example.com/namespace}", "contains a closing brace without an opening one"),
            ("https://it.example.com/a}{namespace}", "contains a closing brace without an opening one"),
        ] {
            assert_eq!(RequestUrl::parse(text), Err(reason.to_owned()), "{text}");
        }
    }
}
