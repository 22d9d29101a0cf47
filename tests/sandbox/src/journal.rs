//! The requests to the sandbox, and how many there were. It holds paths and results, no queries or bodies. (A remark on
//! a wrong signature contains the canonical request, and so perhaps a session token of this sandbox.)

use std::collections::BTreeMap;

/// One request, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `oidc`, `portal`, `sts`, `eks`, `iam`, `secretsmanager`, `signin`, `start-page` or `kube:<cluster>`.
    pub service: String,
    /// `CreateToken`, `list pods`, …
    pub operation: String,
    /// `POST /token`
    pub line: String,
    /// The status of the answer; 0 when the connection was cut.
    pub status: u16,
    /// Why it was refused, in more detail than the client gets.
    pub remark: Option<String>,
}

/// The list and the counts.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) calls: Vec<Call>,
    counts: BTreeMap<String, usize>,
}

impl Journal {
    /// Counts a request when it arrives, before it is answered.
    pub(crate) fn count(&mut self, operation: &str) {
        *self.counts.entry(operation.to_owned()).or_default() += 1;
    }

    /// Remembers an answered request; the oldest are forgotten.
    pub(crate) fn remember(&mut self, call: Call) {
        if self.calls.len() >= 5000 {
            self.calls.drain(..1000);
        }
        self.calls.push(call);
    }

    /// How often an operation was requested.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.counts.get(operation).copied().unwrap_or_default()
    }

    /// All counts.
    pub(crate) fn counts(&self) -> &BTreeMap<String, usize> {
        &self.counts
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        *self = Journal::default();
    }
}
