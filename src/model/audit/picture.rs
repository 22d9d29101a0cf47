//! What was read of a cluster, and what could not be.

use std::collections::BTreeMap;

use aws_auth_edit::{Broken, Item, List};
use jiff::Timestamp;

use crate::model::audit::identity::{canonical, short_name};
use crate::model::grants::principal::PrincipalName;
use crate::model::kube::access_entry::AccessEntry;
use crate::model::kube::rbac::{Binding, Role};
use crate::model::shell::quote;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    Namespace(String),
    All,
}

/// A cluster at one moment.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) scope: Scope,
    pub(crate) at: Timestamp,
    /// The ARN of who asks, as STS tells it. `None`: only a context says it.
    pub(crate) caller: Option<String>,
    pub(crate) cluster: ClusterFacts,
    pub(crate) entries: Read<Vec<AccessEntry>>,
    /// `None`: there is no such ConfigMap.
    pub(crate) aws_auth: Read<Option<AwsAuth>>,
    /// Of the namespace, or of all.
    pub(crate) roles: Read<Vec<Role>>,
    pub(crate) cluster_roles: Read<Vec<Role>>,
    /// Of the namespace, or of all.
    pub(crate) bindings: Read<Vec<Binding>>,
    pub(crate) cluster_bindings: Read<Vec<Binding>>,
    /// Only the one that was asked for, or all.
    pub(crate) namespaces: Read<Vec<String>>,
    pub(crate) iam: Iam,
}

/// What is known of the cluster itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClusterFacts {
    pub(crate) name: String,
    pub(crate) region: String,
    /// `CONFIG_MAP`, `API_AND_CONFIG_MAP`, `API`.
    pub(crate) mode: Option<String>,
    /// The minor version of its Kubernetes.
    pub(crate) minor: Option<u32>,
}

impl ClusterFacts {
    /// A command of ours, for this cluster wherever it is typed.
    pub(crate) fn with_cluster(&self, command: &str) -> String {
        match self.region.as_str() {
            // Without AWS, the name is that of a context.
            "" => format!("{command} --context {}", quote(&self.name)),
            region => format!("{command} --cluster {} --region {region}", quote(&self.name)),
        }
    }

    /// Whether it takes notice of access entries. If the mode is not known, it may.
    pub(crate) fn reads_entries(&self) -> bool {
        self.mode.as_deref() != Some("CONFIG_MAP")
    }

    /// Whether it takes notice of aws-auth.
    pub(crate) fn reads_aws_auth(&self) -> bool {
        self.mode.as_deref() != Some("API")
    }
}

/// Something that was to be read.
#[derive(Debug)]
pub(crate) enum Read<T> {
    Done(T),
    Failed(Unread),
    /// There is nothing to be read, or nobody who needs it.
    NotNeeded,
}

impl<T> Read<T> {
    pub(crate) fn done(&self) -> Option<&T> {
        match self {
            Read::Done(found) => Some(found),
            _ => None,
        }
    }

    pub(crate) fn unread(&self) -> Option<&Unread> {
        match self {
            Read::Failed(unread) => Some(unread),
            _ => None,
        }
    }
}

impl<T> Read<Vec<T>> {
    /// What was read; nothing where it could not be.
    pub(crate) fn list(&self) -> &[T] {
        self.done().map_or(&[], Vec::as_slice)
    }
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    /// `the access entries`.
    pub(crate) what: &'static str,
    /// The right that is missing. `None`: it failed for another reason.
    pub(crate) needs: Option<String>,
    /// What was answered.
    pub(crate) why: String,
    /// What is not evaluated because of it.
    pub(crate) so: &'static str,
}

/// The roles and users of IAM that the identity could see, by their ARNs as STS tells them, in lower case.
#[derive(Debug, Default)]
pub(crate) struct Iam {
    /// The account that was asked.
    pub(crate) account: String,
    /// `None`: they could not be listed.
    pub(crate) roles: Option<BTreeMap<String, IamRole>>,
    /// Whether each exists.
    pub(crate) users: BTreeMap<String, bool>,
    pub(crate) unread: Option<Unread>,
}

/// A role of IAM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IamRole {
    /// With its path.
    pub(crate) arn: String,
    pub(crate) created_at: Option<Timestamp>,
}

/// A list of aws-auth, as far as it can be read.
pub(crate) type Items = Result<Vec<Item>, Broken>;

/// The ConfigMap aws-auth.
#[derive(Debug)]
pub(crate) struct AwsAuth {
    pub(crate) roles: Items,
    pub(crate) users: Items,
    /// The lists that end before their text does, with the line.
    pub(crate) cut_off: Vec<(&'static str, usize)>,
    /// All of whose principals are authenticated.
    pub(crate) accounts: Vec<String>,
    /// Keys that are spelled like `mapRoles`, and are not: nobody reads them.
    pub(crate) misspelled: Vec<String>,
}

impl AwsAuth {
    /// Reads the `data` of the ConfigMap.
    pub(crate) fn parse(data: &BTreeMap<String, String>) -> AwsAuth {
        let text = |key: &str| data.get(key).map(String::as_str).unwrap_or_default();
        let known = ["mapRoles", "mapUsers", "mapAccounts"];
        let is_like_one =
            |key: &&String| !known.contains(&key.as_str()) && known.iter().any(|name| name.eq_ignore_ascii_case(key));
        AwsAuth {
            roles: aws_auth_edit::read(text("mapRoles"), List::Roles),
            users: aws_auth_edit::read(text("mapUsers"), List::Users),
            cut_off: ["mapRoles", "mapUsers"]
                .into_iter()
                .filter_map(|key| Some((key, aws_auth_edit::ends_before(text(key))?)))
                .collect(),
            accounts: accounts(text("mapAccounts")),
            misspelled: data.keys().filter(is_like_one).cloned().collect(),
        }
    }

    /// Both lists, with their keys.
    pub(crate) fn lists(&self) -> [(&'static str, List, &Items); 2] {
        [("mapRoles", List::Roles, &self.roles), ("mapUsers", List::Users, &self.users)]
    }
}

/// `mapAccounts`: a list of numbers. What is no list maps nobody.
fn accounts(text: &str) -> Vec<String> {
    let values: Vec<serde_json::Value> = serde_saphyr::from_str(text).unwrap_or_default();
    let shown = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    values.into_iter().map(shown).collect()
}

impl Picture {
    /// A principal, for people.
    pub(crate) fn name_of(&self, arn: &str) -> String {
        short_name(arn, &self.iam.account)
    }

    /// Whether a principal is who asks.
    pub(crate) fn is_caller(&self, arn: &str) -> bool {
        let caller = match self.caller.as_deref().map(PrincipalName::parse) {
            Some(Ok(PrincipalName::Arn(caller) | PrincipalName::Caller(caller))) => caller,
            _ => return false,
        };
        caller.arn_in_aws_auth().eq_ignore_ascii_case(&canonical(arn))
    }

    /// Everything that could not be read.
    pub(crate) fn unread(&self) -> Vec<&Unread> {
        let all = [
            self.entries.unread(),
            self.aws_auth.unread(),
            self.namespaces.unread(),
            self.roles.unread(),
            self.cluster_roles.unread(),
            self.bindings.unread(),
            self.cluster_bindings.unread(),
            self.iam.unread.as_ref(),
        ];
        all.into_iter().flatten().collect()
    }

    /// Whether all is known that makes somebody known to the cluster.
    pub(crate) fn knows_all_identities(&self) -> bool {
        let aws_auth = match &self.aws_auth {
            Read::Done(Some(found)) => found.roles.is_ok() && found.users.is_ok(),
            Read::Done(None) => true,
            _ => !self.cluster.reads_aws_auth(),
        };
        aws_auth && (self.entries.done().is_some() || !self.cluster.reads_entries())
    }
}
