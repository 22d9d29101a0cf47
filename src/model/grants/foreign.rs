//! What gives a principal access to a namespace and was not made by a grant.

use std::fmt;

use crate::error::{Error, Result};
use crate::model::grants::aws_auth::{OWN_GROUP, removal};
use crate::model::grants::principal::Principal;
use crate::model::grants::revoking::{Revocation, shrink};
use crate::model::grants::state::{Place, State};
use crate::model::grants::tags;
use crate::model::kube::access_entry::PolicyScope;
use crate::model::kube::rbac::{Binding, Subject};

/// Who the cluster takes a principal for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    /// With templates.
    usernames: Vec<String>,
    groups: Vec<String>,
}

/// Something of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// A binding in the namespace.
    Binding { place: Place, subject: Subject, role: String },
    /// An access policy whose scope names the namespace.
    Policy { name: String },
    /// What holds in other namespaces too, and is not taken apart: its description.
    Wider(String),
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Foreign::Binding { place: (namespace, name), subject, role } => write!(
                f,
                "stays: RoleBinding {namespace}/{name} gives {role} to {} {}; no grant has made it (--include-foreign takes it)",
                subject.kind, subject.name
            ),
            Foreign::Policy { name } => {
                write!(
                    f,
                    "stays: the access policy {name} names the namespace; no grant has made it (--include-foreign takes it)"
                )
            }
            Foreign::Wider(what) => write!(f, "stays: {what}"),
        }
    }
}

impl Identity {
    /// By the access entry and by aws-auth.
    ///
    /// # Errors
    /// When aws-auth cannot be read.
    pub(crate) fn of(state: &State, principal: &Principal) -> Result<Identity> {
        let mut identity = Identity::default();
        if let Some(entry) = state.entry(&principal.arn()) {
            identity.usernames.push(entry.username.clone());
            identity.groups.extend(entry.groups.iter().cloned());
        }
        let item = state.aws_auth.as_ref().map(|config_map| config_map.item(principal)).transpose()?.flatten();
        if let Some(item) = item {
            identity.usernames.push(item.username);
            identity.groups.extend(item.groups);
        }
        identity.groups.retain(|group| !group.starts_with(OWN_GROUP));
        Ok(identity)
    }

    /// Whether a binding's subject is the principal.
    fn is(&self, subject: &Subject) -> bool {
        match subject.kind.as_str() {
            "Group" => self.groups.contains(&subject.name),
            "User" => self.usernames.iter().any(|username| fits(username, &subject.name)),
            _ => false,
        }
    }
}

/// Whether a template of a username can become this name.
fn fits(template: &str, name: &str) -> bool {
    match template.split_once("{{") {
        None => !template.is_empty() && template == name,
        Some((start, rest)) => {
            let end = rest.rsplit_once("}}").map_or("", |(_, end)| end);
            // A template that begins with a variable could be anybody's name.
            !start.is_empty() && name.len() > start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

/// What of others gives the principal access to the namespace.
pub(crate) fn find(state: &State, revocation: &Revocation, identity: &Identity) -> Vec<Foreign> {
    let mut found = Vec::new();
    for (place, binding) in &state.bindings {
        for subject in binding.subjects.iter().filter(|subject| identity.is(subject)) {
            let role = format!("{} {}", binding.role.kind, binding.role.name);
            if binding.namespace.is_none() {
                found.push(Foreign::Wider(format!(
                    "ClusterRoleBinding {} gives {role} in every namespace to {} {}",
                    binding.name, subject.kind, subject.name
                )));
            } else if place.0 == revocation.namespace {
                found.push(Foreign::Binding { place: place.clone(), subject: subject.clone(), role });
            }
        }
    }
    let Some(entry) = state.entry(&revocation.principal.arn()) else { return found };
    let granted = tags::granted(&entry.tags, &revocation.namespace);
    for policy in entry.policies.iter().flatten().filter(|policy| policy.scope.covers(&revocation.namespace)) {
        let name = policy.policy_name().to_owned();
        match &policy.scope {
            PolicyScope::Namespaces(names) if names.contains(&revocation.namespace) => {
                if !granted.iter().any(|granted| granted.label == name) {
                    found.push(Foreign::Policy { name });
                }
            }
            PolicyScope::Namespaces(names) => {
                found.push(Foreign::Wider(format!("the access policy {name} holds in {}", names.join(", "))));
            }
            PolicyScope::Cluster => {
                found.push(Foreign::Wider(format!("the access policy {name} holds in the whole cluster")));
            }
        }
    }
    found
}

/// Takes it from the principal, and from nobody else. For this the state has all bindings and entries of the cluster.
///
/// # Errors
/// When others would lose something by it.
pub(crate) fn remove(state: &mut State, revocation: &Revocation, foreign: &Foreign) -> Result<()> {
    match foreign {
        Foreign::Policy { name } => {
            if let Some(entry) = state.entries.get_mut(&revocation.principal.arn().to_ascii_lowercase()) {
                shrink(entry, name, &revocation.namespace);
            }
            Ok(())
        }
        Foreign::Binding { place, subject, .. } if subject.kind == "User" => {
            drop_subject(state, place, subject);
            Ok(())
        }
        Foreign::Binding { place, subject, .. } => remove_group(state, revocation, place, subject),
        Foreign::Wider(_) => Ok(()),
    }
}

/// A group that is bound here alone is taken from the principal; one that nobody else has is taken from the binding.
fn remove_group(state: &mut State, revocation: &Revocation, place: &Place, subject: &Subject) -> Result<()> {
    let group = &subject.name;
    let is_bound = |binding: &Binding| binding.subjects.contains(subject);
    let elsewhere: Vec<&Place> = state
        .bindings
        .iter()
        .filter(|((home, _), binding)| *home != revocation.namespace && is_bound(binding))
        .map(|(place, _)| place)
        .collect();
    let others = others_in(state, &revocation.principal, group);
    if others.is_empty() {
        drop_subject(state, place, subject);
        return Ok(());
    }
    if let Some((namespace, name)) = elsewhere.first() {
        return Err(Error::failure(format!(
            "the group {group} cannot be taken from {} in {} alone",
            revocation.principal, revocation.namespace
        ))
        .because(format!("{} has it too, and it is bound elsewhere: {namespace}/{name}", others[0]))
        .try_next(format!("kubectl -n {} edit rolebinding {}", place.0, place.1)));
    }
    if let Some(entry) = state.entries.get_mut(&revocation.principal.arn().to_ascii_lowercase()) {
        entry.groups.retain(|known| known != group);
    }
    let item = state.aws_auth.as_ref().map(|config_map| config_map.item(&revocation.principal)).transpose()?.flatten();
    if item.is_some_and(|item| item.groups.contains(group)) {
        state.edit_aws_auth(removal(&revocation.principal, vec![group.clone()]))?;
    }
    Ok(())
}

/// The other principals that have a group.
fn others_in(state: &State, principal: &Principal, group: &str) -> Vec<String> {
    let own = [principal.arn().to_ascii_lowercase(), principal.arn_in_aws_auth().to_ascii_lowercase()];
    let entries = state.entries.values().filter(|entry| entry.groups.iter().any(|known| known == group));
    let mut others: Vec<String> = entries.map(|entry| entry.principal_arn.clone()).collect();
    for (list, text) in state.aws_auth.iter().flat_map(crate::model::grants::state::AwsAuth::lists) {
        let items = aws_auth_edit::read(text, list).unwrap_or_default();
        others.extend(
            items.into_iter().filter(|item| item.groups.iter().any(|known| known == group)).map(|item| item.arn),
        );
    }
    others.retain(|arn| !own.contains(&arn.to_ascii_lowercase()));
    others
}

fn drop_subject(state: &mut State, place: &Place, subject: &Subject) {
    if let Some(binding) = state.bindings.get_mut(place) {
        binding.subjects.retain(|known| known != subject);
        if binding.subjects.is_empty() {
            state.bindings.remove(place);
        }
    }
}
