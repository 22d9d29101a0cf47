//! Pods with a certain condition: which they are, and from where on their logs are wanted.

use crate::actions::logs::{ContainerLog, Logs};
use crate::actions::pods::denied;
use crate::actions::pods::follow::Change;
use crate::error::Result;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::logs::target::LogRequest;

impl Logs<'_> {
    /// Whether the logs of a pod are wanted.
    ///
    /// # Errors
    /// When a condition is wanted of a pod that the role may not see.
    pub(super) fn fits(&self, change: &Change) -> Result<bool> {
        let Some(wanted) = &self.options.condition else { return Ok(true) };
        match change {
            Change::Present(pod) => Ok(wanted.holds(pod)),
            Change::Gone(_) => Ok(true),
            Change::Hidden(name) => {
                let pod = Workload::pod(name);
                let what = format!("not allowed to see the conditions of {}", pod.quoted());
                let words = "--condition needs to get the pod";
                Err(denied(self.cluster, what, words, &Kind::Pod.rule(&["get"]))
                    .try_next(format!("nsaccess logs {name}   # without --condition")))
            }
        }
    }

    /// How the log of a pod is asked for that has come to have the wanted condition: from that moment on.
    pub(super) fn since_condition(&self, log: &ContainerLog) -> Option<LogRequest> {
        let since = self.options.condition.as_ref()?.since(log.object.as_deref()?);
        let tail_lines = if since.is_some() { None } else { Some(0) };
        let request = self.options.request.clone();
        Some(LogRequest { since_time: since, since_seconds: None, tail_lines, ..request })
    }
}
