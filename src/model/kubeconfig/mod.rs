//! Kubeconfig files as text that belongs to somebody else.
//!
//! An edit adds, updates or removes one cluster, one user and one context, all of one name, and leaves every other byte
//! as it was: comments, order, unknown keys, anchors, quotes, indentation, line ends, flow style, JSON. It finds its
//! place in the parsed text, splices, parses the result again and compares: whatever is not ours must read as before.
//! Where that cannot be done, or it is not certain what the person meant, the edit is refused with the line, the column
//! and a reason.
//!
//! `remove` undoes `apply` to the byte, also where a list was missing, empty or null before. What it cannot restore:
//! an absent `current-context` comes back as `""`; in flow style and JSON a null list is remembered as `null`, whichever
//! way it was spelled; and entries that were changed since they were written leave `[]` behind when they were the last.

mod apply;
mod block;
mod flow;
mod item;
mod model;
mod remove;
mod render;
mod scalar;
mod text;
mod tree;
mod update;
mod verify;

#[cfg(test)]
mod tests;

use std::fmt;

pub use apply::{apply, set_current_context, standalone};
pub use model::{Cluster, Context, Kubeconfig, User, UserExec, parse};
pub use remove::remove;

/// What we own in a kubeconfig: a cluster, a user and a context of one name, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name of the cluster, the user and the context: the access name.
    pub name: String,
    /// Address of the API server.
    pub server: String,
    /// The cluster's certificate authorities: PEM in base64, as EKS gives it.
    pub certificate_authority_data: String,
    /// The namespace that the context starts in.
    pub namespace: String,
    /// How kubectl gets a token.
    pub exec: Exec,
}

/// The credential plugin of an [`Entry`]: `client.authentication.k8s.io/v1`, interactive if there is a terminal,
/// without cluster information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// Program to run, looked up in `PATH` unless it contains a slash.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// What kubectl tells a person who does not have the program. Left out when empty.
    pub install_hint: String,
}

/// Which parts of an entry an edit writes: with a `KUBECONFIG` list they may live in different files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The item in `clusters`.
    pub cluster: bool,
    /// The item in `contexts`.
    pub context: bool,
    /// The item in `users`.
    pub user: bool,
}

impl Parts {
    /// All three.
    pub const ALL: Parts = Parts { cluster: true, context: true, user: true };
    /// None: nothing would be written.
    pub const NONE: Parts = Parts { cluster: false, context: false, user: false };

    fn lists(self) -> impl Iterator<Item = List> {
        [(self.cluster, List::Clusters), (self.context, List::Contexts), (self.user, List::Users)]
            .into_iter()
            .filter_map(|(wanted, list)| wanted.then_some(list))
    }
}

/// Why a text was not edited, or could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Line, counted from one.
    pub line: Option<usize>,
    /// Column in characters, counted from one.
    pub column: Option<usize>,
    /// What is wrong and, where a person can mend it, how.
    pub reason: String,
}

impl Refusal {
    fn at(text: &str, offset: usize, reason: impl Into<String>) -> Self {
        let start = text::line_start(text, offset);
        let before = text[..start].replace("\r\n", "\n");
        Refusal {
            line: Some(before.matches(['\n', '\r']).count() + 1),
            column: Some(text[start..offset].chars().count() + 1),
            reason: reason.into(),
        }
    }

    fn anywhere(reason: impl Into<String>) -> Self {
        Refusal { line: None, column: None, reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: {}", self.reason),
            (Some(line), None) => write!(f, "line {line}: {}", self.reason),
            _ => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for Refusal {}

/// The three lists that hold a part of an entry each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Clusters,
    Contexts,
    Users,
}

impl List {
    const ALL: [List; 3] = [List::Clusters, List::Contexts, List::Users];

    /// The top-level key.
    fn key(self) -> &'static str {
        match self {
            List::Clusters => "clusters",
            List::Contexts => "contexts",
            List::Users => "users",
        }
    }

    /// The key beside `name` in an item.
    fn inner(self) -> &'static str {
        match self {
            List::Clusters => "cluster",
            List::Contexts => "context",
            List::Users => "user",
        }
    }
}
