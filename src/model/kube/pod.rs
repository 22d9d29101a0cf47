//! A pod. Only the fields that we use are parsed, so that a list of thousands stays small.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::model::port_forward::ports::{PortError, RemotePort};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Pod {
    pub(crate) metadata: Metadata,
    pub(crate) spec: Spec,
    pub(crate) status: Status,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) name: String,
    /// Distinguishes objects with the same name.
    pub(crate) uid: String,
    /// Where a watch continues.
    pub(crate) resource_version: String,
    pub(crate) creation_timestamp: Option<Timestamp>,
    /// Set while the pod is being deleted.
    pub(crate) deletion_timestamp: Option<Timestamp>,
    pub(crate) owner_references: Vec<Owner>,
    pub(crate) annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Owner {
    /// `ReplicaSet`, …
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Whether it manages the pod.
    pub(crate) controller: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Spec {
    pub(crate) node_name: String,
    pub(crate) service_account_name: String,
    /// `Always`, `OnFailure`, `Never`.
    pub(crate) restart_policy: String,
    pub(crate) containers: Vec<Container>,
    /// They run one after the other before the containers. Those with `restartPolicy: Always` are sidecars.
    pub(crate) init_containers: Vec<Container>,
    /// Added to a running pod by `kubectl debug`; they never start again.
    pub(crate) ephemeral_containers: Vec<Container>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Container {
    pub(crate) name: String,
    /// `Always` makes an init container a sidecar.
    pub(crate) restart_policy: Option<String>,
    pub(crate) ports: Vec<ContainerPort>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerPort {
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// 1 to 65535.
    #[serde(rename = "containerPort")]
    pub(crate) number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    #[serde(default = "tcp")]
    pub(crate) protocol: String,
}

fn tcp() -> String {
    "TCP".to_owned()
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Status {
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub(crate) phase: String,
    /// `Evicted`, `NodeLost`, …
    pub(crate) reason: String,
    #[serde(rename = "podIP")]
    pub(crate) pod_ip: String,
    /// `Ready`, `Initialized`, …
    pub(crate) conditions: Vec<Condition>,
    pub(crate) container_statuses: Vec<ContainerStatus>,
    pub(crate) init_container_statuses: Vec<ContainerStatus>,
    pub(crate) ephemeral_container_statuses: Vec<ContainerStatus>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// `True`, `False`, `Unknown`.
    pub(crate) status: String,
    /// In one word.
    pub(crate) reason: String,
    /// In a sentence.
    pub(crate) message: String,
    pub(crate) last_transition_time: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ContainerStatus {
    pub(crate) name: String,
    pub(crate) ready: bool,
    /// Of init containers.
    pub(crate) started: Option<bool>,
    pub(crate) restart_count: i64,
    pub(crate) state: ContainerState,
    pub(crate) last_state: ContainerState,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct ContainerState {
    pub(crate) waiting: Option<Waiting>,
    pub(crate) running: Option<Running>,
    pub(crate) terminated: Option<Terminated>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Waiting {
    /// `CrashLoopBackOff`, `ImagePullBackOff`, `PodInitializing`, …
    pub(crate) reason: String,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Running {
    pub(crate) started_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Terminated {
    /// `Completed`, `Error`, `OOMKilled`, …
    pub(crate) reason: String,
    pub(crate) exit_code: i64,
    pub(crate) signal: i64,
    pub(crate) finished_at: Option<Timestamp>,
}

impl Container {
    /// Whether an init container keeps running beside the others.
    pub(crate) fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }
}

impl Pod {
    /// The status of a container of any kind.
    pub(crate) fn container(&self, name: &str) -> Option<&ContainerStatus> {
        let Status { container_statuses, init_container_statuses, ephemeral_container_statuses, .. } = &self.status;
        let mut all = container_statuses.iter().chain(init_container_statuses).chain(ephemeral_container_statuses);
        all.find(|status| status.name == name)
    }

    /// Whether the pod has ended.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status.phase == "Running"
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|ready| ready.status == "True")
    }

    pub(crate) fn is_terminating(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Whether the pod takes new connections.
    pub(crate) fn serves(&self) -> bool {
        self.is_running() && self.is_ready() && !self.is_terminating()
    }

    pub(crate) fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// The restarts of all containers except init containers.
    pub(crate) fn restarts(&self) -> i64 {
        self.status.container_statuses.iter().map(|status| status.restart_count).sum()
    }

    /// The ports that the containers declare.
    pub(crate) fn ports(&self) -> impl Iterator<Item = &ContainerPort> {
        self.spec.containers.iter().chain(&self.spec.init_containers).flat_map(|container| &container.ports)
    }

    /// The first waiting container, init containers first.
    pub(crate) fn first_waiting(&self) -> Option<&Waiting> {
        let mut all = self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
        all.find_map(|status| status.state.waiting.as_ref())
    }

    /// Resolves a port by number or name.
    ///
    /// # Errors
    /// When no container has a port of that name, or it is not TCP.
    pub(crate) fn port(&self, asked: &RemotePort) -> Result<u16, PortError> {
        let name = &self.metadata.name;
        match asked {
            RemotePort::Number(number) => {
                let declared: Vec<&ContainerPort> = self.ports().filter(|port| port.number == *number).collect();
                match declared.first() {
                    Some(first) if declared.iter().all(|port| port.protocol != "TCP") => {
                        Err(PortError::not_tcp(asked, &format!("pod {name:?}"), &first.protocol))
                    }
                    _ => Ok(*number),
                }
            }
            RemotePort::Name(asked) => {
                let port = self.ports().find(|port| port.name.as_deref() == Some(asked));
                let port = port.ok_or_else(|| self.has_no_port(asked))?;
                self.port(&RemotePort::Number(port.number))
            }
        }
    }

    /// The port that a container declares under a name or a number.
    pub(crate) fn declared_port(&self, asked: &RemotePort) -> Option<&ContainerPort> {
        self.ports().find(|port| match asked {
            RemotePort::Number(number) => port.number == *number,
            RemotePort::Name(name) => port.name.as_deref() == Some(name),
        })
    }

    fn has_no_port(&self, asked: &str) -> PortError {
        let named = self.ports().filter_map(|port| Some(format!("{} ({})", port.name.as_deref()?, port.number)));
        let known = named.collect::<Vec<String>>().join(", ");
        let what = format!("pod {:?} has no port named {asked:?}", self.metadata.name);
        match known.is_empty() {
            true => PortError::Unknown { what: format!("{what}; use a number"), known },
            false => PortError::Unknown { what, known },
        }
    }

    /// Kind and name of the owner that manages the pod.
    pub(crate) fn owner(&self) -> Option<(&str, &str)> {
        let owners = &self.metadata.owner_references;
        let owner = owners.iter().find(|owner| owner.controller).or(owners.first())?;
        Some((&owner.kind, &owner.name))
    }
}
