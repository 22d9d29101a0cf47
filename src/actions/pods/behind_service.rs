//! The pods behind a service, found by whatever way the role allows: the one finder for all verbs.

use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Result};
use crate::model::kube::pods::{PodFacts, ServiceFacts};
use crate::net::kube::lookup::EndpointPod;
use crate::net::kube::{KubeApi, KubeFailure};

/// A way from a service to its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `list endpointslices`
    EndpointSlices,
    /// `list pods` by the service's selector.
    Pods,
    /// `get endpoints`
    Endpoints,
    /// `get pods`: the first pod of a StatefulSet of the service's name.
    FirstPodOfASet,
}

/// All ways, the best first.
pub const WAYS: [Way; 4] = [Way::EndpointSlices, Way::Pods, Way::Endpoints, Way::FirstPodOfASet];

/// What a way leads to; none of it if the service has no pods.
#[derive(Debug, Clone)]
pub enum Behind {
    /// The pods themselves.
    Pods(Vec<PodFacts>),
    /// What endpoints say of them.
    Endpoints(Vec<EndpointPod>),
}

impl Behind {
    /// The names of the pods, those that serve first, each once.
    pub fn names(&self) -> Vec<String> {
        let mut ranked: Vec<(bool, &str)> = match self {
            Behind::Pods(pods) => pods.iter().map(|pod| (!pod.ready || pod.terminating, pod.name.as_str())).collect(),
            Behind::Endpoints(pods) => {
                pods.iter().map(|pod| (!pod.ready || pod.terminating, pod.name.as_str())).collect()
            }
        };
        ranked.sort_by_key(|(serves_not, _)| *serves_not);
        let mut names: Vec<String> = Vec::new();
        for (_, name) in ranked {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }
}

impl ClusterAccess<'_> {
    /// The pods behind a service by the first of these ways that the role allows, and which one that was. `None`: it
    /// allows none of them.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub(crate) async fn behind(
        &self,
        service: &ServiceFacts,
        ways: impl IntoIterator<Item = Way>,
    ) -> Result<Option<(Way, Behind)>, CallError<KubeFailure>> {
        for way in ways {
            if let Some(behind) = self.call(async |api| by(way, &api, self.namespace(), service).await).await? {
                return Ok(Some((way, behind)));
            }
        }
        Ok(None)
    }
}

/// One way. `None`: the role does not allow it, or it does not apply.
async fn by(way: Way, api: &KubeApi, namespace: &str, service: &ServiceFacts) -> Result<Option<Behind>, KubeFailure> {
    let found = match way {
        Way::EndpointSlices => api.endpoint_slices(namespace, &service.name).await.map(Behind::Endpoints),
        Way::Endpoints => api.endpoints(namespace, &service.name).await.map(Behind::Endpoints),
        Way::Pods if service.selector.is_empty() => return Ok(None),
        Way::Pods => api.pods_with_labels(namespace, &service.labels()).await.map(Behind::Pods),
        Way::FirstPodOfASet => {
            let first = api.pod_facts(namespace, &format!("{}-0", service.name)).await;
            first.map(|pod| Behind::Pods(vec![pod]))
        }
    };
    match found {
        Ok(found) => Ok(Some(found)),
        // 404: an old API server without endpoint slices, a service without endpoints, no such pod.
        Err(KubeFailure::Status(403 | 404, _)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// A service that stands for a name outside of the cluster has no pods. `what` finishes the reason: "port-forward
/// reaches pods only".
pub fn leads_out(service: &ServiceFacts, what: &str) -> Option<Error> {
    let elsewhere = service.external_name.as_ref()?;
    Some(
        Error::failure(format!("the service {} leads out of the cluster, to {elsewhere}", service.name))
            .because(format!("it is of type ExternalName, and {what}")),
    )
}

/// A service that nobody's labels select, and whose endpoints are no pods.
pub fn only_addresses(service: &ServiceFacts, what: &str) -> Error {
    Error::failure(format!("the service {} has no pods behind it", service.name))
        .because(format!("it has no selector, and its endpoints are addresses; {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_once_and_those_that_serve_first() {
        let pod = |name: &str, ready: bool| EndpointPod {
            name: name.to_owned(),
            uid: String::new(),
            ready,
            terminating: false,
            ports: Vec::new(),
        };
        let behind = Behind::Endpoints(vec![pod("late", false), pod("b", true), pod("a", true), pod("b", true)]);
        assert_eq!(behind.names(), ["b", "a", "late"]);
    }
}
