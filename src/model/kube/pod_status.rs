//! A pod's row in `kubectl get pods`, computed like `printPod` in `pkg/printers/internalversion/printers.go` of Kubernetes
//! 1.36.

use jiff::Timestamp;

use crate::model::elapsed::human;
use crate::model::kube::pod::{Container, ContainerState, ContainerStatus, Pod, Status};

/// A pod's row in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PodRow {
    pub(crate) name: String,
    /// Ready containers, including sidecars.
    pub(crate) ready: usize,
    /// All containers, including sidecars.
    pub(crate) containers: usize,
    /// `Running`, `CrashLoopBackOff`, `Init:0/1`, …
    pub(crate) status: String,
    /// Of the containers, or of the init containers while these run.
    pub(crate) restarts: i64,
    /// The last restart.
    pub(crate) restarted_at: Option<Timestamp>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) ip: Option<String>,
    pub(crate) node: Option<String>,
    /// `ReplicaSet/web-7d4`.
    pub(crate) owner: Option<String>,
}

impl PodRow {
    /// `2 (5m ago)`.
    pub(crate) fn restarts_cell(&self, now: Timestamp) -> String {
        match self.restarted_at.filter(|_| self.restarts > 0) {
            Some(at) => format!("{} ({} ago)", self.restarts, age(at, now)),
            None => self.restarts.to_string(),
        }
    }

    /// `5m`.
    pub(crate) fn age_cell(&self, now: Timestamp) -> String {
        self.created_at.map_or_else(|| "<unknown>".to_owned(), |at| age(at, now))
    }
}

fn age(at: Timestamp, now: Timestamp) -> String {
    human(now.duration_since(at).as_secs())
}

/// The totals of some containers.
#[derive(Default)]
struct Totals {
    restarts: i64,
    restarted_at: Option<Timestamp>,
    ready: usize,
}

impl Totals {
    fn count(&mut self, status: &ContainerStatus) {
        self.restarts = self.restarts.saturating_add(status.restart_count);
        let finished_at = status.last_state.terminated.as_ref().and_then(|ended| ended.finished_at);
        self.restarted_at = self.restarted_at.max(finished_at);
    }
}

pub(crate) fn row(pod: &Pod) -> PodRow {
    let status = &pod.status;
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar()).count();
    let mut reason = if status.reason.is_empty() { status.phase.clone() } else { status.reason.clone() };
    if status.conditions.iter().any(|found| found.kind == "PodScheduled" && found.reason == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut reason);
    }
    let (mut totals, sidecar_totals, initializing) = init_containers(pod, &mut reason);
    if !initializing || is_initialized(status) {
        totals = Totals {
            restarts: sidecar_totals.restarts,
            restarted_at: sidecar_totals.restarted_at,
            ready: totals.ready,
        };
        containers(status, &mut totals, &mut reason);
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if status.reason == "NodeLost" {
            "Unknown".clone_into(&mut reason);
        } else if !pod.is_over() {
            "Terminating".clone_into(&mut reason);
        }
    }
    PodRow {
        name: pod.metadata.name.clone(),
        ready: totals.ready,
        containers: pod.spec.containers.len() + sidecars,
        status: reason,
        restarts: totals.restarts,
        restarted_at: totals.restarted_at,
        created_at: pod.metadata.creation_timestamp,
        ip: Some(status.pod_ip.clone()).filter(|ip| !ip.is_empty()),
        node: Some(pod.spec.node_name.clone()).filter(|node| !node.is_empty()),
        owner: pod.owner().map(|(kind, name)| format!("{kind}/{name}")),
    }
}

/// Goes through the init containers up to the first that is not done. Returns the totals of all of them, the totals of the
/// sidecars, and whether one is not done.
fn init_containers(pod: &Pod, reason: &mut String) -> (Totals, Totals, bool) {
    let (mut totals, mut sidecars) = (Totals::default(), Totals::default());
    for (index, status) in pod.status.init_container_statuses.iter().enumerate() {
        let spec: Option<&Container> = pod.spec.init_containers.iter().find(|spec| spec.name == status.name);
        let is_sidecar = spec.is_some_and(Container::is_sidecar);
        totals.count(status);
        if is_sidecar {
            sidecars.count(status);
        }
        let state = &status.state;
        if state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0) {
            continue;
        }
        if is_sidecar && status.started == Some(true) {
            totals.ready += usize::from(status.ready);
            continue;
        }
        let waiting = state.waiting.as_ref().map(|waiting| waiting.reason.as_str());
        *reason = match (&state.terminated, waiting) {
            (Some(ended), _) if !ended.reason.is_empty() => format!("Init:{}", ended.reason),
            (Some(ended), _) if ended.signal != 0 => format!("Init:Signal:{}", ended.signal),
            (Some(ended), _) => format!("Init:ExitCode:{}", ended.exit_code),
            (None, Some(waiting)) if !waiting.is_empty() && waiting != "PodInitializing" => format!("Init:{waiting}"),
            _ => format!("Init:{index}/{}", pod.spec.init_containers.len()),
        };
        return (totals, sidecars, true);
    }
    (totals, sidecars, false)
}

/// Goes through the containers from the last to the first, so that the first one's problem is shown.
fn containers(status: &Status, totals: &mut Totals, reason: &mut String) {
    let mut has_running = false;
    let mut failed = None;
    for container in status.container_statuses.iter().rev() {
        totals.count(container);
        if let Some(shown) = problem(&container.state) {
            if container.state.terminated.as_ref().is_some_and(|ended| ended.exit_code != 0) {
                failed = Some(shown.clone());
            }
            *reason = shown;
        } else if container.ready && container.state.running.is_some() {
            has_running = true;
            totals.ready += 1;
        }
    }
    if *reason == "Completed" {
        *reason = match failed {
            _ if has_running && is_true(status, "Ready") => "Running".to_owned(),
            Some(failed) => failed,
            None if has_running => "NotReady".to_owned(),
            None => return,
        };
    }
}

fn problem(state: &ContainerState) -> Option<String> {
    match (&state.waiting, &state.terminated) {
        (Some(waiting), _) if !waiting.reason.is_empty() => Some(waiting.reason.clone()),
        (_, Some(ended)) if !ended.reason.is_empty() => Some(ended.reason.clone()),
        (_, Some(ended)) if ended.signal != 0 => Some(format!("Signal:{}", ended.signal)),
        (_, Some(ended)) => Some(format!("ExitCode:{}", ended.exit_code)),
        _ => None,
    }
}

fn is_initialized(status: &Status) -> bool {
    is_true(status, "Initialized")
}

fn is_true(status: &Status, condition: &str) -> bool {
    status.conditions.iter().any(|found| found.kind == condition && found.status == "True")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A pod of one container with this state, and whatever is given over it.
    fn shown(phase: &str, containers: Value, over: Value) -> PodRow {
        let names: Vec<Value> =
            containers.as_array().expect("a list").iter().map(|c| json!({"name": c["name"]})).collect();
        let mut pod = json!({
            "metadata": {"name": "web"},
            "spec": {"containers": names},
            "status": {"phase": phase, "containerStatuses": containers},
        });
        merge(&mut pod, over);
        row(&serde_json::from_value(pod).expect("a pod"))
    }

    fn merge(into: &mut Value, over: Value) {
        match (into, over) {
            (Value::Object(into), Value::Object(over)) => {
                for (key, value) in over {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
            (into, over) => *into = over,
        }
    }

    #[test]
    fn restarts_beyond_any_count_stay_the_largest() {
        let status = |name: &str| json!({"name": name, "restartCount": i64::MAX});
        assert_eq!(shown("Running", json!([status("a"), status("b")]), json!({})).restarts, i64::MAX);
    }

    fn container(state: Value) -> Value {
        let ready = state.get("running").is_some();
        json!([{"name": "app", "ready": ready, "restartCount": 0, "state": state}])
    }

    fn init(specs: Value, statuses: Value) -> Value {
        json!({"spec": {"initContainers": specs}, "status": {"initContainerStatuses": statuses}})
    }

    #[test]
    fn the_status_of_plain_pods_is_that_of_kubectl() {
        let deleted = json!({"metadata": {"deletionTimestamp": "2026-11-22T00:00:00Z"}});
        let lost = json!({"metadata": {"deletionTimestamp": "2026-11-22T00:00:00Z"}, "status": {"reason": "NodeLost"}});
        for (phase, state, over, status, ready) in [
            ("Running", json!({"running": {}}), json!({}), "Running", 1),
            ("Pending", json!({"waiting": {"reason": "ContainerCreating"}}), json!({}), "ContainerCreating", 0),
            ("Running", json!({"waiting": {"reason": "CrashLoopBackOff"}}), json!({}), "CrashLoopBackOff", 0),
            ("Pending", json!({"waiting": {"reason": "ImagePullBackOff"}}), json!({}), "ImagePullBackOff", 0),
            ("Pending", json!({"waiting": {"reason": "PodInitializing"}}), json!({}), "PodInitializing", 0),
            ("Pending", json!({"waiting": {}}), json!({}), "Pending", 0),
            ("Succeeded", json!({"terminated": {"reason": "Completed", "exitCode": 0}}), json!({}), "Completed", 0),
            ("Failed", json!({"terminated": {"reason": "OOMKilled", "exitCode": 137}}), json!({}), "OOMKilled", 0),
            ("Failed", json!({"terminated": {"exitCode": 3}}), json!({}), "ExitCode:3", 0),
            ("Failed", json!({"terminated": {"signal": 9, "exitCode": 137}}), json!({}), "Signal:9", 0),
            ("Running", json!({"running": {}}), deleted.clone(), "Terminating", 1),
            ("Running", json!({"running": {}}), lost, "Unknown", 1),
            ("Failed", json!({}), json!({"status": {"reason": "Evicted"}}), "Evicted", 0),
            // Since 1.33 a finished pod that waits for a finalizer shows how it finished.
            ("Succeeded", json!({"terminated": {"reason": "Completed", "exitCode": 0}}), deleted, "Completed", 0),
        ] {
            let row = shown(phase, container(state.clone()), over);
            assert_eq!((row.status.as_str(), row.ready, row.containers), (status, ready, 1), "{phase} {state}");
        }
        let gated = json!({"status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}});
        assert_eq!(shown("Pending", json!([]), gated).status, "SchedulingGated");
    }

    #[test]
    fn a_pod_with_a_finished_and_a_running_container() {
        let two = json!([
            {"name": "a", "ready": true, "state": {"running": {}}},
            {"name": "b", "ready": false, "state": {"terminated": {"reason": "Completed", "exitCode": 0}}},
        ]);
        let row = shown("Running", two.clone(), json!({}));
        assert_eq!((row.status.as_str(), row.ready, row.containers), ("NotReady", 1, 2));
        let ready = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        assert_eq!(shown("Running", two, ready).status, "Running");
        let failed = json!([
            {"name": "a", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}},
            {"name": "b", "state": {"terminated": {"reason": "Error", "exitCode": 1}}},
        ]);
        assert_eq!(shown("Failed", failed, json!({})).status, "Error");
        // The first container's trouble is shown.
        let troubled = json!([
            {"name": "a", "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
            {"name": "b", "state": {"waiting": {"reason": "ImagePullBackOff"}}},
        ]);
        assert_eq!(shown("Running", troubled, json!({})).status, "CrashLoopBackOff");
    }

    #[test]
    fn init_containers_show_how_far_they_are() {
        let waiting = container(json!({"waiting": {"reason": "PodInitializing"}}));
        let specs = json!([{"name": "one"}, {"name": "two"}]);
        let done = json!({"name": "one", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}});
        for (statuses, status) in [
            (json!([{"name": "one", "state": {"running": {}}}]), "Init:0/2"),
            (json!([{"name": "one", "state": {"waiting": {"reason": "PodInitializing"}}}]), "Init:0/2"),
            (json!([done, {"name": "two", "state": {"running": {}}}]), "Init:1/2"),
            (json!([{"name": "one", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]), "Init:Error"),
            (json!([{"name": "one", "state": {"terminated": {"exitCode": 7}}}]), "Init:ExitCode:7"),
            (json!([{"name": "one", "state": {"terminated": {"exitCode": 137, "signal": 9}}}]), "Init:Signal:9"),
            (json!([{"name": "one", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]), "Init:CrashLoopBackOff"),
            (json!([done, {"name": "two", "state": {"terminated": {"exitCode": 0}}}]), "PodInitializing"),
        ] {
            let row = shown("Pending", waiting.clone(), init(specs.clone(), statuses.clone()));
            assert_eq!(row.status, status, "{statuses}");
        }
    }

    #[test]
    fn sidecars_count_as_containers_and_keep_their_restarts() {
        let running = json!([{"name": "app", "ready": true, "restartCount": 2, "state": {"running": {}}}]);
        let specs = json!([{"name": "setup"}, {"name": "mesh", "restartPolicy": "Always"}]);
        let mesh = json!({"name": "mesh", "ready": true, "started": true, "restartCount": 1, "state": {"running": {}},
            "lastState": {"terminated": {"finishedAt": "2026-11-22T00:00:00Z"}}});
        let setup = json!({"name": "setup", "restartCount": 5, "state": {"terminated": {"exitCode": 0}}});
        let row = shown("Running", running.clone(), init(specs.clone(), json!([setup, mesh])));
        assert_eq!((row.status.as_str(), row.ready, row.containers, row.restarts), ("Running", 2, 2, 3));
        assert!(row.restarted_at.is_some());
        // A sidecar that has not started holds the pod up.
        let unstarted = json!({"name": "mesh", "started": false, "state": {"running": {}}});
        let row = shown(
            "Pending",
            container(json!({"waiting": {"reason": "PodInitializing"}})),
            init(specs, json!([setup, unstarted])),
        );
        assert_eq!((row.status.as_str(), row.restarts), ("Init:1/2", 5));
    }

    #[test]
    fn restarts_say_how_long_ago() {
        let crashed = json!([{"name": "app", "restartCount": 3, "state": {"running": {}},
            "lastState": {"terminated": {"finishedAt": "2026-11-22T00:00:00Z"}}}]);
        let row = shown("Running", crashed, json!({"metadata": {"creationTimestamp": "2026-11-21T00:05:00Z"}}));
        let now: Timestamp = "2026-11-22T00:05:00Z".parse().expect("a time");
        assert_eq!((row.restarts_cell(now).as_str(), row.age_cell(now).as_str()), ("3 (5m ago)", "24h"));
        assert_eq!(shown("Running", json!([]), json!({})).age_cell(now), "<unknown>");
    }

    #[test]
    fn the_controller_is_the_owner() {
        let owners = json!({"metadata": {"ownerReferences": [
            {"kind": "Other", "name": "x"}, {"kind": "ReplicaSet", "name": "web-7d4", "controller": true}]}});
        assert_eq!(shown("Running", json!([]), owners).owner.as_deref(), Some("ReplicaSet/web-7d4"));
    }
}
