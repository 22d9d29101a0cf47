//! The read model: what kubectl would see, as leniently as it sees it.

use yaml_splice::{Document, Kind, NodeId};

use crate::Error;

/// A kubeconfig as it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kubeconfig {
    /// `None` when it is absent or empty.
    pub current_context: Option<String>,
    /// In the order of the file.
    pub clusters: Vec<Cluster>,
    /// In the order of the file.
    pub contexts: Vec<Context>,
    /// In the order of the file.
    pub users: Vec<User>,
}

/// An item of `clusters`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The name that contexts use.
    pub name: String,
    /// Address of the API server; may be empty.
    pub server: String,
    /// PEM in base64.
    pub certificate_authority_data: Option<String>,
    /// Path of a PEM file, relative to the kubeconfig's folder.
    pub certificate_authority: Option<String>,
    /// Proxy for this cluster alone.
    pub proxy_url: Option<String>,
    /// The name to expect in the server's certificate.
    pub tls_server_name: Option<String>,
    /// Whether the server's certificate goes unchecked.
    pub insecure_skip_tls_verify: bool,
    /// What other programs keep beside it.
    pub extensions: Vec<Extension>,
}

/// An item of a cluster's `extensions`, which kubectl keeps and does not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extension {
    /// Whose it is.
    pub name: String,
    /// Its keys with plain values.
    pub values: Vec<(String, String)>,
}

/// An item of `contexts`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The name that `current-context` uses.
    pub name: String,
    /// Name of a cluster; may be empty.
    pub cluster: String,
    /// Name of a user; may be empty.
    pub user: String,
    /// `None` when it is absent or empty, which kubectl reads as `default`.
    pub namespace: Option<String>,
}

/// An item of `users`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The name that contexts use.
    pub name: String,
    /// The credential plugin, if that is how the user signs in.
    pub exec: Option<UserExec>,
}

/// A credential plugin as a file describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserExec {
    /// Version of the plugin protocol.
    pub api_version: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables that are set for it: names and values.
    pub env: Vec<(String, String)>,
    /// What kubectl says when the program is missing.
    pub install_hint: Option<String>,
    /// `Never`, `IfAvailable` or `Always`.
    pub interactive_mode: Option<String>,
}

impl Cluster {
    /// A value of an extension.
    pub fn extension(&self, name: &str, key: &str) -> Option<&str> {
        let extension = self.extensions.iter().find(|extension| extension.name == name)?;
        extension.values.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

impl Kubeconfig {
    /// The cluster of this name.
    pub fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.name == name)
    }

    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// The user of this name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }
}

/// Reads a kubeconfig as kubectl does: unknown keys are passed over, later duplicates of a key win, aliases and merge
/// keys are followed, and of several documents the first one counts.
///
/// # Errors
/// When the text is not YAML, a list is not a list, or a list has two items of one name, which kubectl refuses too.
pub fn parse(text: &str) -> Result<Kubeconfig, Error> {
    let document = Document::load(text)?;
    read(text, &document)
}

pub(crate) fn read(text: &str, document: &Document) -> Result<Kubeconfig, Error> {
    let Some(root) = document.root else { return Ok(Kubeconfig::default()) };
    let reader = Reader { text, document };
    if document.is_null(root) {
        return Ok(Kubeconfig::default());
    }
    if !matches!(document.node(root).kind, Kind::Mapping(_)) {
        return Err(reader.refuse(root, "a kubeconfig is a mapping (`key: value`) at its top level"));
    }
    let mut config = Kubeconfig { current_context: reader.text(root, "current-context"), ..Kubeconfig::default() };
    for (name, item) in reader.named(root, "clusters")? {
        config.clusters.push(reader.cluster(name, reader.document.get(item, "cluster")));
    }
    for (name, item) in reader.named(root, "contexts")? {
        config.contexts.push(reader.context(name, reader.document.get(item, "context")));
    }
    for (name, item) in reader.named(root, "users")? {
        let exec = reader.document.get(item, "user").and_then(|user| reader.document.get(user, "exec"));
        config.users.push(User { name, exec: exec.and_then(|exec| reader.exec(exec)) });
    }
    Ok(config)
}

struct Reader<'a> {
    text: &'a str,
    document: &'a Document,
}

impl Reader<'_> {
    fn refuse(&self, id: NodeId, reason: impl Into<String>) -> Error {
        Error::at(self.text, self.document.node(id).full_start, reason)
    }

    /// A text that is there and not empty.
    fn text(&self, map: NodeId, key: &str) -> Option<String> {
        let value = self.document.get(map, key).filter(|value| !self.document.is_null(*value))?;
        self.document.scalar(value).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    fn named(&self, root: NodeId, key: &str) -> Result<Vec<(String, NodeId)>, Error> {
        let Some(list) = self.document.get(root, key) else { return Ok(Vec::new()) };
        if self.document.is_null(list) {
            return Ok(Vec::new());
        }
        if !matches!(self.document.node(self.document.resolve(list)).kind, Kind::Sequence(_)) {
            return Err(self.refuse(list, format!("`{key}` is not a list; write it as `- name: …` items")));
        }
        let mut named: Vec<(String, NodeId)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for item in self.document.items(list) {
            let name = self.text(*item, "name").unwrap_or_default();
            if !seen.insert(name.clone()) {
                let reason =
                    format!("`{key}` has two items named `{name}`; kubectl refuses that too; delete or rename one");
                return Err(self.refuse(*item, reason));
            }
            named.push((name, *item));
        }
        Ok(named)
    }

    fn cluster(&self, name: String, inner: Option<NodeId>) -> Cluster {
        let Some(inner) = inner else { return Cluster { name, ..Cluster::default() } };
        let insecure = self.text(inner, "insecure-skip-tls-verify");
        Cluster {
            name,
            server: self.text(inner, "server").unwrap_or_default(),
            certificate_authority_data: self.text(inner, "certificate-authority-data"),
            certificate_authority: self.text(inner, "certificate-authority"),
            proxy_url: self.text(inner, "proxy-url"),
            tls_server_name: self.text(inner, "tls-server-name"),
            insecure_skip_tls_verify: insecure
                .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y")),
            extensions: self.extensions(inner),
        }
    }

    fn extensions(&self, inner: NodeId) -> Vec<Extension> {
        let list = self.document.get(inner, "extensions").map(|list| self.document.items(list)).unwrap_or_default();
        let value = |(key, value): &(NodeId, NodeId)| {
            Some((self.document.scalar(*key)?.to_owned(), self.document.scalar(*value)?.to_owned()))
        };
        let read = |item: &NodeId| {
            let content = self.document.get(*item, "extension")?;
            let values = self.document.pairs(content).iter().filter_map(value).collect();
            Some(Extension { name: self.text(*item, "name")?, values })
        };
        list.iter().filter_map(read).collect()
    }

    fn context(&self, name: String, inner: Option<NodeId>) -> Context {
        let Some(inner) = inner else { return Context { name, ..Context::default() } };
        Context {
            name,
            cluster: self.text(inner, "cluster").unwrap_or_default(),
            user: self.text(inner, "user").unwrap_or_default(),
            namespace: self.text(inner, "namespace"),
        }
    }

    fn exec(&self, exec: NodeId) -> Option<UserExec> {
        if self.document.is_null(exec) {
            return None;
        }
        let list = |key| self.document.get(exec, key).map(|list| self.document.items(list)).unwrap_or_default();
        let scalar = |id: &NodeId| self.document.scalar(*id).unwrap_or_default().to_owned();
        let variable =
            |id: &NodeId| (self.text(*id, "name").unwrap_or_default(), self.text(*id, "value").unwrap_or_default());
        Some(UserExec {
            api_version: self.text(exec, "apiVersion").unwrap_or_default(),
            command: self.text(exec, "command").unwrap_or_default(),
            args: list("args").iter().map(scalar).collect(),
            env: list("env").iter().map(variable).collect(),
            install_hint: self.text(exec, "installHint"),
            interactive_mode: self.text(exec, "interactiveMode"),
        })
    }
}
