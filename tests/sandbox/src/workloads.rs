//! The controllers and the kubelet: they start, end and replace pods in the background.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kube::endpoints::is_ready;
use crate::kube::store::Store;
use crate::objects;
use crate::state::Shared;

/// How a Deployment is rolled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// How long a new pod runs before it is ready.
    pub ready_after: Duration,
    /// How long an old pod terminates, and still serves.
    pub grace: Duration,
    /// Whether all old pods end before a new one is created.
    pub recreate: bool,
}

impl Default for Rollout {
    fn default() -> Rollout {
        Rollout { ready_after: Duration::from_millis(300), grace: Duration::from_secs(1), recreate: false }
    }
}

/// A namespace of a cluster, to work in.
#[derive(Clone)]
pub(crate) struct Workloads {
    pub(crate) shared: Arc<Shared>,
    pub(crate) cluster: String,
    pub(crate) namespace: String,
}

impl Workloads {
    /// Changes the cluster's objects, and updates the status of the workloads.
    pub(crate) fn with<Out>(&self, work: impl FnOnce(&mut Store, &str) -> Option<Out>) -> Option<Out> {
        let mut state = self.shared.state();
        let store = state.stores.get_mut(&self.cluster)?;
        let out = work(store, &self.namespace);
        refresh(store, &self.namespace);
        out
    }

    fn now(&self, later: Duration) -> String {
        let seconds = self.shared.clock.seconds() + i64::try_from(later.as_secs()).unwrap_or(0);
        jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
    }

    fn start_time(&self) -> Duration {
        self.setting(|settings| settings.pod_start_milliseconds)
    }

    fn ready_time(&self) -> Duration {
        self.setting(|settings| settings.pod_ready_milliseconds)
    }

    fn setting(&self, which: impl FnOnce(&crate::Settings) -> i64) -> Duration {
        Duration::from_millis(u64::try_from(which(&self.shared.state().world.settings)).unwrap_or(0))
    }

    /// Makes a pod ready, or not. False if there is no such pod.
    pub(crate) fn set_ready(&self, pod: &str, ready: bool) -> bool {
        self.change_pod(pod, None, |pod| objects::set_ready(pod, ready))
    }

    /// Sets what listens in a pod.
    pub(crate) fn listen(&self, pod: &str, ports: &str) -> bool {
        self.change_pod(pod, None, |pod| pod["metadata"]["annotations"][crate::apps::PORTS] = ports.into())
    }

    /// Changes a pod, if it still has this UID.
    pub(crate) fn change_pod(&self, name: &str, uid: Option<&Value>, change: impl FnOnce(&mut Value)) -> bool {
        let changed = self.with(|store, namespace| {
            let mut pod = store.get("Pod", Some(namespace), name)?.clone();
            if uid.is_some_and(|uid| *uid != pod["metadata"]["uid"]) {
                return None;
            }
            change(&mut pod);
            Some(store.apply(pod))
        });
        changed.is_some()
    }

    /// Deletes a pod: it terminates for a while, still serving, and is then gone; its controller creates another.
    /// False if there is no such pod.
    pub(crate) fn delete_pod(&self, name: &str, grace: Duration) -> bool {
        let Some(pod) = self.end(name, grace) else { return false };
        let this = self.clone();
        self.shared.runtime.spawn(async move {
            if pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet" {
                this.replace(&pod);
            }
        });
        true
    }

    /// Marks a pod as terminating, and removes it later.
    fn end(&self, name: &str, grace: Duration) -> Option<Value> {
        let deadline = self.now(grace);
        let mut going = None;
        self.change_pod(name, None, |pod| {
            pod["metadata"]["deletionTimestamp"] = json!(deadline);
            pod["metadata"]["deletionGracePeriodSeconds"] = json!(grace.as_secs());
            going = Some(pod.clone());
        });
        let pod = going?;
        let (this, gone) = (self.clone(), pod.clone());
        self.shared.runtime.spawn(async move {
            tokio::time::sleep(grace).await;
            let name = gone["metadata"]["name"].as_str().unwrap_or_default();
            this.with(|store, namespace| {
                let same = store.get("Pod", Some(namespace), name)?["metadata"]["uid"] == gone["metadata"]["uid"];
                same.then(|| store.delete("Pod", namespace, name))?
            });
            if gone["metadata"]["ownerReferences"][0]["kind"] == "StatefulSet" {
                this.replace(&gone);
            }
        });
        Some(pod)
    }

    /// What the controller of a pod does when it is gone.
    fn replace(&self, pod: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let owner = &pod["metadata"]["ownerReferences"][0];
        let (kind, owner) = (text(&owner["kind"]), text(&owner["name"]));
        let wanted = self.with(|store, namespace| {
            let controller = store.get(&kind, Some(namespace), &owner)?.clone();
            let replicas = replicas(&controller);
            let left = pods_of(store, namespace, &controller).len();
            Some((controller, replicas)).filter(|_| left < replicas)
        });
        let Some((controller, replicas)) = wanted else { return };
        if kind == "ReplicaSet" {
            self.start(self.new_pod(&controller), self.ready_time());
            return;
        }
        let number = pod["metadata"]["name"].as_str().and_then(|name| name.rsplit('-').next()?.parse().ok());
        if let Some(number) = number.filter(|number| *number < replicas) {
            self.start(objects::stateful_pod(&controller, number, false), self.ready_time());
        }
    }

    fn new_pod(&self, replica_set: &Value) -> Value {
        let name = replica_set["metadata"]["name"].as_str().unwrap_or_default();
        let number = self.with(|store, _| Some(store.version())).unwrap_or(0);
        let name = objects::pod_name(name, number);
        let pod = objects::templated_pod(&self.namespace, &name, &replica_set["spec"]["template"], false);
        objects::owned(pod, replica_set)
    }

    /// Creates a pod: pending, then running, then ready. The result completes when it is ready.
    fn start(&self, mut pod: Value, ready_after: Duration) -> tokio::sync::oneshot::Receiver<()> {
        let (done, ready) = tokio::sync::oneshot::channel();
        pod["metadata"]["uid"] = Value::Null;
        pod["metadata"]["creationTimestamp"] = json!(self.now(Duration::ZERO));
        objects::set_ready(&mut pod, false);
        objects::set_running(&mut pod, false);
        let address = pod["status"]["podIP"].take();
        if let Some(status) = pod["status"].as_object_mut() {
            status.remove("podIP");
        }
        let (this, starts) = (self.clone(), self.start_time());
        let Some(pod) = self.with(|store, _| Some(store.apply(pod))) else { return ready };
        self.shared.runtime.spawn(async move {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            let uid = Some(&pod["metadata"]["uid"]);
            tokio::time::sleep(starts).await;
            this.change_pod(name, uid, |pod| {
                pod["status"]["podIP"] = address;
                objects::set_running(pod, true);
            });
            tokio::time::sleep(ready_after).await;
            this.change_pod(name, uid, |pod| objects::set_ready(pod, true));
            let _ = done.send(());
        });
        ready
    }

    /// Rolls a Deployment out: a new ReplicaSet replaces the old pods one by one. False if there is none.
    pub(crate) fn roll_out(&self, name: &str, rollout: Rollout) -> bool {
        let sets = self.with(|store, namespace| {
            let mut deployment = store.get("Deployment", Some(namespace), name)?.clone();
            let revision = deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
            let revision = revision.and_then(|text| text.parse::<u64>().ok()).unwrap_or(1) + 1;
            deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!(revision.to_string());
            let generation = deployment["metadata"]["generation"].as_u64().unwrap_or(1) + 1;
            deployment["metadata"]["generation"] = json!(generation);
            deployment["status"]["observedGeneration"] = json!(generation);
            let deployment = store.apply(deployment);
            let old: Vec<Value> = owned_by(store, "ReplicaSet", namespace, &deployment);
            let new = store.apply(objects::replica_set(&deployment, revision, 0));
            Some((replicas(&deployment), old, new))
        });
        let Some((replicas, old, new)) = sets else { return false };
        let this = self.clone();
        self.shared.runtime.spawn(async move { this.exchange(replicas, &old, &new, rollout).await });
        true
    }

    async fn exchange(&self, replicas: usize, old: &[Value], new: &Value, rollout: Rollout) {
        let leaving = self.with(|store, namespace| {
            Some(old.iter().flat_map(|set| pods_of(store, namespace, set)).collect::<Vec<Value>>())
        });
        let mut leaving: Vec<String> = leaving
            .into_iter()
            .flatten()
            .map(|pod| pod["metadata"]["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        if rollout.recreate {
            self.set_replicas(old, 0);
            leaving.drain(..).for_each(|name| drop(self.end(&name, rollout.grace)));
            tokio::time::sleep(rollout.grace).await;
        }
        for count in 1..=replicas {
            self.set_replicas(std::slice::from_ref(new), count);
            let _ = self.start(self.new_pod(new), rollout.ready_after).await;
            self.set_replicas(old, replicas - count);
            if let Some(name) = leaving.pop() {
                self.end(&name, rollout.grace);
            }
        }
        self.set_replicas(old, 0);
        leaving.iter().for_each(|name| drop(self.end(name, rollout.grace)));
    }

    fn set_replicas(&self, sets: &[Value], count: usize) {
        self.with(|store, namespace| {
            for set in sets {
                let name = set["metadata"]["name"].as_str().unwrap_or_default();
                let mut set = store.get(set["kind"].as_str()?, Some(namespace), name)?.clone();
                set["spec"]["replicas"] = json!(count);
                store.apply(set);
            }
            Some(())
        });
    }

    /// Scales a Deployment or a StatefulSet. False if there is none with that name.
    pub(crate) fn scale(&self, kind: &str, name: &str, count: usize, grace: Duration) -> bool {
        let found = self.with(|store, namespace| {
            let mut workload = store.get(kind, Some(namespace), name)?.clone();
            workload["spec"]["replicas"] = json!(count);
            let workload = store.apply(workload);
            let newest = |sets: Vec<Value>| {
                let revision = |set: &Value| {
                    let text = set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
                    text.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
                };
                sets.into_iter().max_by_key(revision)
            };
            let controller = match kind {
                "Deployment" => newest(owned_by(store, "ReplicaSet", namespace, &workload))?,
                "StatefulSet" => workload,
                _ => return None,
            };
            let pods = pods_of(store, namespace, &controller);
            Some((controller, pods))
        });
        let Some((controller, pods)) = found else { return false };
        self.set_replicas(std::slice::from_ref(&controller), count);
        for pod in pods.iter().skip(count) {
            self.end(pod["metadata"]["name"].as_str().unwrap_or_default(), grace);
        }
        for number in pods.len()..count {
            let pod = match kind {
                "StatefulSet" => objects::stateful_pod(&controller, number, false),
                _ => self.new_pod(&controller),
            };
            self.start(pod, self.ready_time());
        }
        true
    }
}

fn replicas(workload: &Value) -> usize {
    workload["spec"]["replicas"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

fn owned_by(store: &Store, kind: &str, namespace: &str, owner: &Value) -> Vec<Value> {
    let uid = &owner["metadata"]["uid"];
    let all = store.of(kind, Some(namespace)).into_iter();
    all.filter(|object| object["metadata"]["ownerReferences"][0]["uid"] == *uid).cloned().collect()
}

/// The pods of a controller that are not terminating.
fn pods_of(store: &Store, namespace: &str, owner: &Value) -> Vec<Value> {
    let mut pods = owned_by(store, "Pod", namespace, owner);
    pods.retain(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    pods
}

/// Updates the replica counts of the workloads.
fn refresh(store: &mut Store, namespace: &str) {
    for kind in ["ReplicaSet", "StatefulSet", "Deployment"] {
        let all: Vec<Value> = store.of(kind, Some(namespace)).into_iter().cloned().collect();
        for mut workload in all {
            let sets = if kind == "Deployment" {
                owned_by(store, "ReplicaSet", namespace, &workload)
            } else {
                vec![workload.clone()]
            };
            let pods: Vec<Value> = sets.iter().flat_map(|set| pods_of(store, namespace, set)).collect();
            let ready = pods.iter().filter(|pod| is_ready(pod)).count();
            let before = workload["status"].clone();
            workload["status"]["replicas"] = json!(pods.len());
            workload["status"]["readyReplicas"] = json!(ready);
            workload["status"]["availableReplicas"] = json!(ready);
            if workload["status"] != before {
                store.apply(workload);
            }
        }
    }
}
