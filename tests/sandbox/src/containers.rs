//! Containers and their runs: which run a log belongs to, and how they end and restart.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::logs::RunId;
use crate::objects;
use crate::state::Shared;
use crate::text::hex;
use crate::workloads::Workloads;

/// A container's status, for every sort of container.
pub(crate) fn status<'pod>(pod: &'pod Value, container: &str) -> Option<&'pod Value> {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let mut all = lists.iter().flat_map(|list| pod["status"][list].as_array()).flatten();
    all.find(|status| status["name"] == container)
}

/// The container's current run, or the last one while it waits to restart.
pub(crate) fn run(cluster: &str, pod: &Value, container: &str) -> RunId {
    let number = status(pod, container).and_then(|status| status["restartCount"].as_u64()).unwrap_or(0);
    let uid = pod["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    RunId { cluster: cluster.to_owned(), uid, container: container.to_owned(), number }
}

/// The run of `lastState`. While a container waits, that is its last run.
pub(crate) fn previous_run(cluster: &str, pod: &Value, container: &str) -> Option<RunId> {
    let run = run(cluster, pod, container);
    let waits = status(pod, container)?["state"]["waiting"].is_object();
    let number = if waits { run.number } else { run.number.checked_sub(1)? };
    Some(RunId { number, ..run })
}

/// Writes the first line of a run, `web-0 starts`, unless it is there.
pub(crate) fn begin(shared: &Shared, pod: &Value, run: &RunId) {
    let time = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    let started = status(pod, &run.container).and_then(|status| {
        let [now, last] = [&status["state"], &status["lastState"]];
        [&now["running"], &now["terminated"], &last["terminated"]].iter().find_map(|it| time(&it["startedAt"]))
    });
    let at = started.or_else(|| time(&pod["metadata"]["creationTimestamp"])).unwrap_or(Timestamp::UNIX_EPOCH);
    shared.logs.begin(run, at, &first_line(pod));
}

fn first_line(pod: &Value) -> String {
    format!("{} starts", pod["metadata"]["name"].as_str().unwrap_or_default())
}

/// Where a process in a container writes its log.
#[derive(Clone)]
pub(crate) struct Pen {
    shared: Arc<Shared>,
    run: RunId,
}

impl Pen {
    /// The log writer of a pod's first container.
    pub(crate) fn of(shared: &Arc<Shared>, cluster: &str, pod: &Value) -> Pen {
        let first = pod["spec"]["containers"][0]["name"].as_str().unwrap_or_default();
        let run = run(cluster, pod, first);
        begin(shared, pod, &run);
        Pen { shared: Arc::clone(shared), run }
    }

    /// Writes a line.
    pub(crate) fn line(&self, line: &str) {
        self.shared.logs.write(&self.run, now(&self.shared), format!("{line}\n").as_bytes());
    }
}

/// The sandbox's time.
pub(crate) fn now(shared: &Shared) -> Timestamp {
    Timestamp::from_millisecond(shared.clock.milliseconds()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Which container of a namespace; an empty name is the pod's first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which<'name> {
    pub(crate) pod: &'name str,
    pub(crate) container: &'name str,
}

impl Workloads {
    /// Changes a container's run. False if there is no such container.
    fn with_run(&self, which: Which<'_>, work: impl FnOnce(&RunId, &Value)) -> bool {
        let found = self.with(|store, namespace| {
            let pod = store.get("Pod", Some(namespace), which.pod)?.clone();
            let first = pod["spec"]["containers"][0]["name"].as_str()?.to_owned();
            let name = if which.container.is_empty() { first } else { which.container.to_owned() };
            status(&pod, &name)?;
            Some((run(&self.cluster, &pod, &name), pod))
        });
        found.map(|(run, pod)| work(&run, &pod)).is_some()
    }

    /// Writes to a container's log. False if there is no such container.
    pub(crate) fn write_log(&self, which: Which<'_>, at: Option<Timestamp>, text: &[u8]) -> bool {
        self.with_run(which, |run, pod| {
            begin(&self.shared, pod, run);
            self.shared.logs.write(run, at.unwrap_or_else(|| now(&self.shared)), text);
        })
    }

    /// Ends a container, and its pod if nothing will restart. False if there is no such container.
    pub(crate) fn end_container(&self, which: Which<'_>, exit_code: i64) -> bool {
        let finished = now(&self.shared).strftime("%FT%TZ").to_string();
        self.with_run(which, |run, pod| {
            begin(&self.shared, pod, run);
            self.change_container(which.pod, &run.container, |status| {
                let reason = if exit_code == 0 { "Completed" } else { "Error" };
                let (id, started) = (status["containerID"].clone(), status["state"]["running"]["startedAt"].clone());
                status["state"] = json!({"terminated": {"exitCode": exit_code, "reason": reason, "containerID": id,
                    "startedAt": started, "finishedAt": finished}});
                status["ready"] = json!(false);
                status["started"] = json!(false);
            });
            // The kubelet tells the API server first, and then ends the followers' streams.
            self.shared.logs.end(run);
        })
    }

    /// Lets an ended container wait for its restart. False if there is no such container.
    pub(crate) fn back_off(&self, which: Which<'_>) -> bool {
        self.with_run(which, |run, _| {
            self.change_container(which.pod, &run.container, |status| {
                status["lastState"] = status["state"].take();
                status["state"] = json!({"waiting": {"reason": "CrashLoopBackOff"}});
            });
        })
    }

    /// Restarts an ended container. False if there is no such container.
    pub(crate) fn start_again(&self, which: Which<'_>) -> bool {
        let at = now(&self.shared);
        let started = at.strftime("%FT%TZ").to_string();
        self.with_run(which, |run, pod| {
            self.shared.logs.begin(&RunId { number: run.number + 1, ..run.clone() }, at, &first_line(pod));
            let digits = objects::uid(&[&run.uid, &run.container, &(run.number + 1).to_string()]);
            self.change_container(which.pod, &run.container, |status| {
                if status["state"]["terminated"].is_object() {
                    status["lastState"] = status["state"].take();
                }
                status["state"] = json!({"running": {"startedAt": started}});
                status["restartCount"] = json!(run.number + 1);
                status["containerID"] = json!(format!("containerd://{}", hex(digits.as_bytes())));
                status["ready"] = json!(true);
                status["started"] = json!(true);
            });
        })
    }

    fn change_container(&self, pod: &str, container: &str, change: impl FnOnce(&mut Value)) {
        self.change_pod(pod, None, |pod| {
            let lists = ["containerStatuses", "initContainerStatuses"];
            let list = lists.iter().find(|list| {
                pod["status"][**list].as_array().into_iter().flatten().any(|status| status["name"] == container)
            });
            let Some(statuses) = list.and_then(|list| pod["status"][*list].as_array_mut()) else { return };
            if let Some(status) = statuses.iter_mut().find(|status| status["name"] == container) {
                change(status);
            }
            settle(pod);
        });
    }
}

/// Updates the pod: it has ended when all containers have ended for good, and is ready while all of them are.
fn settle(pod: &mut Value) {
    let statuses = pod["status"]["containerStatuses"].as_array().cloned().unwrap_or_default();
    let codes: Vec<Option<i64>> =
        statuses.iter().map(|status| status["state"]["terminated"]["exitCode"].as_i64()).collect();
    let over = |code: &Option<i64>| match pod["spec"]["restartPolicy"].as_str() {
        Some("Never") => code.is_some(),
        Some("OnFailure") => *code == Some(0),
        _ => false,
    };
    if !codes.is_empty() && codes.iter().all(over) {
        let good = codes.iter().all(|code| *code == Some(0));
        pod["status"]["phase"] = json!(if good { "Succeeded" } else { "Failed" });
    }
    let ready = statuses.iter().all(|status| status["ready"] == true);
    for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
        if condition["type"] == "Ready" || condition["type"] == "ContainersReady" {
            condition["status"] = json!(if ready { "True" } else { "False" });
        }
    }
}
