//! Writes namespaces, Roles and RoleBindings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::actions::grants::apply::{Means, Outcome};
use crate::actions::grants::refusals::{ask, list_bindings};
use crate::chain::administrator::Administrator;
use crate::error::{Error, Result};
use crate::model::grants::change::Verb;
use crate::model::grants::granting::is_ours;
use crate::model::grants::objects;
use crate::model::kube::rbac::{Binding, Role, Subject};
use crate::net::kube::write::{ApplyOptions, ObjectName};
use crate::net::kube::{KubeApi, KubeFailure};

const RBAC: &str = "apis/rbac.authorization.k8s.io/v1";
const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) async fn create_namespace(administrator: &Administrator<'_>, name: &str, means: Means) -> Result<Outcome> {
    let object = ObjectName { api: "api/v1", plural: "namespaces", namespace: None, name };
    let what = format!("cannot create the namespace {name}");
    apply(administrator, object, &objects::namespace(name), (&what, "create and patch namespaces"), means).await
}

pub(super) async fn write_role(
    administrator: &Administrator<'_>,
    before: Option<&Role>,
    after: Option<&Role>,
    means: Means,
) -> Result<Outcome> {
    let Some(role) = after.or(before) else { return Ok(Outcome::Done) };
    let namespace = role.namespace.as_deref().unwrap_or_default();
    let object = ObjectName { api: RBAC, plural: "roles", namespace: Some(namespace), name: &role.name };
    let title = format!("the Role {namespace}/{}", role.name);
    if after.is_none() {
        // Somebody may have been bound to it since the plan was made.
        if !means.dry_run && is_bound(administrator, namespace, &role.name).await? {
            return Ok(Outcome::Kept);
        }
        let rights = format!("delete roles in {namespace}");
        return delete(administrator, object, (&format!("cannot delete {title}"), &rights), means).await;
    }
    let body = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": role.name, "namespace": namespace, "labels": own(&role.labels)},
        "rules": role.rules,
    });
    let rights = format!("create and patch roles in {namespace}");
    apply(administrator, object, &body, (&format!("cannot write {title}"), &rights), means).await
}

async fn is_bound(administrator: &Administrator<'_>, namespace: &str, role: &str) -> Result<bool> {
    let bindings = list_bindings(administrator, namespace).await?;
    Ok(bindings.iter().any(|binding| binding.role.kind == "Role" && binding.role.name == role))
}

pub(super) async fn write_binding(
    administrator: &Administrator<'_>,
    (before, after): (Option<&Binding>, Option<&Binding>),
    verb: Verb,
    means: Means,
) -> Result<Outcome> {
    let Some(binding) = after.or(before) else { return Ok(Outcome::Done) };
    match (verb, before) {
        (Verb::Delete, _) => delete_binding(administrator, binding, means).await,
        (Verb::Replace, Some(before)) => replace_binding(administrator, before, binding, means).await,
        (Verb::Change, Some(before)) if !is_ours(&binding.labels) => {
            take_subjects(administrator, before, binding, means).await
        }
        _ => apply_binding(administrator, binding, means).await,
    }
}

fn place_of(binding: &Binding) -> ObjectName<'_> {
    ObjectName { api: RBAC, plural: "rolebindings", namespace: binding.namespace.as_deref(), name: &binding.name }
}

fn title_of(binding: &Binding) -> String {
    format!("the RoleBinding {}/{}", binding.namespace.as_deref().unwrap_or_default(), binding.name)
}

async fn delete_binding(administrator: &Administrator<'_>, binding: &Binding, means: Means) -> Result<Outcome> {
    let rights = format!("delete rolebindings in {}", binding.namespace.as_deref().unwrap_or_default());
    let what = format!("cannot delete {}", title_of(binding));
    delete(administrator, place_of(binding), (&what, &rights), means).await
}

async fn apply_binding(administrator: &Administrator<'_>, binding: &Binding, means: Means) -> Result<Outcome> {
    let body = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {
            "name": binding.name, "namespace": binding.namespace,
            "labels": own(&binding.labels), "annotations": own(&binding.annotations),
        },
        "roleRef": {"apiGroup": GROUP, "kind": binding.role.kind, "name": binding.role.name},
        "subjects": binding.subjects.iter().map(subject).collect::<Vec<_>>(),
    });
    let rights = format!("create and patch rolebindings in {}", binding.namespace.as_deref().unwrap_or_default());
    let what = format!("cannot write {}", title_of(binding));
    apply(administrator, place_of(binding), &body, (&what, &rights), means).await
}

/// The role of a binding cannot be changed: it is deleted and created, once the cluster has said that it would take the
/// new one; and if it then does not, the former one is put back.
async fn replace_binding(
    administrator: &Administrator<'_>,
    before: &Binding,
    after: &Binding,
    means: Means,
) -> Result<Outcome> {
    let trial = Binding { name: format!("{}-new", after.name), ..after.clone() };
    let tried = apply_binding(administrator, &trial, Means { dry_run: true, ..means }).await;
    let tried = tried.map_err(|mut error| {
        error.message = format!("cannot change {}", title_of(after));
        error
    })?;
    if means.dry_run {
        return Ok(tried);
    }
    delete_binding(administrator, before, means).await?;
    let created = apply_binding(administrator, after, means).await;
    let Err(error) = created else { return created };
    let role = format!("{} {}", before.role.kind, before.role.name);
    Err(match apply_binding(administrator, before, means).await {
        Ok(_) => error.because(format!("its former role, {role}, is still bound")),
        Err(_) => error.because(format!("its former role, {role}, is no longer bound")),
    })
}

/// What is ours of the labels or annotations of an object: nothing else is applied, so that it stays its owner's.
fn own(all: &BTreeMap<String, String>) -> Value {
    let is_own = |key: &str| key.starts_with("nsaccess/") || key == objects::MANAGED_BY;
    let own = all.iter().filter(|(key, _)| is_own(key)).map(|(key, value)| (key.clone(), json!(value)));
    Value::Object(own.collect())
}

fn subject(subject: &Subject) -> Value {
    match &subject.namespace {
        Some(namespace) => json!({"kind": subject.kind, "name": subject.name, "namespace": namespace}),
        None => json!({"kind": subject.kind, "name": subject.name, "apiGroup": GROUP}),
    }
}

/// Takes subjects out of a binding of others. Those that were added meanwhile stay.
async fn take_subjects(
    administrator: &Administrator<'_>,
    before: &Binding,
    after: &Binding,
    means: Means,
) -> Result<Outcome> {
    if means.dry_run {
        return Ok(Outcome::NotTried);
    }
    let object = place_of(after);
    let taken: Vec<&Subject> = before.subjects.iter().filter(|one| !after.subjects.contains(one)).collect();
    let what = format!("cannot change {}", title_of(after));
    let right = format!("get and patch rolebindings in {}", after.namespace.as_deref().unwrap_or_default());
    let patched = ask(administrator, (&what, &right), async |api| {
        let mut found = api.read(object).await?;
        let version = found["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        let is_taken = |one: &Value| taken.iter().any(|taken| one["kind"] == *taken.kind && one["name"] == *taken.name);
        if let Some(subjects) = found["subjects"].as_array_mut() {
            subjects.retain(|one| !is_taken(one));
        }
        api.merge_patch(object, &version, &json!({"subjects": found["subjects"]})).await
    });
    patched.await.map(|_| Outcome::Done)
}

async fn apply(
    administrator: &Administrator<'_>,
    object: ObjectName<'_>,
    body: &Value,
    (what, right): (&str, &str),
    means: Means,
) -> Result<Outcome> {
    let options = ApplyOptions { force: means.force, dry_run: means.dry_run };
    let call = async |api: KubeApi| match api.apply(object, body, options).await {
        // In a namespace that would be created, or with a Role that would be, nothing can be tried.
        Err(KubeFailure::Status(404, _)) if means.dry_run => Ok(Outcome::NotTried),
        answer => answer.map(|_| Outcome::Done),
    };
    ask(administrator, (what, right), call).await.map_err(|error| explain_conflict(error, object))
}

fn explain_conflict(error: Error, object: ObjectName<'_>) -> Error {
    if error.because.iter().any(|words| words.contains("Apply failed with")) {
        let namespace = object.namespace.map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        return error
            .because("another field manager has set a field of this object")
            .try_next(format!(
                "kubectl get {} {}{namespace} -o yaml --show-managed-fields   # shows which",
                object.plural, object.name
            ))
            .try_next("run the same command with --force-conflicts to take it over");
    }
    error
}

async fn delete(
    administrator: &Administrator<'_>,
    object: ObjectName<'_>,
    what: (&str, &str),
    means: Means,
) -> Result<Outcome> {
    let options = ApplyOptions { force: false, dry_run: means.dry_run };
    // What is gone already is as it should be.
    ask(administrator, what, async |api| api.delete(object, options).await).await.map(|_| Outcome::Done)
}
