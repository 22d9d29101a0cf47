//! A pod for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::kube::pod_status::PodRow;
use crate::model::rfc3339::Rfc3339;

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PodDocument {
    /// The pod's name
    name: String,
    /// Containers that are ready
    ready: usize,
    /// All containers
    containers: usize,
    /// As kubectl shows it: `Running`, `CrashLoopBackOff`, `Init:0/1`, …
    status: String,
    /// Restarts of its containers
    restarts: i64,
    /// The last restart
    last_restart_at: Option<Rfc3339>,
    /// When it was created
    created_at: Option<Rfc3339>,
    /// Its IP address
    ip: Option<String>,
    /// The node it runs on
    node: Option<String>,
    /// What manages it, like `ReplicaSet/web-7d4b9c6f58`
    owner: Option<String>,
}

/// One change, with `--watch`: an object per line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PodEventDocument {
    /// What happened
    event: Event,
    #[serde(flatten)]
    pod: PodDocument,
}

/// What happened to a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Present,
    Deleted,
}

impl From<&PodRow> for PodDocument {
    fn from(row: &PodRow) -> Self {
        PodDocument {
            name: row.name.clone(),
            ready: row.ready,
            containers: row.containers,
            status: row.status.clone(),
            restarts: row.restarts,
            last_restart_at: row.restarted_at.map(Rfc3339::from),
            created_at: row.created_at.map(Rfc3339::from),
            ip: row.ip.clone(),
            node: row.node.clone(),
            owner: row.owner.clone(),
        }
    }
}

impl PodEventDocument {
    pub(crate) fn new(row: &PodRow, event: Event) -> Self {
        PodEventDocument { event, pod: row.into() }
    }
}
