//! What a grant changes: the namespace, its Role and RoleBinding, and how the cluster knows the principal.

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::model::grants::access::Access;
use crate::model::grants::grant::{Grant, Way};
use crate::model::grants::objects;
use crate::model::grants::state::{Phase, State, place};
use crate::model::grants::{mapping, tags};
use crate::model::kube::rbac::{Binding, Role};

/// What decides besides the state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// `CONFIG_MAP`, `API_AND_CONFIG_MAP`, `API`. `None`: not known.
    pub(crate) mode: Option<&'a str>,
    /// The way that was asked for. `None`: what the mode says.
    pub(crate) way: Option<Way>,
    /// When IAM made the principal, if it said.
    pub(crate) principal_created_at: Option<Timestamp>,
    /// Makes an entry anew that was made for an earlier role.
    pub(crate) recreate: bool,
    /// Takes over what bears one of our names and is not ours.
    pub(crate) force: bool,
    /// Makes an entry although nobody could see what of aws-auth it hides.
    pub(crate) ignore_aws_auth: bool,
}

/// Something to be known about a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// How it is done.
    Info(String),
    /// What could not be checked, or will surprise.
    Warning(String),
}

impl Note {
    pub(crate) fn text(&self) -> &str {
        match self {
            Note::Info(text) | Note::Warning(text) => text,
        }
    }
}

impl Terms<'_> {
    /// How the cluster shall learn who the principal is.
    ///
    /// # Errors
    /// When the cluster does not take that.
    pub(crate) fn resolved_way(&self, grant: &Grant) -> Result<Way> {
        let by_mode = match self.mode {
            Some("CONFIG_MAP") => Way::AwsAuth,
            _ => Way::AccessEntry,
        };
        let way = self.way.unwrap_or(by_mode);
        match (way, self.mode) {
            (Way::AccessEntry, Some("CONFIG_MAP")) => Err(Error::usage("the cluster does not use access entries")
                .because(
                    "its authentication mode is CONFIG_MAP; API_AND_CONFIG_MAP supports both, but cannot be reverted",
                )
                .try_next("run the same command with --via aws-auth")),
            (Way::AwsAuth, Some("API")) => Err(Error::usage("the cluster does not use aws-auth")
                .because("its authentication mode is API: only access entries apply")
                .try_next("run the same command with --via access-entry")),
            (Way::AwsAuth, _) if !grant.access.is_rbac() => {
                let mode = if self.way.is_some() { "--via aws-auth" } else { "the cluster's mode CONFIG_MAP" };
                Err(Error::usage(format!("{} requires an access entry", grant.access.label()))
                    .because(format!("access policies belong to access entries, which {mode} does not use"))
                    .try_next("run the same command with a preset instead of a policy: --preset viewer"))
            }
            _ => Ok(way),
        }
    }
}

/// Puts a grant into the state.
///
/// # Errors
/// When it cannot be granted so, or something would be lost by it. The state is then not to be used.
pub(crate) fn grant(state: &mut State, grant: &Grant, terms: &Terms<'_>) -> Result<Vec<Note>> {
    let way = terms.resolved_way(grant)?;
    let mut notes = Vec::new();
    need_namespace(state, grant)?;
    put_role(state, grant);
    put_binding(state, grant, terms)?;
    match way {
        Way::AccessEntry => mapping::entry::put(state, grant, terms, &mut notes)?,
        Way::AwsAuth => mapping::aws_auth::put(state, grant, &mut notes)?,
    }
    Ok(notes)
}

fn need_namespace(state: &mut State, grant: &Grant) -> Result<()> {
    let name = &grant.namespace;
    // A policy may be for all that begin so.
    if name.contains('*') {
        return Ok(());
    }
    match state.namespaces.get(name) {
        Some(Phase::Active) => Ok(()),
        Some(Phase::Terminating) => Err(Error::failure(format!("the namespace {name} is being deleted"))
            .because("nothing can be created in it")
            .try_next(format!("kubectl get namespace {name} -o yaml   # shows why it takes long"))),
        None if grant.create_namespace => {
            state.namespaces.insert(name.clone(), Phase::Active);
            Ok(())
        }
        None => Err(Error::new(Kind::NotFound, format!("namespace {name:?} not found in this cluster"))
            .try_next("run the same command with --create-namespace, or check the name and the cluster")),
    }
}

fn put_role(state: &mut State, grant: &Grant) {
    let Some(wanted) = objects::role(grant).and_then(|object| serde_json::from_value::<Role>(object).ok()) else {
        return;
    };
    let role = state.roles.entry(place(&grant.namespace, &wanted.name)).or_insert_with(|| wanted.clone());
    role.rules = wanted.rules;
    role.labels.extend(wanted.labels);
}

fn put_binding(state: &mut State, grant: &Grant, terms: &Terms<'_>) -> Result<()> {
    let Some(wanted) = objects::role_binding(grant).and_then(|object| serde_json::from_value::<Binding>(object).ok())
    else {
        return Ok(());
    };
    let key = place(&grant.namespace, &wanted.name);
    if !terms.force && state.bindings.get(&key).is_some_and(|known| !is_ours(&known.labels)) {
        return Err(Error::failure(format!("the RoleBinding {}/{} was not created by nsaccess", key.0, key.1))
            .because(format!("it does not have the label {}={}", objects::MANAGED_BY, objects::FIELD_MANAGER))
            .try_next(format!("kubectl -n {} get rolebinding {} -o yaml   # shows who created it", key.0, key.1))
            .try_next("run the same command with --force-conflicts to take it over"));
    }
    let binding = state.bindings.entry(key).or_insert_with(|| wanted.clone());
    let former = std::mem::replace(&mut binding.role, wanted.role);
    binding.subjects = wanted.subjects;
    binding.labels.extend(wanted.labels);
    // What is not said again does not end any more.
    binding.annotations.remove(objects::UNTIL);
    binding.annotations.extend(wanted.annotations);
    let is_other = former != binding.role;
    if is_other {
        drop_unused_role(state, &grant.namespace, &former.kind, &former.name);
    }
    Ok(())
}

/// A Role of ours that nothing in the namespace refers to any more.
pub(crate) fn drop_unused_role(state: &mut State, namespace: &str, kind: &str, name: &str) {
    let key = place(namespace, name);
    let is_ours = state.roles.get(&key).is_some_and(|role| is_ours(&role.labels));
    let mut bindings = state.bindings.iter().filter(|((home, _), _)| home == namespace);
    let is_used = bindings.any(|(_, binding)| binding.role.kind == "Role" && binding.role.name == name);
    // Where not all bindings are known, it may be in use.
    if kind == "Role" && is_ours && !is_used && state.complete.contains(namespace) {
        state.roles.remove(&key);
    }
}

/// Whether a grant has made an object with these labels.
pub(crate) fn is_ours(labels: &std::collections::BTreeMap<String, String>) -> bool {
    labels.get(objects::MANAGED_BY).is_some_and(|manager| manager == objects::FIELD_MANAGER)
}

/// The tag that says what ends, or what only the entry has.
pub(super) fn tag_of(grant: &Grant) -> Option<tags::Granted> {
    let is_needed = grant.until.is_some() || matches!(grant.access, Access::Policy(_));
    is_needed.then(|| tags::Granted { label: grant.access.label().to_owned(), until: grant.until })
}

/// The groups that a principal gets by a grant.
pub(super) fn groups_of(grant: &Grant) -> Vec<String> {
    if grant.access.is_rbac() { vec![grant.group()] } else { Vec::new() }
}

#[cfg(test)]
#[path = "granting_tests.rs"]
mod tests;
