//! Pods and what leads to them: services, endpoints, deployments, stateful sets. Each look-up needs one right of its own.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Endpoints, Pod, PodStatus, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::Api;
use kube::api::ListParams;

use crate::model::kube::obstacle::Waiting;
use crate::model::kube::pods::{ContainerPort, PodFacts, ServiceFacts, ServicePort};
use crate::model::port_forward::ports::RemotePort;
use crate::net::kube::{KubeApi, KubeFailure, failure};

/// A pod that endpoints name: enough to forward to it without seeing the pod itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPod {
    /// The pod.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// It serves.
    pub ready: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// Named ports with the numbers that this pod has them on.
    pub ports: Vec<(Option<String>, u16)>,
}

impl KubeApi {
    /// `get pods NAME`.
    ///
    /// # Errors
    /// The failed call.
    pub async fn pod_facts(&self, namespace: &str, name: &str) -> Result<PodFacts, KubeFailure> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        api.get(name).await.map(|pod| pod_facts(&pod)).map_err(failure)
    }

    /// `list pods` by labels.
    ///
    /// # Errors
    /// The failed call.
    pub async fn pods_with_labels(&self, namespace: &str, labels: &str) -> Result<Vec<PodFacts>, KubeFailure> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let listed = api.list(&ListParams::default().labels(labels)).await.map_err(failure)?;
        Ok(listed.items.iter().map(pod_facts).collect())
    }

    /// `get services NAME`.
    ///
    /// # Errors
    /// The failed call.
    pub async fn service(&self, namespace: &str, name: &str) -> Result<ServiceFacts, KubeFailure> {
        let api: Api<Service> = Api::namespaced(self.client.clone(), namespace);
        api.get(name).await.map(|service| service_facts(name, &service)).map_err(failure)
    }

    /// `list endpointslices` of a service.
    ///
    /// # Errors
    /// The failed call.
    pub async fn endpoint_slices(&self, namespace: &str, service: &str) -> Result<Vec<EndpointPod>, KubeFailure> {
        let api: Api<EndpointSlice> = Api::namespaced(self.client.clone(), namespace);
        let labels = ListParams::default().labels(&format!("kubernetes.io/service-name={service}"));
        let listed = api.list(&labels).await.map_err(failure)?;
        Ok(listed.items.iter().flat_map(slice_pods).collect())
    }

    /// `get endpoints NAME`: the one way from a service to its pods that needs no `list`.
    ///
    /// # Errors
    /// The failed call.
    pub async fn endpoints(&self, namespace: &str, service: &str) -> Result<Vec<EndpointPod>, KubeFailure> {
        let api: Api<Endpoints> = Api::namespaced(self.client.clone(), namespace);
        let found = api.get(service).await.map_err(failure)?;
        Ok(found.subsets.iter().flatten().flat_map(subset_pods).collect())
    }

    /// The selector of a deployment, as `list pods` takes it.
    ///
    /// # Errors
    /// The failed call.
    pub async fn deployment_labels(&self, namespace: &str, name: &str) -> Result<String, KubeFailure> {
        let api: Api<Deployment> = Api::namespaced(self.client.clone(), namespace);
        let found = api.get(name).await.map_err(failure)?;
        Ok(selector_text(&found.spec.selector))
    }

    /// The selector of a stateful set.
    ///
    /// # Errors
    /// The failed call.
    pub async fn stateful_set_labels(&self, namespace: &str, name: &str) -> Result<String, KubeFailure> {
        let api: Api<StatefulSet> = Api::namespaced(self.client.clone(), namespace);
        let found = api.get(name).await.map_err(failure)?;
        Ok(selector_text(&found.spec.selector))
    }
}

fn pod_facts(pod: &Pod) -> PodFacts {
    let status = pod.status.clone().unwrap_or_default();
    let ready = status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready");
    let statuses = status.container_statuses.iter().flatten();
    let containers =
        pod.spec.iter().flat_map(|spec| spec.containers.iter().chain(spec.init_containers.iter().flatten()));
    let ports = containers.flat_map(|container| container.ports.iter().flatten()).filter_map(|port| {
        Some(ContainerPort {
            name: port.name.clone(),
            number: u16::try_from(port.container_port).ok()?,
            protocol: port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
        })
    });
    let unscheduled = status.conditions.iter().flatten().find(|condition| {
        condition.type_ == "PodScheduled" && condition.status == "False" && condition.reason.is_some()
    });
    PodFacts {
        name: pod.metadata.name.clone().unwrap_or_default(),
        uid: pod.metadata.uid.clone().unwrap_or_default(),
        running: status.phase.as_deref() == Some("Running"),
        finished: matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")),
        ready: ready.is_some_and(|condition| condition.status == "True"),
        terminating: pod.metadata.deletion_timestamp.is_some(),
        unschedulable: unscheduled.map(|condition| condition.message.clone().unwrap_or_default()),
        waiting: waiting(&status),
        ready_since: ready.and_then(|condition| condition.last_transition_time.as_ref()).map(|time| time.0),
        restarts: statuses.map(|status| u32::try_from(status.restart_count).unwrap_or(0)).sum(),
        created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
        ports: ports.collect(),
    }
}

/// The first container that waits; those that run before the others come first.
fn waiting(status: &PodStatus) -> Option<Waiting> {
    let init = status.init_container_statuses.iter().flatten();
    let mut all = init.chain(status.container_statuses.iter().flatten());
    all.find_map(|container| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Some(Waiting { reason: text(&waiting.reason), message: text(&waiting.message) })
    })
}

fn service_facts(name: &str, service: &Service) -> ServiceFacts {
    let spec = service.spec.clone().unwrap_or_default();
    let ports = spec.ports.iter().flatten().filter_map(|port| {
        Some(ServicePort {
            name: port.name.clone(),
            number: u16::try_from(port.port).ok()?,
            target: port.target_port.as_ref().and_then(remote_port),
            protocol: port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
        })
    });
    ServiceFacts {
        name: name.to_owned(),
        selector: spec.selector.clone().unwrap_or_default().into_iter().collect(),
        headless: spec.cluster_ip.as_deref() == Some("None"),
        external_name: spec.external_name.clone().filter(|_| spec.type_.as_deref() == Some("ExternalName")),
        ports: ports.collect(),
    }
}

fn remote_port(port: &IntOrString) -> Option<RemotePort> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok().filter(|number| *number > 0).map(RemotePort::Number),
        IntOrString::String(name) => Some(RemotePort::Name(name.clone())),
    }
}

fn slice_pods(slice: &EndpointSlice) -> Vec<EndpointPod> {
    let ports: Vec<(Option<String>, u16)> = slice
        .ports
        .iter()
        .flatten()
        .filter_map(|port| Some((port.name.clone().filter(|name| !name.is_empty()), u16::try_from(port.port?).ok()?)))
        .collect();
    let of_pod = |endpoint: &k8s_openapi::api::discovery::v1::Endpoint| {
        let target = endpoint.target_ref.as_ref().filter(|target| target.kind.as_deref() == Some("Pod"))?;
        let conditions = endpoint.conditions.clone().unwrap_or_default();
        Some(EndpointPod {
            name: target.name.clone()?,
            uid: target.uid.clone().unwrap_or_default(),
            // The API's own rule: an unknown condition counts as ready.
            ready: conditions.ready.unwrap_or(true),
            terminating: conditions.terminating.unwrap_or(false),
            ports: ports.clone(),
        })
    };
    slice.endpoints.iter().flatten().filter_map(of_pod).collect()
}

fn subset_pods(subset: &k8s_openapi::api::core::v1::EndpointSubset) -> Vec<EndpointPod> {
    let ports: Vec<(Option<String>, u16)> = subset
        .ports
        .iter()
        .flatten()
        .filter_map(|port| Some((port.name.clone().filter(|name| !name.is_empty()), u16::try_from(port.port).ok()?)))
        .collect();
    let of = |address: &k8s_openapi::api::core::v1::EndpointAddress, ready: bool| {
        let target = address.target_ref.as_ref().filter(|target| target.kind.as_deref() == Some("Pod"))?;
        Some(EndpointPod {
            name: target.name.clone()?,
            uid: target.uid.clone().unwrap_or_default(),
            ready,
            terminating: false,
            ports: ports.clone(),
        })
    };
    let ready = subset.addresses.iter().flatten().filter_map(|address| of(address, true));
    ready.chain(subset.not_ready_addresses.iter().flatten().filter_map(|address| of(address, false))).collect()
}

fn selector_text(selector: &LabelSelector) -> String {
    let labels = selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.match_expressions.iter().flatten().map(|expression| {
        let values = expression.values.clone().unwrap_or_default().join(",");
        match expression.operator.as_str() {
            "In" => format!("{} in ({values})", expression.key),
            "NotIn" => format!("{} notin ({values})", expression.key),
            "DoesNotExist" => format!("!{}", expression.key),
            _ => expression.key.clone(),
        }
    });
    labels.chain(expressions).collect::<Vec<_>>().join(",")
}
