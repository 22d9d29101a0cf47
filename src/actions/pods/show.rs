//! Pods to be shown: all, or by their names, with what to do where the role does not allow it.

use crate::actions::pods::follow::PodSelection;
use crate::actions::pods::{Pods, cannot_list, not_allowed_to_get, or_can_i};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Result};
use crate::model::kube::pod::Pod;
use crate::model::kube::workload::{Kind as WorkloadKind, Workload};
use crate::net::kube::KubeFailure;

impl Pods<'_> {
    /// All pods, or those that a selector matches.
    ///
    /// # Errors
    /// When they cannot be listed; with what works instead.
    pub(crate) async fn listed(&self, selector: Option<&str>) -> Result<Vec<Pod>> {
        let listed = self.list(selector).await;
        let (pods, _) = listed.map_err(|error| error.explained(|failure| no_list(self.cluster, failure)))?;
        Ok(pods)
    }

    /// The pods of these names, and an error for each that cannot be shown.
    ///
    /// # Errors
    /// When none can be asked for.
    pub(crate) async fn named(&self, names: &[String]) -> Result<(Vec<Pod>, Vec<Error>)> {
        let (mut pods, mut failures) = (Vec::new(), Vec::new());
        for (name, answer) in self.get_each(names).await? {
            match answer {
                Ok(pod) => pods.push(pod),
                Err(KubeFailure::Status(404, _)) => {
                    let pod = Workload::pod(name);
                    let near = |other: &Workload| match other.kind {
                        WorkloadKind::Pod => format!("nsaccess pods {}", other.name),
                        _ => "nsaccess pods".to_owned(),
                    };
                    failures.push(self.not_found(&pod, &near).await);
                }
                Err(failure) => failures.push(no_pod(self.cluster, &name, failure)),
            }
        }
        Ok((pods, failures))
    }

    /// How pods are followed: by the list where that is allowed, else by their names, which must exist now. With the pods
    /// that are there.
    ///
    /// # Errors
    /// When they can be followed in neither way.
    pub(crate) async fn selection(&self, names: &[String], selector: Option<&str>) -> Result<(PodSelection, Vec<Pod>)> {
        match self.list(selector).await {
            Ok((pods, _)) => Ok((PodSelection::Selected(selector.map(str::to_owned)), pods)),
            Err(CallError::Answer(KubeFailure::Status(403, _))) if !names.is_empty() => {
                let (pods, failures) = self.named(names).await?;
                match failures.into_iter().next() {
                    Some(failure) => Err(failure),
                    None => Ok((PodSelection::Named(names.to_vec()), pods)),
                }
            }
            Err(error) => Err(error.explained(|failure| no_list(self.cluster, failure))),
        }
    }
}

fn no_list(cluster: &ClusterAccess<'_>, failure: KubeFailure) -> Error {
    let denied = matches!(failure, KubeFailure::Status(403, _));
    let error = cannot_list(cluster, failure);
    if denied { error.try_next("nsaccess pods NAME   # by name needs only get on pods") } else { error }
}

fn no_pod(cluster: &ClusterAccess<'_>, name: &str, failure: KubeFailure) -> Error {
    let pod = Workload::pod(name);
    match failure {
        KubeFailure::Status(403, words) => {
            or_can_i(not_allowed_to_get(cluster, &pod, &words), cluster, &pod.kind.rule(&["get"]))
        }
        other => other.into_error(&cluster.cluster().name),
    }
}
