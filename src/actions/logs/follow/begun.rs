//! The logs that are followed, so that none is begun twice, and those of a pod can be left.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::future::AbortHandle;

use crate::actions::logs::ContainerLog;
use crate::actions::logs::follow::Followed;
use crate::actions::logs::tail::LogEnd;
use crate::actions::pods::follow::Change;
use crate::error::Kind;
use crate::model::kube::pod::Pod;

#[derive(Default)]
pub(super) struct Begun {
    logs: HashSet<String>,
    /// Pods that may not be seen: all that is ever heard of them is their name, again and again.
    hidden: HashSet<String>,
    /// Logs of each pod that run.
    running: HashMap<String, usize>,
    /// What ends a log that runs, with the pod that it is of.
    handles: HashMap<String, (String, AbortHandle)>,
    /// Pods without the wanted condition that may come to have it.
    waiting: BTreeSet<String>,
    /// What was said of logs that do not open.
    failed: HashSet<String>,
}

impl Begun {
    /// How many pods have logs that were begun.
    pub(super) fn pods(&self) -> usize {
        self.running.len()
    }

    /// Whether pods are there that may still be followed.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether a failure is a new one.
    pub(super) fn fails(&mut self, failure: String) -> bool {
        self.failed.insert(failure)
    }

    /// Whether a change is of a pod whose logs are all known.
    pub(super) fn has_all_of(&self, change: &Change) -> bool {
        matches!(change, Change::Hidden(name) if self.hidden.contains(name))
    }

    /// The logs among these that are new.
    pub(super) fn begin(&mut self, logs: Vec<ContainerLog>) -> Vec<ContainerLog> {
        self.hidden.extend(logs.iter().filter(|log| log.object.is_none()).map(|log| log.pod.clone()));
        let new: Vec<ContainerLog> = logs.into_iter().filter(|log| self.logs.insert(log.key())).collect();
        new.iter().for_each(|log| *self.running.entry(log.pod_key()).or_default() += 1);
        new
    }

    pub(super) fn runs(&mut self, key: String, pod_key: String, handle: AbortHandle) {
        self.handles.insert(key, (pod_key, handle));
    }

    /// Whether it was the last of its pod. A pod that may not be seen and is gone may come again under its name.
    pub(super) fn end(&mut self, followed: &Followed) -> bool {
        let gone = match &followed.end {
            Ok(end) => *end == LogEnd::Gone,
            Err(error) => error.kind == Kind::NotFound,
        };
        if gone && self.hidden.remove(&followed.pod) {
            self.logs.remove(&followed.key);
        }
        // One that was left may have been begun anew.
        if !matches!(followed.end, Ok(LogEnd::Left)) {
            self.handles.remove(&followed.key);
        }
        let left = self.running.entry(followed.pod_key.clone()).or_default();
        *left = left.saturating_sub(1);
        *left == 0
    }

    /// Notes whether a pod has the wanted condition, or may come to have it.
    pub(super) fn note(&mut self, change: &Change, fits: bool) {
        match change {
            Change::Present(pod) if !fits && !pod.is_over() => self.waiting.insert(pod.metadata.name.clone()),
            other => self.waiting.remove(other.name()),
        };
    }

    /// Leaves the logs of a pod; they can be begun again. Whether there were any. One that is ending is read to its end.
    pub(super) fn leave(&mut self, pod: &Pod) -> bool {
        if pod.is_over() || pod.is_terminating() {
            return false;
        }
        let pod_key = super::super::pod_key(&pod.metadata.uid, &pod.metadata.name);
        let of_pod: Vec<String> =
            self.handles.iter().filter(|(_, (of, _))| *of == pod_key).map(|(key, _)| key.clone()).collect();
        for key in &of_pod {
            self.logs.remove(key);
            if let Some((_, handle)) = self.handles.remove(key) {
                handle.abort();
            }
        }
        !of_pod.is_empty()
    }
}
