//! The report as a document, and the list of all checks and findings: stable contracts.

use serde_json::{Value, json};

use crate::model::doctor::check::Check;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::row::{self, Outcome, Row};
use crate::model::doctor::{checks, findings};

/// Where causes and repairs are explained.
const PAGE: &str = "docs/doctor.md";

/// The report.
pub(crate) fn report(namespace: Option<&str>, rows: &[Row]) -> Value {
    json!({
        "result": row::verdict(rows).word(),
        "namespace": namespace,
        "checks": rows.iter().map(shown).collect::<Vec<_>>(),
        "try": row::first_step(rows),
    })
}

fn shown(row: &Row) -> Value {
    json!({
        "id": row.id(),
        "check": row.check.id,
        "result": row.outcome.word(),
        "title": row.check.title,
        "message": row.message,
        "because": row.because,
        "try": row.try_next,
        "because_of": row.because_of,
        "facts": row.facts,
        "docs": docs(row.id()),
        "ms": row.milliseconds,
    })
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

/// All checks and findings.
pub(crate) fn catalogue() -> Value {
    json!({
        "checks": checks().map(listed_check).collect::<Vec<_>>(),
        "findings": findings().map(listed_finding).collect::<Vec<_>>(),
    })
}

fn listed_check(check: &'static Check) -> Value {
    json!({
        "id": check.id, "group": check.group.id(), "title": check.title, "what": check.what,
        "uses": check.uses.word(), "needs": check.needs, "docs": docs(check.id),
    })
}

fn listed_finding(finding: &'static Finding) -> Value {
    let result = match finding.severity {
        Severity::Fail => Outcome::Fail,
        Severity::Warn => Outcome::Warn,
        Severity::Unknown => Outcome::Unknown,
    };
    json!({
        "id": finding.id, "check": finding.check, "result": result.word(), "cause": finding.cause,
        "repair": finding.repair, "waiting_helps": finding.waiting == Waiting::Helps, "docs": docs(finding.id),
    })
}
