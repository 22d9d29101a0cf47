//! The values that a setting may have. Errors end a sentence that begins with the value.

use super::pattern::Pattern;
use crate::model::kube::namespace::Namespace;

pub(super) type Checked = Result<(), String>;

fn verdict(good: bool, wanted: &str) -> Checked {
    if good { Ok(()) } else { Err(format!("is not {wanted}")) }
}

pub(crate) fn start_url(value: &str) -> Checked {
    let rest = value.split_once("://").filter(|(scheme, _)| ["https", "http"].contains(&&*scheme.to_ascii_lowercase()));
    let rest = rest.map(|(_, rest)| rest);
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let clean = !value.contains(|c: char| c.is_whitespace() || c.is_control());
    verdict(clean && !host.is_empty() && !host.contains('@'), "a start URL such as https://corp.awsapps.com/start")
}

/// Like `eu-west-1`, `us-gov-west-1` or `eusc-de-east-1`.
pub(crate) fn region(value: &str) -> Checked {
    let parts: Vec<&str> = value.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let good = match parts.as_slice() {
        [first, middle @ .., last] => {
            let digit = last.len() == 1 && last.bytes().all(|byte| byte.is_ascii_digit());
            (2..=4).contains(&first.len())
                && letters(first)
                && !middle.is_empty()
                && middle.iter().all(letters)
                && digit
        }
        _ => false,
    };
    verdict(good, "an AWS region such as eu-west-1")
}

pub(crate) fn account(value: &str) -> Checked {
    verdict(value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()), "an AWS account of 12 digits")
}

/// A permission set's name, by Identity Center's rules.
pub(crate) fn role(value: &str) -> Checked {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    verdict((1..=64).contains(&value.len()) && value.chars().all(allowed), "a permission set's name")
}

/// A cluster's name, by EKS's rules.
pub(crate) fn cluster(value: &str) -> Checked {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins = value.starts_with(|c: char| c.is_ascii_alphanumeric());
    verdict(begins && value.len() <= 100 && value.chars().all(allowed), "an EKS cluster's name")
}

pub(super) fn flow(value: &str) -> Checked {
    verdict(super::Flow::parse(value).is_some(), "a flow: `device` or `browser`")
}

pub(super) fn namespace(value: &str) -> Checked {
    Namespace::parse(value).map(drop)
}

pub(super) fn pattern(value: &str) -> Checked {
    Pattern::parse(value).map(drop)
}

/// Something must end the namespace in the prefix, or `a` would also match the secrets of `a-b`.
pub(super) fn secrets_prefix(value: &str) -> Checked {
    let parsed = Pattern::parse(value)?;
    verdict(parsed.ends_namespace(), "safe: `a` would also find the secrets of `a-b`; put a `/` behind {namespace}")?;
    let usual = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-!{}".contains(c);
    verdict(
        value.chars().all(usual) && value.len() <= 256,
        "the beginning of a secret's name: A-Z a-z 0-9 / _ + = . @ -",
    )
}

/// A namespace's name, with `*` for any text.
pub(super) fn name_with_stars(value: &str) -> Checked {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '*';
    verdict(!value.is_empty() && value.chars().all(allowed), "a namespace's name, with `*` for any part of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(check: fn(&str) -> Checked, good: &[&str], bad: &[&str]) {
        for value in good {
            assert_eq!(check(value), Ok(()), "{value}");
        }
        for value in bad {
            assert!(check(value).is_err(), "{value}");
        }
    }

    #[test]
    fn values() {
        table(
            start_url,
            &[
                "https://corp.awsapps.com/start",
                "https://d-1.awsapps.com/start/#/",
                "http://127.0.0.1:80/start",
                "https://x",
                "HTTPS://corp.awsapps.com/start#/?tab=accounts",
            ],
            &["", "corp", "https://", "https:///start", "ftp://x/", "https://a b/", "https://x/\n", "https://a@b/"],
        );
        table(
            region,
            &["eu-west-1", "us-gov-west-1", "ap-southeast-5", "us-iso-east-1", "eusc-de-east-1", "cn-north-1"],
            &[
                "",
                "eu",
                "eu-west",
                "eu-1",
                "e-west-1",
                "europe-west-1",
                "EU-west-1",
                "eu-west-10",
                "eu--1",
                "eu-west-1 ",
            ],
        );
        table(account, &["111122223333"], &["", "1111-2222-3333", "11112222333", "1111222233334", "١١١١٢٢"]);
        table(role, &["idp-ns-a", "A+=,.@_-9"], &["", "a b", "a/b", "ü", &"x".repeat(65)]);
        table(cluster, &["demo", "Demo_1-x", "0"], &["", "-demo", "a.b", "a b", &"x".repeat(101)]);
        table(flow, &["device", "browser"], &["", "Device", "pkce"]);
        table(namespace, &["idp-dev"], &["", "-a", "A"]);
        table(name_with_stars, &["*-prod", "*", "a-*-b", "idp-dev"], &["", "?", "A*", "a b"]);
        table(
            secrets_prefix,
            &["customer/{namespace}/", "{namespace}/", "/a/{namespace}/db_", "{namespace}.x"],
            &[
                "",
                "/",
                "customer/",
                "customer/{namespace}",
                "{namespace}-",
                "{namespace}-x",
                "{namespace}0/",
                "ä/{namespace}/",
            ],
        );
    }

    #[test]
    fn errors_end_a_sentence() {
        assert_eq!(region("x").expect_err("no region"), "is not an AWS region such as eu-west-1");
        assert_eq!(account("x").expect_err("no account"), "is not an AWS account of 12 digits");
    }
}
