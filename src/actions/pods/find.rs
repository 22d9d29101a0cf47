//! The pods of a workload, found by whatever way the role allows: the one finder for all verbs.

use crate::actions::pods::Pods;
use crate::chain::call_error::CallError;
use crate::error::{Error, Result};
use crate::model::kube::definition::Definition;
use crate::model::kube::endpoints;
use crate::model::kube::service::Service;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::kube::workload_pod::WorkloadPod;
use crate::net::kube::KubeFailure;

/// Pods of a StatefulSet that are asked for one by one.
const MOST_NUMBERED: usize = 10;

/// A way from a workload to its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// `list endpointslices`: of a service.
    EndpointSlices,
    /// `list pods` by the workload's selector; all, by their owner, where the role does not show the workload.
    List,
    /// `get endpoints`: of a service.
    Endpoints,
    /// `get pods`: `NAME-0` and so on of a StatefulSet; the first pod of a StatefulSet of a service's name.
    Numbered,
}

/// What came of the ways that were tried.
pub(crate) enum Finding {
    /// The first way that the role allows, and the pods that it leads to.
    Pods { way: Route, pods: Vec<WorkloadPod> },
    /// The role allows none, or none applies: what each was refused with.
    Refused(Vec<(Route, KubeFailure)>),
}

impl Pods<'_> {
    /// What a workload's object says of its pods.
    pub(crate) async fn define(&self, workload: &Workload) -> Result<Definition, CallError<KubeFailure>> {
        let object = self.cluster.call(async |api| api.get_workload(self.cluster.namespace(), workload).await).await?;
        Ok(Definition::new(workload.clone(), object))
    }

    /// The pods of a workload by the first of these ways that the role allows.
    pub(crate) async fn find(
        &self,
        definition: &Definition,
        ways: impl IntoIterator<Item = Route>,
    ) -> Result<Finding, CallError<KubeFailure>> {
        let mut refused = Vec::new();
        for way in ways {
            match self.find_by(way, definition).await {
                Ok(Some(pods)) => return Ok(Finding::Pods { way, pods }),
                Ok(None) => {}
                // 404: an old API server without endpoint slices, a service without endpoints, no such pod.
                Err(CallError::Answer(failure @ KubeFailure::Status(403 | 404, _))) => refused.push((way, failure)),
                Err(error) => return Err(error),
            }
        }
        Ok(Finding::Refused(refused))
    }

    /// One way; `None` where it does not apply.
    async fn find_by(
        &self,
        way: Route,
        definition: &Definition,
    ) -> Result<Option<Vec<WorkloadPod>>, CallError<KubeFailure>> {
        let (cluster, namespace) = (self.cluster, self.cluster.namespace());
        let Workload { kind, name } = definition.workload();
        let is_service = *kind == Kind::Service;
        match way {
            Route::EndpointSlices if is_service => {
                let slices = cluster.call(async |api| api.list_endpoint_slices(namespace, name).await).await?;
                Ok(Some(slices.iter().flat_map(endpoints::of_slice).collect()))
            }
            Route::Endpoints if is_service => {
                let object = cluster.call(async |api| api.get_endpoints(namespace, name).await).await?;
                Ok(Some(endpoints::of_endpoints(&object)))
            }
            Route::List => {
                let selector = definition.selector();
                if selector.is_none() && (is_service || definition.is_readable()) {
                    return Ok(None);
                }
                let (pods, _) = self.list(selector.as_deref()).await?;
                let own = pods.into_iter().filter(|pod| selector.is_some() || definition.workload().owns(pod));
                let own: Vec<WorkloadPod> = own.map(WorkloadPod::from).collect();
                // A workload that is not seen and has no pods may not exist.
                Ok((selector.is_some() || !own.is_empty()).then_some(own))
            }
            Route::Numbered if is_service => Ok(Some(vec![self.get(&format!("{name}-0")).await?.into()])),
            Route::Numbered if *kind == Kind::StatefulSet => self.numbered(definition).await.map(Some),
            Route::EndpointSlices | Route::Endpoints | Route::Numbered => Ok(None),
        }
    }

    /// `NAME-0`, and if it does not serve `NAME-1` and so on until there is none.
    async fn numbered(&self, set: &Definition) -> Result<Vec<WorkloadPod>, CallError<KubeFailure>> {
        let mut pods = Vec::new();
        for number in 0..MOST_NUMBERED {
            match self.get(&format!("{}-{number}", set.workload().name)).await {
                Ok(pod) => {
                    let serves = pod.serves();
                    pods.push(pod.into());
                    if serves {
                        break;
                    }
                }
                Err(CallError::Answer(KubeFailure::Status(404, _))) if number > 0 || set.is_readable() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(pods)
    }
}

/// A service that stands for a name outside of the cluster has no pods. `what` finishes the reason: "only pods have logs".
pub(crate) fn leads_out(service: &Service, what: &str) -> Option<Error> {
    let elsewhere = service.external_name.as_ref()?;
    Some(
        Error::failure(format!("service {:?} has no pods: it points to {elsewhere}", service.name))
            .because(format!("its type is ExternalName, and {what}")),
    )
}

/// A service without a selector whose endpoints are no pods.
pub(crate) fn only_addresses(service: &str, what: &str) -> Error {
    Error::failure(format!("service {service:?} has no pods"))
        .because(format!("it has no selector and its endpoints are IP addresses, and {what}"))
}
