//! What a check says of the facts.

use std::path::PathBuf;

use crate::error::{Error, ask_platform_team};
use crate::model::doctor::finding::Finding;

/// A finding in this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) finding: &'static Finding,
    /// What is wrong: one sentence in lower case, without a full stop.
    pub(crate) message: String,
    /// Why, with the most direct reason first.
    pub(crate) because: Vec<String>,
    /// Commands that fix it (or an instruction or a request, if no command can), the most likely one first.
    pub(crate) try_next: Vec<String>,
    /// What `--fix` can do about it.
    pub(crate) repair: Option<Repair>,
}

/// A safe repair: of what is ours only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repair {
    /// `nsaccess login`: signs in, and writes profile and context anew.
    Login,
    /// `nsaccess kubeconfig --refresh`: writes the context anew.
    WriteContext,
    /// Removes files that a process of ours left when it was killed.
    Remove(Vec<PathBuf>),
    /// Takes the rights of others off files: of these paths.
    Tighten(Vec<PathBuf>),
}

impl Problem {
    pub(crate) fn of(finding: &'static Finding, message: impl Into<String>) -> Self {
        Problem { finding, message: message.into(), because: Vec::new(), try_next: Vec::new(), repair: None }
    }

    /// What an error says is the problem.
    pub(crate) fn of_error(finding: &'static Finding, error: &Error) -> Self {
        let (because, try_next) = (error.because.clone(), error.try_next.clone());
        Problem { because, try_next, ..Problem::of(finding, &error.message) }
    }

    #[must_use]
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.because.push(reason.into());
        self
    }

    #[must_use]
    pub(crate) fn try_next(mut self, command: impl Into<String>) -> Self {
        self.try_next.push(command.into());
        self
    }

    /// Adds a request that only the platform team can grant.
    #[must_use]
    pub(crate) fn ask_platform_team(self, request: impl std::fmt::Display) -> Self {
        self.try_next(ask_platform_team(request))
    }

    #[must_use]
    pub(crate) fn repair(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// What holds if there is no problem.
    pub(crate) verdict: Verdict,
    /// Each is shown in a line of its own.
    pub(crate) problems: Vec<Problem>,
    /// What was seen, for `-v`.
    pub(crate) facts: Vec<String>,
    /// The id of the row that it was skipped for.
    pub(crate) because_of: Option<&'static str>,
}

/// What holds of a check without problems; with what was seen, or why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ok(String),
    /// It does not apply, or asks for a right that the role need not have.
    Skipped(String),
    /// What it looks at is not needed here. What needs the check is checked all the same.
    NotNeeded(String),
    /// It could not be judged.
    Unknown(String),
}

impl Judgement {
    pub(crate) fn ok(seen: impl Into<String>) -> Self {
        Judgement { verdict: Verdict::Ok(seen.into()), problems: Vec::new(), facts: Vec::new(), because_of: None }
    }

    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Judgement { verdict: Verdict::Skipped(why.into()), ..Judgement::ok("") }
    }

    pub(crate) fn not_needed(why: impl Into<String>) -> Self {
        Judgement { verdict: Verdict::NotNeeded(why.into()), ..Judgement::ok("") }
    }

    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Judgement { verdict: Verdict::Unknown(why.into()), ..Judgement::ok("") }
    }

    /// One problem.
    pub(crate) fn problem(problem: Problem) -> Self {
        Judgement { problems: vec![problem], ..Judgement::ok("") }
    }

    /// Problems; without any of them, what was seen is in order.
    pub(crate) fn of(problems: Vec<Problem>, seen: impl Into<String>) -> Self {
        Judgement { problems, ..Judgement::ok(seen) }
    }

    /// Something that was seen, for `-v`.
    #[must_use]
    pub(crate) fn fact(mut self, fact: impl Into<String>) -> Self {
        self.facts.push(fact.into());
        self
    }

    /// Names the row that it was skipped for.
    #[must_use]
    pub(crate) fn because_of(self, id: &'static str) -> Self {
        Judgement { because_of: Some(id), ..self }
    }

    #[must_use]
    pub(crate) fn facts(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.facts.extend(facts);
        self
    }
}
