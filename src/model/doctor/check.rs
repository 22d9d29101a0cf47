//! A check: something that is looked at, once in every run.

/// The groups, in the order in which they are checked and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Machine,
    Environment,
    Profile,
    Session,
    Grant,
    Cluster,
    Authentication,
    Authorization,
    Kubectl,
    Aws,
}

impl Group {
    pub(crate) const ALL: [Group; 10] = [
        Group::Machine,
        Group::Environment,
        Group::Profile,
        Group::Session,
        Group::Grant,
        Group::Cluster,
        Group::Authentication,
        Group::Authorization,
        Group::Kubectl,
        Group::Aws,
    ];

    /// The beginning of the ids of its checks and findings.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Group::Machine => "machine",
            Group::Environment => "environment",
            Group::Profile => "profile",
            Group::Session => "session",
            Group::Grant => "grant",
            Group::Cluster => "cluster",
            Group::Authentication => "authentication",
            Group::Authorization => "authorization",
            Group::Kubectl => "kubectl",
            Group::Aws => "aws",
        }
    }

    /// The heading on the screen.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Group::Machine => "Machine",
            Group::Environment => "Environment",
            Group::Profile => "Profile and settings",
            Group::Session => "Session",
            Group::Grant => "Grant",
            Group::Cluster => "Cluster",
            Group::Authentication => "Authentication",
            Group::Authorization => "Authorization",
            Group::Kubectl => "kubectl",
            Group::Aws => "AWS",
        }
    }
}

/// What a check uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uses {
    /// Files and the environment.
    Files,
    /// Programs that it runs on this machine.
    Programs,
    /// The network; left out with `--offline`.
    Network,
}

impl Uses {
    /// In `--list`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Uses::Files => "files",
            Uses::Programs => "programs",
            Uses::Network => "network",
        }
    }
}

/// Something that is looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// `GROUP.NAME`: a stable contract, never used again for something else.
    pub(crate) id: &'static str,
    pub(crate) group: Group,
    /// Its label on the screen: one to three words.
    pub(crate) title: &'static str,
    /// What it finds out, and what it asks for that: for `--list` and the documentation.
    pub(crate) what: &'static str,
    pub(crate) uses: Uses,
    /// The checks without whose facts this one cannot be made: if one of them fails, it is skipped.
    pub(crate) needs: &'static [&'static str],
}
