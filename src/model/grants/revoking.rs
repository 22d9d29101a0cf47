//! What a revocation changes: exactly what grants have made in the namespace, and what is then needed by nothing else.

use crate::error::Result;
use crate::model::grants::aws_auth;
use crate::model::grants::foreign::{self, Foreign};
use crate::model::grants::grant::{binding_name, group};
use crate::model::grants::granting::{Note, drop_unused_role, is_ours};
use crate::model::grants::principal::Principal;
use crate::model::grants::state::{State, place};
use crate::model::grants::tags;
use crate::model::kube::access_entry::{AccessEntry, PolicyScope};

/// What is taken from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) namespace: String,
    pub(crate) principal: Principal,
    pub(crate) extent: Extent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All that grants have given the principal in the namespace.
    Everything,
    /// Its binding, which has ended.
    Binding,
    /// Access policies, which have ended.
    Policies(Vec<String>),
}

/// Takes a grant out of the state.
///
/// # Errors
/// When aws-auth cannot be read or edited, or what is others' cannot be taken without taking it from others too. The state
/// is then not to be used.
pub(crate) fn revoke(state: &mut State, revocation: &Revocation, include_foreign: bool) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    let known = foreign::Identity::of(state, &revocation.principal)?;
    match &revocation.extent {
        Extent::Everything => {
            notes.extend(unlabelled(state, revocation));
            drop_binding(state, revocation)?;
            drop_policies(state, revocation, |_| true);
        }
        Extent::Binding => drop_binding(state, revocation)?,
        Extent::Policies(labels) => drop_policies(state, revocation, |label| labels.iter().any(|ended| ended == label)),
    }
    if revocation.extent == Extent::Everything {
        for found in foreign::find(state, revocation, &known) {
            if include_foreign && !matches!(found, Foreign::Wider(_)) {
                notes.extend(foreign::remove(state, revocation, &found)?);
            } else {
                notes.push(Note::Warning(found.to_string()));
            }
        }
    }
    drop_entry_if_empty(state, &revocation.principal, &mut notes)?;
    Ok(notes)
}

/// A binding that has our name and not our label: whose it is, nobody can say.
fn unlabelled(state: &State, Revocation { namespace, principal, .. }: &Revocation) -> Option<Note> {
    let name = binding_name(&principal.slug());
    let binding = state.bindings.get(&place(namespace, &name)).filter(|binding| !is_ours(&binding.labels))?;
    Some(Note::Warning(format!(
        "kept: RoleBinding {namespace}/{name} has the name of a grant but not its label ({} {}); if it is one: kubectl -n {namespace} delete rolebinding {name}",
        binding.role.kind, binding.role.name
    )))
}

fn drop_binding(state: &mut State, Revocation { namespace, principal, .. }: &Revocation) -> Result<()> {
    let slug = principal.slug();
    let key = place(namespace, &binding_name(&slug));
    // The roles that a permission set had one after the other share the binding.
    let is_shared = has_others(state, principal, &group(namespace, &slug));
    let own = state.bindings.get(&key).filter(|binding| is_ours(&binding.labels) && !is_shared).cloned();
    if let Some(binding) = own {
        state.bindings.remove(&key);
        drop_unused_role(state, namespace, &binding.role.kind, &binding.role.name);
    }
    let group = group(namespace, &slug);
    if let Some(entry) = state.entries.get_mut(&principal.arn().to_ascii_lowercase()) {
        entry.groups.retain(|known| *known != group);
        tags::remove(&mut entry.tags, namespace, |granted| !is_policy(&granted.label));
    }
    let is_mapped = state.aws_auth.as_ref().map(|config_map| config_map.item(principal)).transpose()?.flatten();
    if is_mapped.is_some_and(|item| item.groups.contains(&group)) {
        state.edit_aws_auth(aws_auth::removal(principal, vec![group]))?;
    }
    Ok(())
}

/// Whether another principal has a group.
fn has_others(state: &State, principal: &Principal, group: &str) -> bool {
    let has = |groups: &[String]| groups.iter().any(|known| known == group);
    let mut entries = state.entries.values();
    if entries.any(|entry| has(&entry.groups) && !entry.principal_arn.eq_ignore_ascii_case(&principal.arn())) {
        return true;
    }
    let own = principal.arn_in_aws_auth();
    let mut lists = state.aws_auth.iter().flat_map(|config_map| config_map.lists());
    lists.any(|(list, text)| {
        let items = aws_auth_edit::read(text, list).unwrap_or_default();
        items.iter().any(|item| has(&item.groups) && !item.arn.eq_ignore_ascii_case(&own))
    })
}

/// Takes the namespace out of the policies that a tag says were granted there.
fn drop_policies(state: &mut State, revocation: &Revocation, is_meant: impl Fn(&str) -> bool) {
    let Some(entry) = state.entries.get_mut(&revocation.principal.arn().to_ascii_lowercase()) else { return };
    let granted = tags::granted(&entry.tags, &revocation.namespace);
    for label in
        granted.iter().map(|granted| granted.label.as_str()).filter(|label| is_policy(label) && is_meant(label))
    {
        shrink(entry, label, &revocation.namespace);
    }
    tags::remove(&mut entry.tags, &revocation.namespace, |granted| {
        is_policy(&granted.label) && is_meant(&granted.label)
    });
}

/// Takes a namespace out of the scope of a policy, and the policy where none is left.
pub(super) fn shrink(entry: &mut AccessEntry, policy_name: &str, namespace: &str) {
    let policies = entry.policies.get_or_insert_default();
    for policy in policies.iter_mut().filter(|policy| policy.policy_name() == policy_name) {
        if let PolicyScope::Namespaces(names) = &mut policy.scope {
            names.retain(|name| name != namespace);
        }
    }
    policies.retain(|policy| !matches!(&policy.scope, PolicyScope::Namespaces(names) if names.is_empty()));
}

/// Labels of policies, in tags, begin as EKS names them.
pub(crate) fn is_policy(label: &str) -> bool {
    label.starts_with("Amazon")
}

/// An entry that a grant has made goes when it gives nothing any more, or nothing but what aws-auth gives.
fn drop_entry_if_empty(state: &mut State, principal: &Principal, notes: &mut Vec<Note>) -> Result<()> {
    let key = principal.arn().to_ascii_lowercase();
    let Some(entry) = state.entries.get(&key) else { return Ok(()) };
    let has_policies = entry.policies.as_ref().is_none_or(|policies| !policies.is_empty());
    // What a tag says was granted elsewhere may only have been lost for a moment.
    let is_tagged = tags::granted_everywhere(&entry.tags).next().is_some();
    if !tags::is_ours(&entry.tags) || has_policies || is_tagged {
        return Ok(());
    }
    let item = state.aws_auth.as_ref().map(|config_map| config_map.item(principal)).transpose()?.flatten();
    let is_hidden = |groups: &[String]| item.as_ref().is_some_and(|item| groups == item.groups);
    if entry.groups.is_empty() || is_hidden(&entry.groups) {
        if !entry.groups.is_empty() {
            notes.push(Note::Info(format!(
                "aws-auth maps {principal} again, to the groups that its access entry took over"
            )));
        }
        state.entries.remove(&key);
    }
    Ok(())
}

#[cfg(test)]
#[path = "revoking_tests.rs"]
mod tests;
