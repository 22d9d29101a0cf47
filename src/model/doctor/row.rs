//! The rows of a report: one for each check, or for each finding of it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::doctor::check::Check;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Repair, Verdict};

/// The result of a row, and of a whole report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Ok,
    Warn,
    Fail,
    Skipped,
    Unknown,
}

impl Outcome {
    /// As documents have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Warn => "warn",
            Outcome::Fail => "fail",
            Outcome::Skipped => "skipped",
            Outcome::Unknown => "unknown",
        }
    }
}

/// A line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) check: &'static Check,
    /// What was found, if something was.
    pub(crate) finding: Option<&'static Finding>,
    pub(crate) outcome: Outcome,
    pub(crate) message: String,
    pub(crate) because: Vec<String>,
    pub(crate) try_next: Vec<String>,
    /// The id of the row that this one was skipped for.
    pub(crate) because_of: Option<&'static str>,
    /// It was skipped because nothing depends on it here.
    pub(crate) is_not_needed: bool,
    pub(crate) facts: Vec<String>,
    pub(crate) repair: Option<Repair>,
    /// How long the check took.
    pub(crate) milliseconds: u64,
}

impl Row {
    /// A row without details.
    pub(crate) fn new(check: &'static Check, outcome: Outcome, message: impl Into<String>) -> Self {
        Row {
            check,
            finding: None,
            outcome,
            message: message.into(),
            because: Vec::new(),
            try_next: Vec::new(),
            because_of: None,
            is_not_needed: false,
            facts: Vec::new(),
            repair: None,
            milliseconds: 0,
        }
    }

    /// The id of the finding, else of the check.
    pub(crate) fn id(&self) -> &'static str {
        self.finding.map_or(self.check.id, |finding| finding.id)
    }

    /// Whether what needs this check cannot be checked.
    pub(crate) fn blocks(&self) -> bool {
        match self.outcome {
            Outcome::Fail | Outcome::Unknown => true,
            Outcome::Skipped => !self.is_not_needed,
            Outcome::Ok | Outcome::Warn => false,
        }
    }

    /// Whether it is not in order, and waiting may help.
    pub(crate) fn can_pass_later(&self) -> bool {
        self.finding.is_some_and(|finding| finding.waiting == Waiting::Helps)
    }
}

/// The rows of a check.
pub(crate) fn rows(check: &'static Check, judgement: Judgement, milliseconds: u64) -> Vec<Row> {
    let Judgement { verdict, problems, facts, because_of } = judgement;
    if problems.is_empty() {
        let is_not_needed = matches!(verdict, Verdict::NotNeeded(_));
        let (outcome, message) = match verdict {
            Verdict::Ok(message) => (Outcome::Ok, message),
            Verdict::Skipped(message) => (Outcome::Skipped, message),
            Verdict::NotNeeded(why) => (Outcome::Skipped, format!("not needed: {why}")),
            Verdict::Unknown(message) => (Outcome::Unknown, message),
        };
        return vec![Row { facts, because_of, is_not_needed, milliseconds, ..Row::new(check, outcome, message) }];
    }
    let mut facts = Some(facts);
    let row = |problem: crate::model::doctor::judgement::Problem| Row {
        check,
        finding: Some(problem.finding),
        outcome: match problem.finding.severity {
            Severity::Fail => Outcome::Fail,
            Severity::Warn => Outcome::Warn,
            Severity::Unknown => Outcome::Unknown,
        },
        message: problem.message,
        because: problem.because,
        try_next: problem.try_next,
        because_of: None,
        is_not_needed: false,
        // Said once, with the first problem of the check.
        facts: facts.take().unwrap_or_default(),
        repair: problem.repair,
        milliseconds,
    };
    problems.into_iter().map(row).collect()
}

/// The result of all rows.
pub(crate) fn verdict(rows: &[Row]) -> Outcome {
    let has = |outcome| rows.iter().any(|row| row.outcome == outcome);
    [Outcome::Fail, Outcome::Unknown, Outcome::Warn].into_iter().find(|outcome| has(*outcome)).unwrap_or(Outcome::Ok)
}

/// The first thing to do: about what fails, else about what is unknown, else about what is warned of.
pub(crate) fn first_step(rows: &[Row]) -> Option<&str> {
    let of = |outcome| {
        let mut commands = rows.iter().filter(move |row| row.outcome == outcome).flat_map(|row| row.try_next.first());
        commands.next().map(String::as_str)
    };
    [Outcome::Fail, Outcome::Unknown, Outcome::Warn].into_iter().find_map(of)
}
