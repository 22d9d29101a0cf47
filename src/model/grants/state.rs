//! What there is in a cluster, as far as grants are concerned. A plan is made by changing a copy of it.

use std::collections::{BTreeMap, BTreeSet};

use aws_auth_edit::List;

use crate::model::kube::access_entry::AccessEntry;
use crate::model::kube::rbac::{Binding, Role};

/// A namespace and a name in it.
pub(crate) type Place = (String, String);

/// What was looked up, or what it shall become. What is not in it does not exist.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) namespaces: BTreeMap<String, Phase>,
    pub(crate) roles: BTreeMap<Place, Role>,
    pub(crate) bindings: BTreeMap<Place, Binding>,
    /// By the principal's ARN in small letters.
    pub(crate) entries: BTreeMap<String, AccessEntry>,
    pub(crate) aws_auth: Option<AwsAuth>,
    /// Why aws-auth could not be looked at.
    pub(crate) aws_auth_unseen: Option<String>,
    /// The namespaces whose bindings are all known.
    pub(crate) complete: BTreeSet<String>,
    /// What of the ConfigMap is changed, to be done again if somebody else changes it meanwhile.
    pub(crate) aws_auth_edits: Vec<AwsAuthEdit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Active,
    Terminating,
}

/// The ConfigMap aws-auth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AwsAuth {
    /// `mapRoles`, `mapUsers`. `None`: there is no such key.
    pub(crate) map_roles: Option<String>,
    pub(crate) map_users: Option<String>,
    /// Other keys there, like `mapAccounts`.
    pub(crate) has_other_data: bool,
    /// It was created by a grant.
    pub(crate) is_ours: bool,
    /// Who applies its data from elsewhere, by the names of field managers.
    pub(crate) appliers: Vec<String>,
}

/// A change of one item of aws-auth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AwsAuthEdit {
    pub(crate) list: List,
    /// As the ConfigMap has it.
    pub(crate) arn: String,
    /// Of a new item.
    pub(crate) username: String,
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
}

impl State {
    /// The access entry of a principal.
    pub(crate) fn entry(&self, arn: &str) -> Option<&AccessEntry> {
        self.entries.get(&arn.to_ascii_lowercase())
    }
}

/// A key for [`State::roles`] and [`State::bindings`].
pub(crate) fn place(namespace: &str, name: &str) -> Place {
    (namespace.to_owned(), name.to_owned())
}
