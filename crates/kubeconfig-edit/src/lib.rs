//! Lossless edits of kubeconfig files.
//!
//! An edit adds, updates or removes one cluster, one user and one context of the same name, and leaves every other byte
//! as it was: comments, order, unknown keys, anchors, quotes, indentation, line ends, flow style, JSON. It finds its
//! place in the parsed text, splices, parses the result again and compares: everything outside of the entry must read
//! as before. Where that cannot be done, or it is uncertain what was meant, the edit fails with the line, the column
//! and the reason, and there is no new text.
//!
//! ```
//! use kubeconfig_edit::{Editor, Entry, Exec, Parts, parse};
//!
//! let before = "\
//! apiVersion: v1
//! kind: Config
//! clusters: # keep this list sorted
//! - name: minikube
//!   cluster: {server: https://192.168.49.2:8443}
//! ";
//! let entry = Entry {
//!     name: "dev".to_owned(),
//!     server: "https://10.0.0.1:6443".to_owned(),
//!     certificate_authority_data: "LS0tLS1CRUdJTg==".to_owned(),
//!     namespace: "web".to_owned(),
//!     exec: Exec { command: "my-login".to_owned(), args: vec!["token".to_owned()], install_hint: String::new() },
//! };
//! let editor = Editor::new("my-login");
//!
//! let after = editor.apply(before, &entry, Parts::ALL)?;
//! assert!(after.contains("clusters: # keep this list sorted\n"));
//! assert_eq!(parse(&after)?.context("dev").and_then(|context| context.namespace.as_deref()), Some("web"));
//! // Removing the entry gives the old bytes back.
//! assert_eq!(editor.remove(&after, "dev", Parts::ALL)?, before);
//! # Ok::<(), kubeconfig_edit::Error>(())
//! ```
//!
//! [`Editor::remove`] undoes [`Editor::apply`] to the byte, also where a list was missing, empty or null before. Three
//! things it cannot restore: an absent `current-context` comes back as `""`; in flow style and JSON a null list comes
//! back as `null`, whichever way it was spelled; and a list whose last item was changed by hand after it was written
//! leaves `[]` behind.
//!
//! [`replace_exec`] gives a user that somebody else wrote another credential plugin, and [`restore_exec`] gives the old
//! bytes back, whatever has happened to the rest of the file meanwhile.
//!
//! The crate reads and writes texts, not files: which file, under which lock, is for the caller to decide.
#![warn(unreachable_pub)]

mod apply;
mod block;
mod exec;
mod flow;
mod item;
mod model;
mod remove;
mod render;
mod update;
mod verify;

#[cfg(test)]
mod tests;

pub use apply::standalone;
pub use exec::{PluginCall, Replaced, exec_is, replace_exec, restore_exec};
pub use model::{Cluster, Context, Kubeconfig, User, UserExec, parse};
pub use yaml_splice::Error;

/// Edits kubeconfigs on behalf of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Editor<'a> {
    program: &'a str,
}

impl<'a> Editor<'a> {
    /// `program` signs the one comment that an edit may leave: `clusters: # PROGRAM: was null` remembers how a list that
    /// has an item now was spelled while it had none. It is one word, and must be the same for [`Editor::remove`] as it
    /// was for [`Editor::apply`].
    pub const fn new(program: &'a str) -> Self {
        Editor { program }
    }

    /// Writes the given parts of an entry. Fields that are right already keep their text; fields that other people added
    /// to the cluster, context or user stay. The same text comes back when there is nothing to do.
    ///
    /// # Errors
    /// When the text is not a kubeconfig, or is written in a way that leaves in doubt what an edit would change.
    pub fn apply(self, text: &str, entry: &Entry, parts: Parts) -> Result<String, Error> {
        apply::apply(self, text, entry, parts)
    }

    /// Removes the given parts of the entry of this name, each where it is there. With the context a `current-context`
    /// of this name becomes `""`. The same text comes back when there is nothing to remove.
    ///
    /// # Errors
    /// As [`Editor::apply`].
    pub fn remove(self, text: &str, name: &str, parts: Parts) -> Result<String, Error> {
        remove::remove(self, text, name, parts)
    }

    /// Sets `current-context`, whether or not this file has such a context.
    ///
    /// # Errors
    /// As [`Editor::apply`].
    pub fn set_current_context(self, text: &str, name: &str) -> Result<String, Error> {
        apply::set_current_context(self, text, name)
    }

    /// Stands where the null of a list stood, so that `remove` can put it back.
    fn null_mark(self) -> String {
        format!("# {}: was ", self.program)
    }
}

/// A cluster, a user and a context of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Name of the cluster, the user and the context.
    pub name: String,
    /// Address of the API server.
    pub server: String,
    /// The cluster's certificate authorities: PEM in base64.
    pub certificate_authority_data: String,
    /// The namespace that the context starts in.
    pub namespace: String,
    /// How kubectl gets a token.
    pub exec: Exec,
}

/// How the server of a [`standalone`] kubeconfig is reached.
#[derive(Clone, Copy, Default)]
pub struct Way<'a> {
    /// The name in the server's certificate, where the server is the near end of a tunnel.
    pub tls_server_name: Option<&'a str>,
    /// The proxy on the way. It may have a password.
    pub proxy_url: Option<&'a str>,
}

impl Entry {
    /// An entry of which only the name matters.
    fn named(name: &str) -> Self {
        Entry { name: name.to_owned(), ..Entry::default() }
    }
}

/// The credential plugin of an [`Entry`]. It speaks `client.authentication.k8s.io/v1`, is interactive if there is a
/// terminal, and gets no cluster information.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
