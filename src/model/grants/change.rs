//! What differs between two states: the objects that a plan creates, changes and deletes.

use std::collections::BTreeSet;

use crate::model::grants::objects;
use crate::model::grants::outline;
use crate::model::grants::state::{AwsAuth, AwsAuthEdit, State};
use crate::model::kube::access_entry::AccessEntry;
use crate::model::kube::rbac::{Binding, Role};

/// An object before and after. `None`: it does not exist.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// A namespace that is created.
    Namespace(String),
    Role {
        before: Option<Role>,
        after: Option<Role>,
    },
    Binding {
        before: Option<Binding>,
        after: Option<Binding>,
    },
    Entry {
        before: Option<AccessEntry>,
        after: Option<AccessEntry>,
    },
    AwsAuth {
        before: Option<AwsAuth>,
        after: Option<AwsAuth>,
        edits: Vec<AwsAuthEdit>,
    },
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Change,
    /// Deleted and created: something in it cannot be changed.
    Replace,
    Delete,
}

impl Verb {
    /// In plans and JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Change => "change",
            Verb::Replace => "replace",
            Verb::Delete => "delete",
        }
    }

    /// In plans, before the object.
    pub(crate) fn sign(self) -> char {
        match self {
            Verb::Create => '+',
            Verb::Change => '~',
            Verb::Replace => '!',
            Verb::Delete => '-',
        }
    }
}

/// The changes from one state to another. What a principal gets is there before the principal is let in, and a Role goes
/// after the bindings that refer to it.
pub(crate) fn changes(before: &State, after: &State) -> Vec<Change> {
    let mut changes = Vec::new();
    let new = after.namespaces.keys().filter(|name| !before.namespaces.contains_key(*name));
    changes.extend(new.map(|name| Change::Namespace(name.clone())));
    for place in keys(&before.roles, &after.roles) {
        let (before, after) = (before.roles.get(place).cloned(), after.roles.get(place).cloned());
        changes.extend((before != after).then_some(Change::Role { before, after }));
    }
    for place in keys(&before.bindings, &after.bindings) {
        let (before, after) = (before.bindings.get(place).cloned(), after.bindings.get(place).cloned());
        changes.extend((before != after).then_some(Change::Binding { before, after }));
    }
    for arn in keys(&before.entries, &after.entries) {
        let (before, after) = (before.entries.get(arn).cloned(), after.entries.get(arn).cloned());
        changes.extend((before != after).then_some(Change::Entry { before, after }));
    }
    if before.aws_auth != after.aws_auth {
        let (before, edits) = (before.aws_auth.clone(), after.aws_auth_edits.clone());
        changes.push(Change::AwsAuth { before, after: after.aws_auth.clone(), edits });
    }
    changes.sort_by_key(|change| matches!(change, Change::Role { after: None, .. }));
    changes
}

/// The same, in the order in which access is taken away: the principal is let in no more, then the rest goes.
pub(crate) fn changes_of_revocation(before: &State, after: &State) -> Vec<Change> {
    let mut changes = changes(before, after);
    changes.reverse();
    changes.sort_by_key(|change| matches!(change, Change::Role { .. }));
    changes
}

fn keys<'a, K: Ord, V>(
    before: &'a std::collections::BTreeMap<K, V>,
    after: &'a std::collections::BTreeMap<K, V>,
) -> BTreeSet<&'a K> {
    before.keys().chain(after.keys()).collect()
}

impl Change {
    /// The kind of object, for people and programs.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Change::Namespace(_) => "Namespace",
            Change::Role { .. } => "Role",
            Change::Binding { before, after } => {
                let binding = after.as_ref().or(before.as_ref());
                if binding.is_some_and(|binding| binding.namespace.is_none()) {
                    "ClusterRoleBinding"
                } else {
                    "RoleBinding"
                }
            }
            Change::Entry { .. } => "access entry",
            Change::AwsAuth { .. } => "ConfigMap",
        }
    }

    /// Namespace and name, or the ARN.
    pub(crate) fn name(&self) -> String {
        let full = |namespace: &Option<String>, name: &str| match namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        match self {
            Change::Namespace(name) => name.clone(),
            Change::Role { before, after } => {
                after.as_ref().or(before.as_ref()).map_or_else(String::new, |role| full(&role.namespace, &role.name))
            }
            Change::Binding { before, after } => {
                after.as_ref().or(before.as_ref()).map_or_else(String::new, |found| full(&found.namespace, &found.name))
            }
            Change::Entry { before, after } => {
                after.as_ref().or(before.as_ref()).map_or_else(String::new, |entry| entry.principal_arn.clone())
            }
            Change::AwsAuth { .. } => "kube-system/aws-auth".to_owned(),
        }
    }

    pub(crate) fn verb(&self) -> Verb {
        let by_presence = |before: bool, after: bool| match (before, after) {
            (false, _) => Verb::Create,
            (true, false) => Verb::Delete,
            (true, true) => Verb::Change,
        };
        match self {
            Change::Namespace(_) => Verb::Create,
            Change::Role { before, after } => by_presence(before.is_some(), after.is_some()),
            Change::Binding { before: Some(before), after: Some(after) } if before.role != after.role => Verb::Replace,
            Change::Binding { before, after } => by_presence(before.is_some(), after.is_some()),
            // A new entry has no time yet.
            Change::Entry { before: Some(before), after: Some(after) }
                if before.created_at.is_some() && after.created_at.is_none() =>
            {
                Verb::Replace
            }
            Change::Entry { before, after } => by_presence(before.is_some(), after.is_some()),
            Change::AwsAuth { before, after, .. } => by_presence(before.is_some(), after.is_some()),
        }
    }

    /// The object before and after, in lines.
    pub(crate) fn outlines(&self) -> (Vec<String>, Vec<String>) {
        fn both<T>(before: Option<&T>, after: Option<&T>, lines: fn(&T) -> Vec<String>) -> (Vec<String>, Vec<String>) {
            (before.map(lines).unwrap_or_default(), after.map(lines).unwrap_or_default())
        }
        match self {
            Change::Namespace(_) => {
                (Vec::new(), vec![format!("labels: {}={}", objects::MANAGED_BY, objects::FIELD_MANAGER)])
            }
            Change::Role { before, after } => both(before.as_ref(), after.as_ref(), outline::role),
            Change::Binding { before, after } => both(before.as_ref(), after.as_ref(), outline::binding),
            Change::Entry { before, after } => both(before.as_ref(), after.as_ref(), outline::entry),
            Change::AwsAuth { before, after, .. } => both(before.as_ref(), after.as_ref(), outline::aws_auth),
        }
    }
}
