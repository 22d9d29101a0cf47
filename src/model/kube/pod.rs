//! A pod, as far as a person looks at one. Only what is used is read, so that a list of thousands stays small.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::model::port_forward::ports::RemotePort;

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
    /// Tells two objects of one name apart.
    pub(crate) uid: String,
    /// The version that a watch continues from.
    pub(crate) resource_version: String,
    pub(crate) creation_timestamp: Option<Timestamp>,
    /// Set while it is being deleted.
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
    /// The one that manages it.
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
    /// Containers that run before, one after the other; those that restart always are sidecars.
    pub(crate) init_containers: Vec<Container>,
}

/// A container of the spec.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Container {
    pub(crate) name: String,
    /// `Always` makes an init container a sidecar.
    pub(crate) restart_policy: Option<String>,
    pub(crate) ports: Vec<ContainerPort>,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerPort {
    /// Its name, if it has one.
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
    /// `Ready`, `Initialized`, …
    pub(crate) conditions: Vec<Condition>,
    pub(crate) container_statuses: Vec<ContainerStatus>,
    pub(crate) init_container_statuses: Vec<ContainerStatus>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// `True`, `False`, `Unknown`.
    pub(crate) status: String,
    /// Why, in one word.
    pub(crate) reason: String,
    /// Why, in a sentence.
    pub(crate) message: String,
    pub(crate) last_transition_time: Option<Timestamp>,
}

/// The status of a container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ContainerStatus {
    pub(crate) name: String,
    /// Takes traffic.
    pub(crate) ready: bool,
    /// Init containers: has started.
    pub(crate) started: Option<bool>,
    /// How often it was started again.
    pub(crate) restart_count: i64,
    pub(crate) state: State,
    pub(crate) last_state: State,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct State {
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
    /// 0 is good.
    pub(crate) exit_code: i64,
    pub(crate) signal: i64,
    pub(crate) finished_at: Option<Timestamp>,
}

impl Container {
    /// An init container that keeps running beside the others.
    pub(crate) fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }
}

impl Pod {
    /// The status of a container of either sort.
    pub(crate) fn container(&self, name: &str) -> Option<&ContainerStatus> {
        let mut statuses = self.status.container_statuses.iter().chain(&self.status.init_container_statuses);
        statuses.find(|status| status.name == name)
    }

    /// Whether nothing in it will run any more.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    /// Phase `Running`.
    pub(crate) fn is_running(&self) -> bool {
        self.status.phase == "Running"
    }

    /// Condition `Ready`.
    pub(crate) fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|ready| ready.status == "True")
    }

    /// It is being deleted.
    pub(crate) fn is_terminating(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// New connections may go there without a second thought.
    pub(crate) fn serves(&self) -> bool {
        self.is_running() && self.is_ready() && !self.is_terminating()
    }

    pub(crate) fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Restarts of all its containers but the init containers.
    pub(crate) fn restarts(&self) -> i64 {
        self.status.container_statuses.iter().map(|status| status.restart_count).sum()
    }

    /// The ports that its containers declare.
    pub(crate) fn ports(&self) -> impl Iterator<Item = &ContainerPort> {
        self.spec.containers.iter().chain(&self.spec.init_containers).flat_map(|container| &container.ports)
    }

    /// The first container that waits for something; those that run before the others come first.
    pub(crate) fn first_waiting(&self) -> Option<&Waiting> {
        let mut all = self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
        all.find_map(|status| status.state.waiting.as_ref())
    }

    /// A port by number or name.
    ///
    /// # Errors
    /// When no container names it so, or it is not TCP.
    pub(crate) fn port(&self, asked: &RemotePort) -> Result<u16, String> {
        let name = &self.metadata.name;
        match asked {
            RemotePort::Number(number) => {
                let declared: Vec<&ContainerPort> = self.ports().filter(|port| port.number == *number).collect();
                match declared.first() {
                    Some(first) if declared.iter().all(|port| port.protocol != "TCP") => {
                        Err(format!("port {number} of {name} is {}, and port-forward carries TCP only", first.protocol))
                    }
                    _ => Ok(*number),
                }
            }
            RemotePort::Name(asked) => {
                let found = self.ports().find(|port| port.name.as_deref() == Some(asked));
                let port = found.ok_or_else(|| self.has_no_port(asked))?;
                self.port(&RemotePort::Number(port.number))
            }
        }
    }

    fn has_no_port(&self, asked: &str) -> String {
        let named = self.ports().filter_map(|port| Some(format!("{} ({})", port.name.as_deref()?, port.number)));
        let named: Vec<String> = named.collect();
        let named = if named.is_empty() { "it names none; give a number".to_owned() } else { named.join(", ") };
        format!("no container of {} names a port {asked}: {named}", self.metadata.name)
    }

    /// Kind and name of what manages it, if anything does.
    pub(crate) fn owner(&self) -> Option<(&str, &str)> {
        let owners = &self.metadata.owner_references;
        let owner = owners.iter().find(|owner| owner.controller).or(owners.first())?;
        Some((&owner.kind, &owner.name))
    }
}
