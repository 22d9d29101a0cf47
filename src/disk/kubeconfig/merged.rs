//! Several kubeconfig files merged into one, as kubectl does it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kubeconfig_edit::{Cluster, Context, Kubeconfig};

use crate::model::kube::exec_plugin::own_plugin;
use crate::model::settings::check_region;

/// The merged files, and which file each name comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Merged {
    pub(crate) config: Kubeconfig,
    /// The files that exist, in the order of the list.
    pub(crate) files: Vec<PathBuf>,
    clusters: HashMap<String, PathBuf>,
    contexts: HashMap<String, PathBuf>,
    users: HashMap<String, PathBuf>,
}

/// The cluster of an entry that we wrote, as kubectl reaches it.
#[derive(Debug, Clone)]
pub(crate) struct OwnCluster<'a> {
    /// Tokens are signed for this name and region.
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) cluster: &'a Cluster,
}

impl Merged {
    pub(crate) fn current_context(&self) -> Option<&str> {
        self.config.current_context.as_deref().filter(|name| !name.is_empty())
    }

    pub(crate) fn context(&self, name: &str) -> Option<&Context> {
        self.config.contexts.iter().find(|context| context.name == name)
    }

    pub(crate) fn context_names(&self) -> impl Iterator<Item = &str> {
        self.config.contexts.iter().map(|context| context.name.as_str())
    }

    /// The contexts with other names that use the cluster with this name.
    pub(crate) fn contexts_with_cluster_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let others = self.config.contexts.iter().filter(move |context| context.name != name);
        others.filter(move |context| context.cluster == name).map(|context| context.name.as_str())
    }

    /// The contexts with other names that use the user with this name.
    pub(crate) fn contexts_with_user_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let others = self.config.contexts.iter().filter(move |context| context.name != name);
        others.filter(move |context| context.user == name).map(|context| context.name.as_str())
    }

    /// The contexts with other names that use the cluster or the user with this name, if it exists.
    pub(crate) fn contexts_built_on(&self, name: &str) -> Vec<String> {
        let by_cluster = self.contexts_with_cluster_of(name).filter(|_| self.config.cluster(name).is_some());
        let by_user = self.contexts_with_user_of(name).filter(|_| self.config.user(name).is_some());
        let names: std::collections::BTreeSet<&str> = by_cluster.chain(by_user).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// The cluster of an entry that we wrote.
    pub(crate) fn own_cluster(&self, entry: &str) -> Option<OwnCluster<'_>> {
        let context = self.context(entry)?;
        let exec = self.config.user(&context.user)?.exec.as_ref()?;
        let plugin = own_plugin(&exec.command, &exec.args)?;
        let region = plugin.region.filter(|region| check_region(region).is_ok())?;
        let cluster = self.config.cluster(&context.cluster)?;
        (!plugin.cluster.is_empty()).then_some(OwnCluster { name: plugin.cluster, region, cluster })
    }

    /// The file that defines this cluster.
    pub(crate) fn cluster_file(&self, name: &str) -> Option<&Path> {
        self.clusters.get(name).map(PathBuf::as_path)
    }

    /// The file that defines this context.
    pub(crate) fn context_file(&self, name: &str) -> Option<&Path> {
        self.contexts.get(name).map(PathBuf::as_path)
    }

    /// The file that defines this user.
    pub(crate) fn user_file(&self, name: &str) -> Option<&Path> {
        self.users.get(name).map(PathBuf::as_path)
    }

    /// Adds the next file of the list. The files before it take precedence.
    pub(super) fn add(&mut self, path: &Path, config: Kubeconfig) {
        self.files.push(path.to_owned());
        self.config.current_context = self.config.current_context.take().or(config.current_context);
        add(&mut self.config.clusters, &mut self.clusters, config.clusters, path, |cluster| &cluster.name);
        add(&mut self.config.contexts, &mut self.contexts, config.contexts, path, |context| &context.name);
        add(&mut self.config.users, &mut self.users, config.users, path, |user| &user.name);
    }
}

fn add<T>(all: &mut Vec<T>, places: &mut HashMap<String, PathBuf>, new: Vec<T>, path: &Path, name: fn(&T) -> &String) {
    for item in new {
        if !places.contains_key(name(&item)) {
            places.insert(name(&item).clone(), path.to_owned());
            all.push(item);
        }
    }
}
