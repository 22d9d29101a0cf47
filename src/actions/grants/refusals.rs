//! What a cluster refuses to an administrator, and the right that is missing.

use crate::chain::administrator::Administrator;
use crate::error::{Error, Result};
use crate::model::kube::rbac::Binding;
use crate::net::kube::{KubeApi, KubeFailure};

/// Calls the cluster. `what` failed, like "the Role x cannot be read"; `right` is what that needs, like `get roles in x`.
///
/// # Errors
/// The cluster's answer, with the right that is missing.
pub(super) async fn ask<T>(
    administrator: &Administrator<'_>,
    (what, right): (&str, &str),
    call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
) -> Result<T> {
    administrator.call(call).await?.map_err(|failure| explain(administrator, (what, right), failure))
}

/// All RoleBindings of a namespace.
///
/// # Errors
/// When they cannot be listed.
pub(super) async fn list_bindings(administrator: &Administrator<'_>, namespace: &str) -> Result<Vec<Binding>> {
    let what = format!("cannot list RoleBindings in {namespace}");
    let right = format!("list rolebindings in {namespace}");
    ask(administrator, (&what, &right), async |api| api.list_role_bindings(Some(namespace), None).await).await
}

/// A refusal as an error.
pub(super) fn explain(administrator: &Administrator<'_>, (what, right): (&str, &str), failure: KubeFailure) -> Error {
    let is_escalation = |words: &str| words.contains("attempting to grant RBAC permissions not currently held");
    let (words, is_denied) = match &failure {
        KubeFailure::Status(403, words) => (words.clone(), true),
        KubeFailure::Status(_, words) => (words.clone(), false),
        _ => return failure.into_error(administrator.cluster_name()),
    };
    let mut error = failure.into_error(administrator.cluster_name());
    error.message = what.to_owned();
    if is_escalation(&words) {
        return error
            .because("you need the permissions that you grant, or escalate on roles and bind on the role")
            .try_next("ask a cluster administrator to run the same command (see docs/grant.md)");
    }
    if is_denied { error.because(format!("it requires permission to {right}")) } else { error }
}
