//! The report as a document, and the list of all checks and findings: stable contracts.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::doctor::check::Check;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::row::{self, Outcome, Row};
use crate::model::doctor::{checks, findings};

/// Where causes and repairs are explained.
const PAGE: &str = "docs/doctor.md";

/// The report
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Report<'a> {
    /// The worst result of all checks
    result: Outcome,
    /// The namespace that was checked
    namespace: Option<&'a str>,
    /// One row for each check, or for each finding of a check
    checks: Vec<ReportRow<'a>>,
    /// The first thing to do
    #[serde(rename = "try")]
    first_step: Option<&'a str>,
    /// What `--fix` did before
    repaired: Vec<RepairRow<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ReportRow<'a> {
    /// Id of the finding, or of the check if there is none
    id: &'static str,
    /// Id of the check
    check: &'static str,
    /// The result
    result: Outcome,
    /// Label of the check
    title: &'static str,
    /// What was found
    message: &'a str,
    /// Why, with the most direct reason first
    because: &'a [String],
    /// Commands or instructions that fix it
    #[serde(rename = "try")]
    try_next: &'a [String],
    /// Id of the row that this one was skipped for
    because_of: Option<&'static str>,
    /// What was seen
    facts: &'a [String],
    /// Where the id is explained
    docs: String,
    /// How long the check took, in milliseconds
    ms: u64,
}

/// A repair that `--fix` made, or tried.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RepairRow<'a> {
    /// Id of the finding
    pub(crate) id: &'static str,
    /// The repair as a command
    pub(crate) command: &'a str,
    /// Why it failed
    pub(crate) error: Option<&'a str>,
}

/// The report of these rows.
pub(crate) fn report<'a>(namespace: Option<&'a str>, rows: &'a [Row], repaired: Vec<RepairRow<'a>>) -> Report<'a> {
    let checks = rows.iter().map(shown).collect();
    Report { result: row::verdict(rows), namespace, checks, first_step: row::first_step(rows), repaired }
}

fn shown(row: &Row) -> ReportRow<'_> {
    ReportRow {
        id: row.id(),
        check: row.check.id,
        result: row.outcome,
        title: row.check.title,
        message: &row.message,
        because: &row.because,
        try_next: &row.try_next,
        because_of: row.because_of,
        facts: &row.facts,
        docs: docs(row.id()),
        ms: row.milliseconds,
    }
}

/// Where an id is explained. Headings of the page are the ids; the anchor of a heading has no dots.
pub(crate) fn docs(id: &str) -> String {
    format!("{PAGE}#{}", anchor(id))
}

/// The anchor that Markdown gives a heading.
pub(crate) fn anchor(id: &str) -> String {
    id.replace('.', "-")
}

/// How many rows have which result, in words: `1 failed, 2 warnings, 24 ok`.
pub(crate) fn counts(rows: &[Row]) -> String {
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let words = [
        (count(Outcome::Fail), "failed", "failed"),
        (count(Outcome::Unknown), "unknown", "unknown"),
        (count(Outcome::Warn), "warning", "warnings"),
        (count(Outcome::Ok), "ok", "ok"),
        (count(Outcome::Skipped), "skipped", "skipped"),
    ];
    let said = words.into_iter().filter(|(count, ..)| *count > 0);
    said.map(|(count, one, more)| format!("{count} {}", if count == 1 { one } else { more }))
        .collect::<Vec<_>>()
        .join(", ")
}

/// All checks and findings
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Catalogue {
    /// Every check
    checks: Vec<ListedCheck>,
    /// Every finding
    findings: Vec<ListedFinding>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ListedCheck {
    /// Its id
    id: &'static str,
    /// Id of its group
    group: &'static str,
    /// Its label
    title: &'static str,
    /// What it checks
    what: &'static str,
    /// What it uses: files, programs or the network
    uses: &'static str,
    /// Ids of the checks that it needs
    needs: &'static [&'static str],
    /// Where it is explained
    docs: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ListedFinding {
    /// Its id
    id: &'static str,
    /// Id of its check
    check: &'static str,
    /// The result of a check with this finding
    result: Outcome,
    /// Why it happens
    cause: &'static str,
    /// How to fix it
    repair: &'static str,
    /// Whether `--wait` waits for it
    waiting_helps: bool,
    /// Where it is explained
    docs: String,
}

/// All checks and findings.
pub(crate) fn catalogue() -> Catalogue {
    Catalogue { checks: checks().map(listed_check).collect(), findings: findings().map(listed_finding).collect() }
}

fn listed_check(check: &'static Check) -> ListedCheck {
    ListedCheck {
        id: check.id,
        group: check.group.id(),
        title: check.title,
        what: check.what,
        uses: check.uses.word(),
        needs: check.needs,
        docs: docs(check.id),
    }
}

fn listed_finding(finding: &'static Finding) -> ListedFinding {
    let result = match finding.severity {
        Severity::Fail => Outcome::Fail,
        Severity::Warn => Outcome::Warn,
        Severity::Unknown => Outcome::Unknown,
    };
    ListedFinding {
        id: finding.id,
        check: finding.check,
        result,
        cause: finding.cause,
        repair: finding.repair,
        waiting_helps: finding.waiting == Waiting::Helps,
        docs: docs(finding.id),
    }
}
