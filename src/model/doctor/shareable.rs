//! The report as text that can be pasted into a ticket. It is built from what is allowed, not by taking out what is not:
//! a word stays if it is one of our own, or has the form of something that is nobody's secret (an ARN, an account, a
//! region, a host of AWS, a time). In the place of everything else stands a mark.

use std::collections::BTreeSet;

use crate::error::is_request;
use crate::model::doctor::document::{counts, docs};
use crate::model::doctor::row::{Outcome, Row, first_step, verdict};
use crate::model::doctor::{checks, findings};

/// In the place of what was left out.
pub(crate) const MARK: &str = "‹…›";

/// How a report begins.
pub(crate) const TITLE: &str = "# nsaccess doctor";

/// The words of our own messages. A test collects them from the sources.
const WORDS: &str = include_str!("words.txt");

/// What may be told of this run besides.
#[derive(Debug, Default)]
pub(crate) struct Heading<'a> {
    pub(crate) namespace: Option<&'a str>,
    pub(crate) version: &'a str,
    /// Like `linux x86_64`.
    pub(crate) system: String,
    /// When.
    pub(crate) at: String,
    /// Names of the person and of the machine: never told, even where they are words of ours.
    pub(crate) private: Vec<String>,
}

/// The report in Markdown.
pub(crate) fn render(heading: &Heading<'_>, rows: &[Row]) -> String {
    let vocabulary = Vocabulary::new(heading.namespace, &heading.private);
    let said = |text: &str| vocabulary.keep(text);
    let mut text = format!(
        "{TITLE} {}\n\nnsaccess {} on {}, {}. Result: {} ({}).\n{MARK} stands for what is not shared.\n\n",
        heading.namespace.unwrap_or("(no namespace)"),
        heading.version,
        heading.system,
        heading.at,
        verdict(rows).word(),
        counts(rows)
    );
    for row in rows {
        let link = if row.finding.is_some() { format!(" ({})", docs(row.id())) } else { String::new() };
        text.push_str(&format!(
            "- {} `{}` {} ms: {}{link}\n",
            sign(row.outcome),
            row.id(),
            row.milliseconds,
            said(&row.message)
        ));
        text.extend(row.facts.iter().map(|fact| format!("  - {}\n", said(fact))));
        text.extend(row.because.iter().map(|reason| format!("  - because: {}\n", said(reason))));
        text.extend(row.try_next.iter().map(|fix| match is_request(fix) {
            true => format!("  - {}\n", said(fix)),
            false => format!("  - try: `{}`\n", said(fix)),
        }));
    }
    if let Some(step) = first_step(rows) {
        text.push_str(&format!("\nFirst: `{}`\n", said(step)));
    }
    text
}

fn sign(outcome: Outcome) -> String {
    format!("**{}**", outcome.word())
}

/// Files that everybody has.
const FILES: [&str; 10] = [
    "~/.aws",
    "~/.aws/config",
    "~/.aws/credentials",
    "~/.aws/sso/cache",
    "~/.kube",
    "~/.kube/config",
    "~/.kube/config.lock",
    "~/.kube/kuberc",
    "~/.config/nsaccess/config.toml",
    "~/.cache/nsaccess",
];

/// The words that may be told.
struct Vocabulary {
    words: BTreeSet<String>,
    /// Permission set, profile and context end with the namespace.
    end: Option<String>,
}

impl Vocabulary {
    fn new(namespace: Option<&str>, private: &[String]) -> Self {
        let mut words: BTreeSet<String> = WORDS.lines().map(str::to_owned).collect();
        words.retain(|word| !private.iter().any(|name| name.to_lowercase() == *word));
        words.extend(checks().map(|check| check.id.to_owned()));
        words.extend(findings().map(|finding| finding.id.to_owned()));
        words.extend(namespace.map(str::to_lowercase));
        words.extend(FILES.map(str::to_owned));
        Vocabulary { words, end: namespace.map(|namespace| format!("-{}", namespace.to_lowercase())) }
    }

    /// A text with a mark in the place of each run of words that may not be told.
    fn keep(&self, text: &str) -> String {
        let mut kept: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let shown = self.shown(word);
            if shown == MARK && kept.last().is_some_and(|last| last == MARK) {
                continue;
            }
            kept.push(shown);
        }
        kept.join(" ")
    }

    /// A word, with the punctuation around it.
    fn shown(&self, word: &str) -> String {
        let is_around = |letter: char| "\"'`,;:.!?()[]{}<>#*=".contains(letter);
        let bare = word.trim_matches(is_around);
        if bare.is_empty() {
            return word.to_owned();
        }
        let start = word.find(bare).unwrap_or(0);
        let (before, after) = (&word[..start], &word[start + bare.len()..]);
        match self.allowed(bare) {
            Some(shown) => format!("{before}{shown}{after}"),
            // What stands around it may be a part of it.
            None => MARK.to_owned(),
        }
    }

    /// `idp-ns-<namespace>`: our own words, and the namespace.
    fn is_name(&self, word: &str) -> bool {
        let start = self.end.as_ref().and_then(|end| word.strip_suffix(end.as_str()));
        start.is_some_and(|start| self.words.contains(&format!("{start}-")))
    }

    /// What may be told of a word; `None` if that is nothing.
    fn allowed(&self, word: &str) -> Option<String> {
        if self.words.contains(&word.to_lowercase()) || self.is_name(word) || has_harmless_form(word) {
            return Some(word.to_owned());
        }
        if word.starts_with("arn:") {
            return Some(without_session(word));
        }
        // `needs/this`, `one=other`, `--only=session`: each part by itself.
        let (left, right) = word.split_once(['/', '=', '@'])?;
        let separator = &word[left.len()..=left.len()];
        let is_plain = separator != "@" && !left.is_empty() && !right.is_empty();
        let both = || Some(format!("{}{separator}{}", self.allowed(left)?, self.allowed(right)?));
        if is_plain { both() } else { None }
    }
}

/// The ARN of a caller ends with the name of a person.
fn without_session(arn: &str) -> String {
    let mut parts: Vec<&str> = arn.split('/').collect();
    let is_person = |kind: &str| arn.contains(&format!(":{kind}/"));
    if is_person("assumed-role") && parts.len() > 2 {
        parts.truncate(2);
        parts.push(MARK);
    } else if is_person("user") || is_person("federated-user") {
        parts.truncate(1);
        parts.push(MARK);
    }
    parts.join("/")
}

/// Numbers, times, versions, accounts, regions, hosts of AWS, names of Identity Center's roles, error codes of AWS.
fn has_harmless_form(word: &str) -> bool {
    is_number(word) || is_region(word) || is_aws_host(word) || is_error_code(word) || is_variable(word)
}

/// Digits, and what stands in numbers, times, versions and addresses of private networks; at most 30 letters.
fn is_number(word: &str) -> bool {
    if ["s", "ms", "h", "d"].contains(&word) {
        return true;
    }
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let units = ["s", "ms", "min", "h", "d", "T", "Z", "v"];
    let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
    let is_time = letters.chars().all(|letter| "TZ".contains(letter)) || units.contains(&letters.as_str());
    has_digit
        && is_time
        && word.len() <= 30
        && word.chars().all(|letter| letter.is_ascii_alphanumeric() || ".:-+%/".contains(letter))
}

/// `eu-west-1`, `us-gov-west-1`.
fn is_region(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let (Some((number, names)), true) = (parts.split_last(), parts.len() >= 3) else { return false };
    let is_name = |name: &&str| (2..=9).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase());
    number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()) && names.iter().all(is_name)
}

fn is_aws_host(word: &str) -> bool {
    let host = word.trim_start_matches("https://").split([':', '/']).next().unwrap_or_default();
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws"];
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    // A signed address has a query, which would be a secret.
    is_host && suffixes.iter().any(|suffix| host.ends_with(suffix)) && !word.contains(['?', '@', '&'])
}

/// `AccessDeniedException`, `UnrecognizedClientException`, `ExpiredToken`.
fn is_error_code(word: &str) -> bool {
    let ends = ["Exception", "Error", "Fault", "Token", "TokenId", "Denied", "Entity"];
    let is_word = word.len() > 6 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word && word.starts_with(|first: char| first.is_ascii_uppercase()) && ends.iter().any(|end| word.ends_with(end))
}

/// `AWS_PROFILE`, `$KUBECONFIG`: the name of a variable, never its value.
fn is_variable(word: &str) -> bool {
    let name = word.trim_start_matches('$');
    ["AWS_", "NSACCESS_", "KUBE", "SSL_CERT_", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"]
        .iter()
        .any(|start| name.starts_with(start))
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
#[path = "shareable_tests.rs"]
mod tests;
