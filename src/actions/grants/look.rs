//! What there is in the cluster already, as far as a plan needs it.

mod mappings;

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use crate::actions::grants::refusals::{ask, list_bindings};
use crate::chain::administrator::Administrator;
use crate::error::{Kind, Result};
use crate::model::grants::grant::{Grant, Way, binding_name};
use crate::model::grants::granting::Note;
use crate::model::grants::principal::Principal;
use crate::model::grants::revoking::Revocation;
use crate::model::grants::state::{Phase, Place, State, place};
use crate::model::kube::rbac::{Binding, Role};

pub(crate) use mappings::all_entries;
pub(super) use mappings::{aws_auth_of, read_aws_auth};

use mappings::{look_at_mappings, look_at_siblings};

/// Calls at the same time. Both APIs allow more for a moment, and throttle who goes on so.
const AT_ONCE: usize = 8;

/// A state, and what could not be looked at.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) state: State,
    pub(crate) notes: Vec<Note>,
    /// Something that may give access was not looked at.
    pub(crate) unseen: bool,
}

/// What the grants meet. `way`: the one that was asked for.
///
/// # Errors
/// When something that decides cannot be read.
pub(crate) async fn before_grants(
    administrator: &Administrator<'_>,
    grants: &[Grant],
    way: Option<Way>,
) -> Result<View> {
    let mut view = View::default();
    let namespaces = grants.iter().map(|grant| grant.namespace.as_str()).filter(|name| !name.contains('*')).collect();
    look_at_namespaces(administrator, &namespaces, &mut view).await?;
    let exist = |namespace: &str| view.state.namespaces.contains_key(namespace);
    let there = grants.iter().filter(|grant| exist(&grant.namespace));
    let bindings: BTreeSet<Place> = there
        .clone()
        .filter(|grant| grant.access.is_rbac())
        .map(|grant| place(&grant.namespace, &grant.binding_name()))
        .collect();
    let roles: BTreeSet<Place> = there.filter_map(|grant| Some(place(&grant.namespace, &grant.role_name()?))).collect();
    let bindings =
        read_each(bindings, async |(namespace, name): &Place| read_binding(administrator, namespace, name).await)
            .await?;
    view.state.bindings.extend(bindings);
    let roles =
        read_each(roles, async |(namespace, name): &Place| read_role(administrator, namespace, name).await).await?;
    view.state.roles.extend(roles);
    look_for_unused_roles(administrator, &mut view).await?;
    let principals: BTreeSet<&Principal> = grants.iter().map(|grant| &grant.principal).collect();
    look_at_mappings(administrator, &principals, way, &mut view).await?;
    Ok(view)
}

/// What the revocations meet; with `whole`, all bindings and entries of the cluster.
///
/// # Errors
/// When something that decides cannot be read.
pub(crate) async fn before_revocations(
    administrator: &Administrator<'_>,
    revocations: &[Revocation],
    whole: bool,
) -> Result<View> {
    let mut view = View::default();
    let namespaces = revocations.iter().map(|revocation| revocation.namespace.as_str());
    let namespaces = namespaces.filter(|name| !name.contains('*')).collect();
    look_at_namespaces(administrator, &namespaces, &mut view).await?;
    if whole {
        let all =
            ask(administrator, ("cannot list RoleBindings", "list rolebindings in all namespaces"), async |api| {
                api.list_role_bindings(None, None).await
            });
        put_bindings(&mut view, all.await?);
        view.state.complete.extend(view.state.namespaces.keys().cloned());
    } else {
        for namespace in view.state.namespaces.clone().into_keys() {
            look_at_bindings(administrator, &namespace, revocations, &mut view).await?;
        }
    }
    look_at_cluster_bindings(administrator, &mut view).await?;
    look_at_own_roles(administrator, &mut view).await?;
    let principals: BTreeSet<&Principal> = revocations.iter().map(|revocation| &revocation.principal).collect();
    look_at_mappings(administrator, &principals, None, &mut view).await?;
    look_at_siblings(administrator, &principals, &mut view).await?;
    if whole {
        for entry in all_entries(administrator).await? {
            view.state.entries.insert(entry.principal_arn.to_ascii_lowercase(), entry);
        }
    }
    Ok(view)
}

async fn read_each<T>(
    places: BTreeSet<Place>,
    read: impl AsyncFn(&Place) -> Result<Option<T>>,
) -> Result<Vec<(Place, T)>> {
    let reads = stream::iter(places).map(async |place| Ok(read(&place).await?.map(|found| (place, found))));
    let found: Vec<Option<(Place, T)>> = reads.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn look_at_namespaces(administrator: &Administrator<'_>, names: &BTreeSet<&str>, view: &mut View) -> Result<()> {
    let reads = stream::iter(names.iter().copied()).map(async |name| {
        let what = (format!("cannot read the namespace {name}"), format!("get namespaces {name}"));
        let read = ask(administrator, (&what.0, &what.1), async |api| {
            crate::net::kube::unless_missing(api.get_namespace(name).await)
        });
        (name, read.await)
    });
    let mut reads = std::pin::pin!(reads.buffered(AT_ONCE));
    while let Some((name, found)) = reads.next().await {
        match found {
            Ok(Some(object)) => {
                view.state.namespaces.insert(name.to_owned(), phase(&object));
            }
            Ok(None) => {}
            // Who may bind in a namespace need not be allowed to read it.
            Err(error) if error.kind == Kind::Denied => {
                view.state.namespaces.insert(name.to_owned(), Phase::Active);
                view.notes.push(Note::Warning(format!("not checked whether the namespace {name} exists: {error}")));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn phase(namespace: &Value) -> Phase {
    if namespace["status"]["phase"] == "Terminating" { Phase::Terminating } else { Phase::Active }
}

async fn read_binding(administrator: &Administrator<'_>, namespace: &str, name: &str) -> Result<Option<Binding>> {
    let what = (format!("cannot read the RoleBinding {namespace}/{name}"), format!("get rolebindings in {namespace}"));
    ask(administrator, (&what.0, &what.1), async |api| api.get_role_binding(namespace, name).await).await
}

async fn read_role(administrator: &Administrator<'_>, namespace: &str, name: &str) -> Result<Option<Role>> {
    let what = (format!("cannot read the Role {namespace}/{name}"), format!("get roles in {namespace}"));
    ask(administrator, (&what.0, &what.1), async |api| api.get_role(namespace, name).await).await
}

/// A binding that will refer to another Role may leave its former one unused: only all bindings of the namespace tell.
async fn look_for_unused_roles(administrator: &Administrator<'_>, view: &mut View) -> Result<()> {
    let former: BTreeSet<Place> = view
        .state
        .bindings
        .values()
        .filter(|binding| binding.role.kind == "Role")
        .filter_map(|binding| Some(place(binding.namespace.as_deref()?, &binding.role.name)))
        .filter(|place| !view.state.roles.contains_key(place))
        .collect();
    for (namespace, name) in former {
        let Some(role) = read_role(administrator, &namespace, &name).await? else { continue };
        if view.state.complete.contains(&namespace) {
            view.state.roles.insert((namespace, name), role);
            continue;
        }
        match list_bindings(administrator, &namespace).await {
            Ok(bindings) => {
                view.state.complete.insert(namespace.clone());
                view.state.roles.insert((namespace, name), role);
                put_bindings(view, bindings);
            }
            // Then the former Role stays, as if it were used.
            Err(error) if error.kind == Kind::Denied => {
                view.notes.push(Note::Warning(format!(
                    "the Role {namespace}/{name} is kept: not checked whether it is used ({error})"
                )));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn put_bindings(view: &mut View, bindings: Vec<Binding>) {
    let keyed = bindings
        .into_iter()
        .map(|binding| (place(binding.namespace.as_deref().unwrap_or_default(), &binding.name), binding));
    view.state.bindings.extend(keyed);
}

/// All bindings of a namespace; only our own where they may not be listed.
async fn look_at_bindings(
    administrator: &Administrator<'_>,
    namespace: &str,
    revocations: &[Revocation],
    view: &mut View,
) -> Result<()> {
    match list_bindings(administrator, namespace).await {
        Ok(bindings) => {
            view.state.complete.insert(namespace.to_owned());
            put_bindings(view, bindings);
        }
        Err(error) if error.kind == Kind::Denied => {
            view.notes.push(Note::Warning(format!("other RoleBindings in {namespace} were not checked: {error}")));
            for revocation in revocations.iter().filter(|revocation| revocation.namespace == namespace) {
                let name = binding_name(&revocation.principal.slug());
                put_bindings(view, read_binding(administrator, namespace, &name).await?.into_iter().collect());
            }
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn look_at_cluster_bindings(administrator: &Administrator<'_>, view: &mut View) -> Result<()> {
    let what = ("cannot list ClusterRoleBindings", "list clusterrolebindings");
    match ask(administrator, what, async |api| api.list_cluster_role_bindings().await).await {
        Ok(bindings) => put_bindings(view, bindings),
        Err(error) if error.kind == Kind::Denied => {
            view.notes.push(Note::Warning(format!("ClusterRoleBindings were not checked: {error}")));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The Roles that bindings of grants refer to.
async fn look_at_own_roles(administrator: &Administrator<'_>, view: &mut View) -> Result<()> {
    let own = view.state.bindings.values().filter(|binding| crate::model::grants::granting::is_ours(&binding.labels));
    let roles: BTreeSet<Place> = own
        .filter(|binding| binding.role.kind == "Role")
        .filter_map(|binding| Some(place(binding.namespace.as_deref()?, &binding.role.name)))
        .filter(|(namespace, _)| view.state.namespaces.contains_key(namespace))
        .collect();
    let roles =
        read_each(roles, async |(namespace, name): &Place| read_role(administrator, namespace, name).await).await?;
    view.state.roles.extend(roles);
    Ok(())
}
