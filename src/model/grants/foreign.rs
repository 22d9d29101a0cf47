//! What gives a principal access to a namespace and was not made by a grant.

use std::fmt;

use crate::error::{Error, Result};
use crate::model::grants::aws_auth::{OWN_GROUP, removal};
use crate::model::grants::granting::Note;
use crate::model::grants::principal::Principal;
use crate::model::grants::revoking::{Revocation, shrink};
use crate::model::grants::state::{AwsAuth, Place, State};
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
                "kept: RoleBinding {namespace}/{name} grants {role} to {} {}; not created by nsaccess (--include-foreign revokes it)",
                subject.kind, subject.name
            ),
            Foreign::Policy { name } => {
                write!(
                    f,
                    "kept: the access policy {name} applies to the namespace; not created by nsaccess (--include-foreign revokes it)"
                )
            }
            Foreign::Wider(what) => write!(f, "kept: {what}"),
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

/// Whether a template of a username can become this name. One that begins with a variable could be anybody's.
fn fits(template: &str, name: &str) -> bool {
    !template.starts_with("{{") && could_be(template, name)
}

/// The same of every template.
fn could_be(template: &str, name: &str) -> bool {
    let Some((start, rest)) = template.split_once("{{") else { return !template.is_empty() && template == name };
    let (variables, end) = rest.rsplit_once("}}").unwrap_or((rest, ""));
    let value = name.strip_prefix(start).and_then(|name| name.strip_suffix(end));
    // Names of sessions and machines; what stands between several variables is not looked at.
    let is_value = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    value.is_some_and(|value| !value.is_empty() && (variables.contains("{{") || value.chars().all(is_value)))
}

/// What of others gives the principal access to the namespace.
pub(crate) fn find(state: &State, revocation: &Revocation, identity: &Identity) -> Vec<Foreign> {
    let mut found = Vec::new();
    for (place, binding) in &state.bindings {
        for subject in binding.subjects.iter().filter(|subject| identity.is(subject)) {
            let role = format!("{} {}", binding.role.kind, binding.role.name);
            if binding.namespace.is_none() {
                found.push(Foreign::Wider(format!(
                    "ClusterRoleBinding {} grants {role} in every namespace to {} {}",
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
                found.push(Foreign::Wider(format!("the access policy {name} applies to {}", names.join(", "))));
            }
            PolicyScope::Cluster => {
                found.push(Foreign::Wider(format!("the access policy {name} applies to the whole cluster")));
            }
        }
    }
    found
}

/// Takes it from the principal, and from nobody else. For this the state has all bindings and entries of the cluster. Says
/// whom else it may concern, of whom the state knows nothing.
///
/// # Errors
/// When others would lose something by it.
pub(crate) fn remove(state: &mut State, revocation: &Revocation, foreign: &Foreign) -> Result<Option<Note>> {
    match foreign {
        Foreign::Policy { name } => {
            if let Some(entry) = state.entries.get_mut(&revocation.principal.arn().to_ascii_lowercase()) {
                shrink(entry, name, &revocation.namespace);
            }
            Ok(None)
        }
        Foreign::Binding { place, subject, .. } if subject.kind == "User" => {
            remove_user(state, revocation, place, subject)
        }
        Foreign::Binding { place, subject, .. } => remove_group(state, revocation, place, subject),
        Foreign::Wider(_) => Ok(None),
    }
}

/// A username that nobody else can have is taken from the binding.
fn remove_user(state: &mut State, revocation: &Revocation, place: &Place, subject: &Subject) -> Result<Option<Note>> {
    let name = &subject.name;
    let others = others(state, revocation, |username, _| could_be(username, name));
    match others.first() {
        Some(other) => Err(not_alone(revocation, place, subject, format!("{other} can have this username too"))),
        None => Ok(Some(drop_subject(state, place, subject))),
    }
}

/// A group that is bound here alone is taken from the principal; one that nobody else has is taken from the binding.
fn remove_group(state: &mut State, revocation: &Revocation, place: &Place, subject: &Subject) -> Result<Option<Note>> {
    let group = &subject.name;
    let is_elsewhere =
        |(home, _): &Place, binding: &Binding| *home != revocation.namespace && binding.subjects.contains(subject);
    let elsewhere = state.bindings.iter().find(|(place, binding)| is_elsewhere(place, binding));
    let others = others(state, revocation, |_, groups| groups.contains(group));
    match (others.first(), elsewhere) {
        // Whether people from elsewhere have the group, too, is unknown.
        (_, None) => take_group(state, &revocation.principal, group).map(|()| None),
        (Some(other), Some(((namespace, name), _))) => {
            let why = format!("{other} has it too, and it is bound elsewhere: {namespace}/{name}");
            Err(not_alone(revocation, place, subject, why))
        }
        (None, Some(_)) => Ok(Some(drop_subject(state, place, subject))),
    }
}

fn not_alone(revocation: &Revocation, place: &Place, subject: &Subject, why: String) -> Error {
    let (kind, name) = (subject.kind.to_lowercase(), &subject.name);
    let Revocation { principal, namespace, .. } = revocation;
    Error::failure(format!("cannot revoke the {kind} {name} from only {principal} in {namespace}"))
        .because(why)
        .try_next(format!("kubectl -n {} edit rolebinding {}", place.0, place.1))
}

/// Takes a group out of what maps the principal.
fn take_group(state: &mut State, principal: &Principal, group: &str) -> Result<()> {
    if let Some(entry) = state.entries.get_mut(&principal.arn().to_ascii_lowercase()) {
        entry.groups.retain(|known| known != group);
    }
    let item = state.aws_auth.as_ref().map(|config_map| config_map.item(principal)).transpose()?.flatten();
    if item.is_some_and(|item| item.groups.iter().any(|known| known == group)) {
        state.edit_aws_auth(removal(principal, vec![group.to_owned()]))?;
    }
    Ok(())
}

/// The other principals of whom something holds, by their username and groups.
fn others(state: &State, revocation: &Revocation, is_meant: impl Fn(&str, &[String]) -> bool) -> Vec<String> {
    let principal = &revocation.principal;
    let own = [principal.arn().to_ascii_lowercase(), principal.arn_in_aws_auth().to_ascii_lowercase()];
    let entries = state.entries.values().filter(|entry| is_meant(&entry.username, &entry.groups));
    let mut others: Vec<String> = entries.map(|entry| entry.principal_arn.clone()).collect();
    for (list, text) in state.aws_auth.iter().flat_map(AwsAuth::lists) {
        let items = aws_auth_edit::read(text, list).unwrap_or_default();
        others.extend(items.into_iter().filter(|item| is_meant(&item.username, &item.groups)).map(|item| item.arn));
    }
    others.retain(|arn| !own.contains(&arn.to_ascii_lowercase()));
    others
}

/// Takes a subject out of a binding, and says so: a cluster may know people from elsewhere, too.
fn drop_subject(state: &mut State, (namespace, name): &Place, subject: &Subject) -> Note {
    let place = (namespace.clone(), name.clone());
    if let Some(binding) = state.bindings.get_mut(&place) {
        binding.subjects.retain(|known| known != subject);
        if binding.subjects.is_empty() {
            state.bindings.remove(&place);
        }
    }
    Note::Warning(format!(
        "RoleBinding {namespace}/{name} loses the {} {}: no other access entry or item in aws-auth has it; users \
         of an OIDC provider or with certificates were not checked",
        subject.kind.to_lowercase(),
        subject.name
    ))
}

#[cfg(test)]
#[path = "foreign_tests.rs"]
mod tests;
