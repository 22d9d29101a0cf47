//! A finding: something that is wrong with who may do what, or that should be known. docs/audit.md is written from these.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// To be known; nothing is wrong.
    Info,
    /// Left over, or not as it should be kept.
    Low,
    /// Does not give what it says, or gives more than most should have.
    Medium,
    /// Leads to any right, or locks people out.
    High,
}

impl Severity {
    pub(crate) const ALL: [Severity; 4] = [Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `GROUP.NAME`: a stable contract, never used again for something else.
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    /// Why it matters: whole sentences.
    pub(crate) cause: &'static str,
    /// What ends it: whole sentences.
    pub(crate) repair: &'static str,
}

/// A finding in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) finding: &'static Finding,
    /// That of the finding, or less.
    pub(crate) severity: Severity,
    /// What it is about: the same in every audit, for a baseline. No line numbers, no times.
    pub(crate) about: String,
    pub(crate) namespace: Option<String>,
    pub(crate) message: String,
    pub(crate) because: Vec<String>,
    pub(crate) try_next: Vec<String>,
}

impl Found {
    pub(crate) fn new(finding: &'static Finding, about: impl Into<String>, message: impl Into<String>) -> Found {
        Found {
            finding,
            severity: finding.severity,
            about: about.into(),
            namespace: None,
            message: message.into(),
            because: Vec::new(),
            try_next: Vec::new(),
        }
    }

    pub(crate) fn of_namespace(mut self, namespace: Option<&str>) -> Found {
        self.namespace = namespace.map(str::to_owned);
        self
    }

    /// One step less bad than its kind.
    pub(crate) fn lowered(mut self) -> Found {
        self.severity = match self.severity {
            Severity::High => Severity::Medium,
            Severity::Medium | Severity::Low => Severity::Low,
            Severity::Info => Severity::Info,
        };
        self
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> Found {
        self.because.push(reason.into());
        self
    }

    pub(crate) fn try_next(mut self, command: impl Into<String>) -> Found {
        self.try_next.push(command.into());
        self
    }
}
