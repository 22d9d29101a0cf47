//! A finding: something that can be wrong, with its cause and its repair. The documentation is written from these.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Something does not work.
    Fail,
    /// Something works, and is not what the person thinks, or will not work for long.
    Warn,
    /// It could not be judged, and this is why: no response in time.
    Unknown,
}

/// Whether a finding can go away by itself, so that `--wait` waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Somebody else, or the network, can end it: a grant, a VPN, a cluster that is being made.
    Helps,
    /// Only the person at this machine can.
    IsUseless,
}

/// Something that can be wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `GROUP.NAME`: a stable contract, never used again for something else.
    pub(crate) id: &'static str,
    /// The check that finds it.
    pub(crate) check: &'static str,
    pub(crate) severity: Severity,
    pub(crate) waiting: Waiting,
    /// Why it happens: whole sentences.
    pub(crate) cause: &'static str,
    /// What ends it: whole sentences.
    pub(crate) repair: &'static str,
}

/// What the platform team ends by giving access.
const MISSING_ACCESS: [&str; 9] = [
    "authentication.no-entry",
    "authentication.not-mapped",
    "authorization.no-port-forward",
    "authorization.no-rights",
    "authorization.rights-missing",
    "aws.secrets-key-denied",
    "aws.secrets-read-denied",
    "grant.not-assigned",
    "grant.not-assumed",
];

impl Finding {
    /// Whether it is access that somebody could give: then the person is told where to ask.
    pub(crate) fn is_missing_access(&self) -> bool {
        MISSING_ACCESS.contains(&self.id)
    }

    /// Of something that does not work until the person at this machine ends it.
    pub(crate) const fn fail(
        id: &'static str,
        check: &'static str,
        cause: &'static str,
        repair: &'static str,
    ) -> Finding {
        Finding { id, check, severity: Severity::Fail, waiting: Waiting::IsUseless, cause, repair }
    }

    /// Of something that works, and that the person at this machine should know of.
    pub(crate) const fn warn(
        id: &'static str,
        check: &'static str,
        cause: &'static str,
        repair: &'static str,
    ) -> Finding {
        Finding { id, check, severity: Severity::Warn, waiting: Waiting::IsUseless, cause, repair }
    }
}
