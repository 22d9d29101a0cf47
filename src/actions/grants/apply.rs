//! Carries out a plan. What fails stops what stands on it, and nothing else; running the same again goes on from there.

use std::cell::RefCell;

use futures_util::stream::{self, StreamExt};
use serde_json::json;

use crate::actions::grants::refusals::ask;
use crate::actions::grants::{aws_auth, entry};
use crate::chain::administrator::Administrator;
use crate::error::{Error, Result};
use crate::model::grants::change::{Change, Verb};
use crate::model::grants::granting::is_ours;
use crate::model::grants::objects;
use crate::model::kube::rbac::{Binding, Role};
use crate::net::kube::write::{ApplyOptions, ObjectName};
use crate::net::kube::{KubeApi, KubeFailure};

const RBAC: &str = "apis/rbac.authorization.k8s.io/v1";
/// Objects of Kubernetes that are written at the same time.
const AT_ONCE: usize = 8;
/// EKS allows fewer.
const ENTRIES_AT_ONCE: usize = 4;

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// Not begun.
    Waiting,
    /// Begun, and not known to be over.
    Begun,
    Done,
    /// AWS has no dry run, and of aws-auth the text is known already.
    NotTried,
    Failed(Error),
    /// What it stands on failed.
    Skipped,
}

/// The changes of a plan and what became of them: readable also when the work is broken off.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) changes: Vec<Change>,
    outcomes: RefCell<Vec<Outcome>>,
}

impl Progress {
    pub(crate) fn new(changes: Vec<Change>) -> Self {
        let outcomes = RefCell::new(vec![Outcome::Waiting; changes.len()]);
        Progress { changes, outcomes }
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.outcomes.borrow().clone()
    }

    /// Whether something is left that was not tried.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.outcomes.borrow().iter().any(|outcome| matches!(outcome, Outcome::Waiting | Outcome::Begun))
    }

    fn set(&self, index: usize, outcome: Outcome) {
        self.outcomes.borrow_mut()[index] = outcome;
    }

    fn failed_in(&self, namespace: Option<&str>) -> bool {
        let outcomes = self.outcomes.borrow();
        let mut failed =
            self.changes.iter().zip(outcomes.iter()).filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
        failed.any(|(change, _)| namespace.is_none() || namespace_of(change) == namespace)
    }
}

/// How changes are made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Means {
    /// Takes over what others have set in our objects.
    pub(crate) force: bool,
    /// Kubernetes is asked whether it would do it; AWS has no such question.
    pub(crate) dry_run: bool,
}

/// Carries out the changes in their order; those of one kind at the same time.
pub(crate) async fn carry_out(administrator: &Administrator<'_>, progress: &Progress, means: Means) {
    let mut first = 0;
    while first < progress.changes.len() {
        let kind = progress.changes[first].kind();
        let length = progress.changes[first..].iter().take_while(|change| change.kind() == kind).count();
        let at_once = if kind == "access entry" { ENTRIES_AT_ONCE } else { AT_ONCE };
        let works = (first..first + length).map(|index| one(administrator, progress, index, means));
        stream::iter(works).buffer_unordered(at_once).collect::<Vec<()>>().await;
        first += length;
    }
}

async fn one(administrator: &Administrator<'_>, progress: &Progress, index: usize, means: Means) {
    let change = &progress.changes[index];
    // One grant stands on all its parts; of many, a namespace on its own.
    let is_alone =
        progress.changes.iter().filter_map(namespace_of).collect::<std::collections::BTreeSet<_>>().len() < 2;
    if progress.failed_in(namespace_of(change).filter(|_| !is_alone)) && (is_alone || namespace_of(change).is_some()) {
        return progress.set(index, Outcome::Skipped);
    }
    progress.set(index, Outcome::Begun);
    if means.dry_run && matches!(change, Change::Entry { .. } | Change::AwsAuth { .. }) {
        return progress.set(index, Outcome::NotTried);
    }
    let done = match change {
        Change::Namespace(name) => create_namespace(administrator, name, means).await,
        Change::Role { before, after } => write_role(administrator, before.as_ref(), after.as_ref(), means).await,
        Change::Binding { before, after } => {
            write_binding(administrator, (before.as_ref(), after.as_ref()), change.verb(), means).await
        }
        Change::Entry { before, after } => {
            entry::write(administrator, before.as_ref(), after.as_ref(), change.verb()).await
        }
        Change::AwsAuth { edits, .. } => aws_auth::write(administrator, edits).await,
    };
    progress.set(index, done.map_or_else(Outcome::Failed, |()| Outcome::Done));
}

fn namespace_of(change: &Change) -> Option<&str> {
    match change {
        Change::Namespace(name) => Some(name),
        Change::Role { before, after } => after.as_ref().or(before.as_ref())?.namespace.as_deref(),
        Change::Binding { before, after } => after.as_ref().or(before.as_ref())?.namespace.as_deref(),
        Change::Entry { .. } | Change::AwsAuth { .. } => None,
    }
}

async fn create_namespace(administrator: &Administrator<'_>, name: &str, means: Means) -> Result<()> {
    let object = ObjectName { api: "api/v1", plural: "namespaces", namespace: None, name };
    let what = format!("the namespace {name} was not created");
    apply(administrator, object, &objects::namespace(name), (&what, "create and patch namespaces"), means).await
}

async fn write_role(
    administrator: &Administrator<'_>,
    before: Option<&Role>,
    after: Option<&Role>,
    means: Means,
) -> Result<()> {
    let Some(role) = after.or(before) else { return Ok(()) };
    let namespace = role.namespace.as_deref();
    let object = ObjectName { api: RBAC, plural: "roles", namespace, name: &role.name };
    let title = format!("the Role {}/{}", namespace.unwrap_or_default(), role.name);
    if after.is_none() {
        let rights = format!("delete roles in {}", namespace.unwrap_or_default());
        return delete(administrator, object, (&format!("{title} was not deleted"), &rights), means).await;
    }
    let body = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": role.name, "namespace": namespace, "labels": own(&role.labels)},
        "rules": role.rules,
    });
    let rights = format!("create and patch roles in {}", namespace.unwrap_or_default());
    apply(administrator, object, &body, (&format!("{title} was not written"), &rights), means).await
}

async fn write_binding(
    administrator: &Administrator<'_>,
    (before, after): (Option<&Binding>, Option<&Binding>),
    verb: Verb,
    means: Means,
) -> Result<()> {
    let Some(binding) = after.or(before) else { return Ok(()) };
    let namespace = binding.namespace.as_deref().unwrap_or_default();
    let object = ObjectName { api: RBAC, plural: "rolebindings", namespace: Some(namespace), name: &binding.name };
    let title = format!("the RoleBinding {namespace}/{}", binding.name);
    let deletion = (format!("{title} was not deleted"), format!("delete rolebindings in {namespace}"));
    match verb {
        Verb::Delete => return delete(administrator, object, (&deletion.0, &deletion.1), means).await,
        // Its role cannot be changed.
        Verb::Replace if !means.dry_run => delete(administrator, object, (&deletion.0, &deletion.1), means).await?,
        Verb::Replace => return Ok(()),
        Verb::Change if !is_ours(&binding.labels) => return set_subjects(administrator, object, binding, means).await,
        Verb::Change | Verb::Create => {}
    }
    let body = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {
            "name": binding.name, "namespace": namespace,
            "labels": own(&binding.labels), "annotations": own(&binding.annotations),
        },
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": binding.role.kind, "name": binding.role.name},
        "subjects": subjects(binding),
    });
    let rights = format!("create and patch rolebindings in {namespace}");
    apply(administrator, object, &body, (&format!("{title} was not written"), &rights), means).await
}

/// What is ours of the labels or annotations of an object: nothing else is applied, so that it stays its owner's.
fn own(all: &std::collections::BTreeMap<String, String>) -> serde_json::Value {
    let is_own = |key: &str| key.starts_with("nsaccess/") || key == objects::MANAGED_BY;
    all.iter()
        .filter(|(key, _)| is_own(key))
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn subjects(binding: &Binding) -> Vec<serde_json::Value> {
    let subject = |subject: &crate::model::kube::rbac::Subject| match &subject.namespace {
        Some(namespace) => json!({"kind": subject.kind, "name": subject.name, "namespace": namespace}),
        None => json!({"kind": subject.kind, "name": subject.name, "apiGroup": "rbac.authorization.k8s.io"}),
    };
    binding.subjects.iter().map(subject).collect()
}

/// Takes subjects out of a binding of others, unless it has changed meanwhile.
async fn set_subjects(
    administrator: &Administrator<'_>,
    object: ObjectName<'_>,
    binding: &Binding,
    means: Means,
) -> Result<()> {
    if means.dry_run {
        return Ok(());
    }
    let namespace = object.namespace.unwrap_or_default();
    let what = format!("the RoleBinding {namespace}/{} was not changed", object.name);
    let right = format!("get and patch rolebindings in {namespace}");
    ask(administrator, (&what, &right), async |api| {
        let found = api.read(object).await?;
        let version = found["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        api.merge_patch(object, &version, &json!({"subjects": subjects(binding)})).await
    })
    .await
    .map(drop)
}

async fn apply(
    administrator: &Administrator<'_>,
    object: ObjectName<'_>,
    body: &serde_json::Value,
    (what, right): (&str, &str),
    means: Means,
) -> Result<()> {
    let options = ApplyOptions { force: means.force, dry_run: means.dry_run };
    let call = async |api: KubeApi| match api.apply(object, body, options).await {
        // In a namespace that would be created, nothing can be tried.
        Err(KubeFailure::Status(404, _)) if means.dry_run => Ok(()),
        answer => answer.map(drop),
    };
    ask(administrator, (what, right), call).await.map_err(|error| explain_conflict(error, object))
}

fn explain_conflict(error: Error, object: ObjectName<'_>) -> Error {
    if error.because.iter().any(|words| words.contains("Apply failed with")) {
        let namespace = object.namespace.map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        return error
            .because("somebody else has set this field of an object of ours")
            .try_next(format!(
                "kubectl get {} {}{namespace} -o yaml --show-managed-fields   # see what, then decide",
                object.plural, object.name
            ))
            .try_next("take it over: the same command with --force-conflicts");
    }
    error
}

async fn delete(
    administrator: &Administrator<'_>,
    object: ObjectName<'_>,
    what: (&str, &str),
    means: Means,
) -> Result<()> {
    let options = ApplyOptions { force: false, dry_run: means.dry_run };
    // What is gone already is as it should be.
    ask(administrator, what, async |api| api.delete(object, options).await).await.map(drop)
}
