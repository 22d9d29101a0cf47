//! Pods of a namespace: by name, by selector, of a workload, and what happens to them, with whatever the role allows.

pub(crate) mod choose;
pub(crate) mod find;
pub(crate) mod follow;
pub(crate) mod show;

use futures_util::stream::{self, StreamExt};

use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::kube::lost_node::LostNode;
use crate::model::kube::pod::Pod;
use crate::model::kube::role_rule::Rule;
use crate::model::kube::workload::{Kind as WorkloadKind, Workload};
use crate::net::kube::KubeFailure;

/// Calls under way at once.
const AT_ONCE: usize = 16;

/// The pods of a namespace.
#[derive(Clone, Copy)]
pub(crate) struct Pods<'a> {
    cluster: &'a ClusterAccess<'a>,
}

impl<'a> Pods<'a> {
    pub(crate) fn of(cluster: &'a ClusterAccess<'a>) -> Self {
        Pods { cluster }
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Pod, CallError<KubeFailure>> {
        self.cluster.call(async |api| api.get_pod(self.cluster.namespace(), name).await).await
    }

    /// Pods by name, each with its own answer, in the order of the names.
    pub(crate) async fn get_each(&self, names: &[String]) -> Result<Vec<(String, Result<Pod, KubeFailure>)>> {
        let asked = names.iter().map(|name| async move {
            match self.get(name).await {
                Ok(pod) => Ok((name.clone(), Ok(pod))),
                Err(CallError::Answer(failure)) => Ok((name.clone(), Err(failure))),
                Err(CallError::Chain(error)) => Err(error),
            }
        });
        let answers: Vec<Result<_>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        answers.into_iter().collect()
    }

    /// All pods that a selector matches, and the version of the list.
    pub(crate) async fn list(&self, selector: Option<&str>) -> Result<(Vec<Pod>, String), CallError<KubeFailure>> {
        self.cluster.call(async |api| api.list_pods(self.cluster.namespace(), selector).await).await
    }
}

/// Pods cannot be listed: said with the rule that would allow it.
pub(crate) fn cannot_list(cluster: &ClusterAccess<'_>, failure: KubeFailure) -> Error {
    match failure {
        KubeFailure::Status(403, words) => {
            denied(cluster, "not allowed to list pods".to_owned(), &words, &Rule::new("", "pods", &["list"]))
        }
        KubeFailure::Status(400, words) => Error::usage("invalid label selector").because(words),
        other => other.into_error(&cluster.cluster().name),
    }
}

/// There is no such object in the namespace.
pub(crate) fn not_found(cluster: &ClusterAccess<'_>, workload: &Workload) -> Error {
    Error::new(Kind::NotFound, format!("{} not found in namespace {:?}", workload.quoted(), cluster.namespace()))
}

/// The role may not get an object.
pub(crate) fn not_allowed_to_get(cluster: &ClusterAccess<'_>, workload: &Workload, words: &str) -> Error {
    not_allowed_to_get_for(cluster, workload, workload.kind, words)
}

/// The same, because `get` on another kind is missing that it takes.
pub(crate) fn not_allowed_to_get_for(
    cluster: &ClusterAccess<'_>,
    workload: &Workload,
    missing: WorkloadKind,
    words: &str,
) -> Error {
    denied(cluster, format!("not allowed to get {}", workload.quoted()), words, &missing.rule(&["get"]))
}

/// A 403 with the rule of a Role that would allow what was refused.
pub(crate) fn denied(cluster: &ClusterAccess<'_>, what: String, words: &str, rule: &Rule) -> Error {
    Error::new(Kind::Denied, what).because(words).because(rule.is_missing()).lacks(cluster.as_missing())
}

/// Adds why the cluster's answer is about the pod's node, if it is.
pub(crate) fn explain_lost_node(error: Error, words: &str) -> Error {
    match LostNode::in_answer(words) {
        Some(node) => node.reasons().into_iter().fold(error, Error::because).try_next(node.request()),
        None => error,
    }
}

/// Adds the question whether what a rule allows is allowed now, where there is no other command.
pub(crate) fn or_can_i(error: Error, cluster: &ClusterAccess<'_>, rule: &Rule) -> Error {
    match error.try_next.is_empty() {
        true => error.try_next(format!("nsaccess can-i {} -n {}", rule.in_words(), cluster.access())),
        false => error,
    }
}
