//! A pod of a workload, with what the role can read: its object, its endpoint, or only its name.

use jiff::Timestamp;

use crate::model::kube::obstacle::Obstacle;
use crate::model::kube::pod::Pod;
use crate::model::port_forward::ports::{PortError, RemotePort};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WorkloadPod {
    pub(crate) name: String,
    /// Distinguishes pods with the same name; empty if the role cannot read it.
    pub(crate) uid: String,
    /// With `get` or `list` on pods.
    pub(crate) object: Option<Box<Pod>>,
    /// With `get` on endpoints or `list` on endpointslices.
    pub(crate) endpoint: Option<Endpoint>,
}

/// A pod in the endpoints of a service: enough for port-forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) is_ready: bool,
    pub(crate) is_terminating: bool,
    /// The service's ports: names, and numbers in this pod.
    pub(crate) ports: Vec<(Option<String>, u16)>,
}

impl From<Pod> for WorkloadPod {
    fn from(pod: Pod) -> Self {
        let (name, uid) = (pod.metadata.name.clone(), pod.metadata.uid.clone());
        WorkloadPod { name, uid, object: Some(Box::new(pod)), endpoint: None }
    }
}

impl WorkloadPod {
    /// A pod of which only the name is known.
    pub(crate) fn unreadable(name: &str) -> Self {
        WorkloadPod { name: name.to_owned(), uid: String::new(), object: None, endpoint: None }
    }

    /// True if unknown.
    pub(crate) fn is_running(&self) -> bool {
        self.object.as_ref().is_none_or(|pod| pod.is_running())
    }

    pub(crate) fn is_ready(&self) -> bool {
        match (&self.object, &self.endpoint) {
            (Some(pod), _) => pod.is_ready(),
            (None, Some(endpoint)) => endpoint.is_ready,
            (None, None) => true,
        }
    }

    pub(crate) fn is_terminating(&self) -> bool {
        match (&self.object, &self.endpoint) {
            (Some(pod), _) => pod.is_terminating(),
            (None, endpoint) => endpoint.as_ref().is_some_and(|endpoint| endpoint.is_terminating),
        }
    }

    /// Whether the pod takes new connections.
    pub(crate) fn serves(&self) -> bool {
        self.is_running() && self.is_ready() && !self.is_terminating()
    }

    /// Why the pod does not serve, as far as known.
    pub(crate) fn obstacle(&self, namespace: &str) -> Option<Obstacle> {
        match &self.object {
            Some(pod) => pod.obstacle(namespace),
            None if self.is_terminating() => Some(Obstacle::being_deleted()),
            None if !self.is_ready() => Some(Obstacle::not_ready(&self.name, namespace)),
            None => None,
        }
    }

    /// Resolves a port by number or name.
    pub(crate) fn port(&self, asked: &RemotePort) -> Result<u16, PortError> {
        match (&self.object, asked) {
            (Some(pod), _) => pod.port(asked),
            (None, RemotePort::Number(number)) => Ok(*number),
            (None, RemotePort::Name(name)) => Err(PortError::Hidden(format!(
                "not allowed to get pod {:?}, so port {name:?} cannot be looked up; use its number",
                self.name
            ))),
        }
    }

    /// The number of a service's port in the endpoints.
    pub(crate) fn endpoint_port(&self, name: Option<&str>) -> Option<u16> {
        let ports = &self.endpoint.as_ref()?.ports;
        ports.iter().find(|(known, _)| known.as_deref() == name).map(|(_, number)| *number)
    }
}

/// The pod for new connections. As in kubectl, ready pods come first, then those that are ready for longest, with the
/// fewest restarts, and the oldest. Pods that are not ready or terminating come last; pods that do not run are never
/// chosen.
pub(crate) fn best(pods: Vec<WorkloadPod>) -> Option<WorkloadPod> {
    let running = pods.into_iter().filter(WorkloadPod::is_running);
    running.min_by_key(|pod| {
        let object = pod.object.as_deref();
        let ready_since = object.and_then(|pod| pod.condition("Ready")?.last_transition_time);
        (
            pod.is_terminating(),
            !pod.is_ready(),
            ready_since.unwrap_or(Timestamp::MAX),
            object.map_or(0, Pod::restarts),
            object.and_then(|pod| pod.metadata.creation_timestamp),
            pod.name.clone(),
        )
    })
}

/// The names of the pods without duplicates, those that serve first.
pub(crate) fn names(pods: &[WorkloadPod]) -> Vec<String> {
    let mut ranked: Vec<&WorkloadPod> = pods.iter().collect();
    ranked.sort_by_key(|pod| !pod.is_ready() || pod.is_terminating());
    let mut names: Vec<String> = Vec::new();
    for pod in ranked {
        if !names.contains(&pod.name) {
            names.push(pod.name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn endpoint(name: &str, is_ready: bool, is_terminating: bool) -> WorkloadPod {
        let endpoint = Some(Endpoint { is_ready, is_terminating, ports: Vec::new() });
        WorkloadPod { endpoint, ..WorkloadPod::unreadable(name) }
    }

    fn pod(name: &str, phase: &str, ready_since: i64, restarts: i64) -> WorkloadPod {
        let since = Timestamp::from_second(ready_since).expect("a time").to_string();
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": name, "uid": "1"},
            "status": {
                "phase": phase,
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}],
                "containerStatuses": [{"name": "app", "restartCount": restarts}],
            },
        }))
        .expect("a pod");
        pod.into()
    }

    fn best_name(pods: &[WorkloadPod]) -> Option<String> {
        best(pods.to_vec()).map(|pod| pod.name)
    }

    #[test]
    fn the_best_pod_is_ready_and_stays() {
        let (ending, unready) = (endpoint("a", true, true), endpoint("b", false, false));
        let (good, pending) = (pod("c", "Running", 1, 0), pod("d", "Pending", 1, 0));
        let all = [ending.clone(), unready.clone(), good, pending.clone()];
        assert_eq!(best_name(&all).as_deref(), Some("c"));
        assert_eq!(best_name(&[ending.clone(), unready]).as_deref(), Some("b"));
        assert_eq!(best_name(&[ending]).as_deref(), Some("a"));
        assert_eq!(best_name(&[pending]), None);
    }

    #[test]
    fn the_longest_ready_wins_then_the_fewest_restarts() {
        let running = |name, since, restarts| pod(name, "Running", since, restarts);
        assert_eq!(best_name(&[running("new", 20, 0), running("old", 10, 0)]).as_deref(), Some("old"));
        assert_eq!(best_name(&[running("shaky", 10, 3), running("steady", 10, 0)]).as_deref(), Some("steady"));
    }

    #[test]
    fn names_are_unique_and_serving_pods_come_first() {
        let pods = [("late", false), ("b", true), ("a", true), ("b", true)].map(|(name, is)| endpoint(name, is, false));
        assert_eq!(names(&pods), ["b", "a", "late"]);
    }

    #[test]
    fn an_unreadable_pod_resolves_numbers_only() {
        let pod = WorkloadPod::unreadable("web");
        assert!(pod.serves() && pod.obstacle("idp").is_none());
        assert_eq!(pod.port(&RemotePort::Number(80)), Ok(80));
        assert!(
            pod.port(&RemotePort::Name("http".into())).is_err_and(|why| why.to_string().contains("use its number"))
        );
        assert_eq!(endpoint("web", false, false).obstacle("idp").map(|it| it.what).as_deref(), Some("is not ready"));
    }
}
