//! Controls of a cluster: its pods, and the connections to them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::control::Control;
use crate::kube::store::SelfReview;
use crate::traffic::Traffic;
use crate::workloads::{Rollout, Workloads};

impl Control {
    fn workloads(&self, cluster: &str, namespace: &str) -> Workloads {
        Workloads { shared: self.shared(), cluster: cluster.to_owned(), namespace: namespace.to_owned() }
    }

    /// A bearer token for a cluster, as `aws eks get-token` makes it, with new credentials of a permission set. None if
    /// there is no such cluster.
    pub fn token(&self, cluster: &str, account: &str, permission_set: &str) -> Option<String> {
        let shared = self.shared();
        let clusters = shared.state().world.clusters.clone();
        let found = clusters.into_iter().find(|candidate| candidate.name == cluster)?;
        let credentials = shared.mint(account, permission_set);
        Some(crate::kube::token::token(&credentials, cluster, &found.region, shared.clock.seconds()))
    }

    /// The username that a cluster gives to the bearer of a token.
    ///
    /// # Errors
    /// Why the cluster answers 401.
    pub fn user_of(&self, cluster: &str, token: &str) -> Result<String, String> {
        let shared = self.shared();
        let state = shared.state();
        crate::kube::user_of(&state, cluster, shared.clock.seconds(), token)
    }

    /// Deletes a pod as `kubectl delete pod` does: it terminates for this long, still serving, and is then gone, with
    /// the connections to it; a ReplicaSet or a StatefulSet replaces it. False if there is no such pod.
    pub fn delete_pod(&self, cluster: &str, namespace: &str, pod: &str, grace: Duration) -> bool {
        self.workloads(cluster, namespace).delete_pod(pod, grace)
    }

    /// Makes a pod ready or not. False if there is no such pod.
    pub fn set_pod_ready(&self, cluster: &str, namespace: &str, pod: &str, ready: bool) -> bool {
        self.workloads(cluster, namespace).set_ready(pod, ready)
    }

    /// Sets what listens on the ports of a pod, in the form of its annotation: `8080=http,9000=echo`. Open connections
    /// stay. False if there is no such pod.
    pub fn listen(&self, cluster: &str, namespace: &str, pod: &str, ports: &str) -> bool {
        self.workloads(cluster, namespace).listen(pod, ports)
    }

    /// Rolls a Deployment out; returns at once. False if there is no such Deployment.
    pub fn roll_out(&self, cluster: &str, namespace: &str, deployment: &str, rollout: Rollout) -> bool {
        self.workloads(cluster, namespace).roll_out(deployment, rollout)
    }

    /// Scales a `Deployment` or a `StatefulSet`; surplus pods terminate for this long. False if there is none.
    pub fn scale(
        &self,
        cluster: &str,
        namespace: &str,
        (kind, name): (&str, &str),
        replicas: usize,
        grace: Duration,
    ) -> bool {
        self.workloads(cluster, namespace).scale(kind, name, replicas, grace)
    }

    /// Restarts the API server of a cluster: until it has read its roles, it denies everything, and says that it is
    /// not ready. Or lets it be ready again. False if there is no such cluster.
    pub fn set_roles_read(&self, cluster: &str, read: bool) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        state.stores.get_mut(cluster).map(|store| store.set_knows_roles(read)).is_some()
    }

    /// Sets what a cluster does with a `SelfSubjectReview`. False if there is no such cluster.
    pub fn set_self_review(&self, cluster: &str, review: SelfReview) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        state.stores.get_mut(cluster).map(|store| store.set_self_review(review)).is_some()
    }

    /// Deletes a namespace with everything in it. False if there is none.
    pub fn delete_namespace(&self, cluster: &str, namespace: &str) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        state.stores.get_mut(cluster).is_some_and(|store| store.delete_namespace(namespace))
    }

    /// Lets a namespace be terminating, as one whose finalizers do not end: its objects stay, and nothing new is made in
    /// it. Or lets it be active again. False if there is none.
    pub fn set_namespace_terminating(&self, cluster: &str, namespace: &str, terminating: bool) -> bool {
        let shared = self.shared();
        let now = crate::clock::format(shared.clock.seconds(), "%Y-%m-%dT%H:%M:%SZ");
        let mut state = shared.state();
        let Some(store) = state.stores.get_mut(cluster) else { return false };
        let Some(mut object) = store.get("Namespace", None, namespace).cloned() else { return false };
        object["status"]["phase"] = json!(if terminating { "Terminating" } else { "Active" });
        if terminating {
            object["metadata"]["deletionTimestamp"] = json!(now);
        } else {
            object["metadata"].as_object_mut().and_then(|metadata| metadata.shift_remove("deletionTimestamp"));
        }
        store.apply(object);
        true
    }

    /// A copy of an object, as it is now (an empty namespace for what belongs to the cluster).
    pub fn object(&self, cluster: &str, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let shared = self.shared();
        let state = shared.state();
        state.stores.get(cluster)?.get(kind, Some(namespace), name).cloned()
    }

    /// What was forwarded so far.
    pub fn traffic(&self) -> Traffic {
        self.shared().forwarding.traffic()
    }

    /// Cuts all port-forward connections, as an API server that is killed does.
    pub fn cut_forwards(&self) {
        self.shared().forwarding.cut();
    }

    /// Freezes all port-forward connections, or resumes them: nothing is read or answered, yet all stay open, as after
    /// a network failure.
    pub fn freeze_forwards(&self, frozen: bool) {
        self.shared().forwarding.freeze(frozen);
    }
}

/// The same controls over HTTP: what is posted to `/_control/cluster/<name>/<verb>` and `/_control/forwards/<verb>`.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/cluster/<name>/delete-pod",
        "{\"namespace\", \"pod\", \"grace_ms\"?} terminating for a while, then gone, then replaced by its controller",
    ),
    ("POST /_control/cluster/<name>/token", "{\"account\", \"permission_set\"} a bearer token, as aws eks get-token"),
    ("POST /_control/cluster/<name>/ready", "{\"namespace\", \"pod\", \"ready\": bool}"),
    ("POST /_control/cluster/<name>/listen", "{\"namespace\", \"pod\", \"ports\": \"8080=http,9000=echo\"}"),
    (
        "POST /_control/cluster/<name>/rollout",
        "{\"namespace\", \"deployment\", \"ready_after_ms\"?, \"grace_ms\"?, \"recreate\"?: bool} new ReplicaSet, new pods",
    ),
    (
        "POST /_control/cluster/<name>/scale",
        "{\"namespace\", \"kind\": Deployment|StatefulSet, \"name\", \"replicas\", \"grace_ms\"?}",
    ),
    ("POST /_control/cluster/<name>/roles", "{\"read\": bool} false: the API server starts, and refuses everybody"),
    ("POST /_control/cluster/<name>/self-review", "{\"kind\": fine|forbidden|absent} what kubectl auth whoami gets"),
    ("POST /_control/cluster/<name>/delete-namespace", "{\"namespace\"} with everything in it"),
    (
        "POST /_control/cluster/<name>/terminating",
        "{\"namespace\", \"on\"?: bool} its objects stay, and nothing new is made in it",
    ),
    ("POST /_control/cluster/<name>/showcase", "{\"namespace\"} one of each kind of service, workload and server"),
    ("GET /_control/forwards", "what was forwarded: sessions by transport, and connections and bytes by pod and port"),
    ("POST /_control/forwards/cut", "cut every forwarding connection"),
    ("POST /_control/forwards/freeze", "{\"on\"?: bool} nothing is read or answered on them any more"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let time = |name: &str, or: u64| Duration::from_millis(input[name].as_u64().unwrap_or(or));
    let namespace = text("namespace");
    let done = match path {
        ["cluster", cluster, "delete-pod"] => {
            control.delete_pod(cluster, &namespace, &text("pod"), time("grace_ms", 1000))
        }
        ["cluster", cluster, "token"] => {
            let token = control.token(cluster, &text("account"), &text("permission_set"));
            return Some(
                token.map(|token| json!({"token": token})).ok_or_else(|| "there is no such cluster".to_owned()),
            );
        }
        ["cluster", cluster, "ready"] => {
            control.set_pod_ready(cluster, &namespace, &text("pod"), input["ready"].as_bool().unwrap_or(true))
        }
        ["cluster", cluster, "listen"] => control.listen(cluster, &namespace, &text("pod"), &text("ports")),
        ["cluster", cluster, "rollout"] => {
            let usual = Rollout::default();
            let rollout = Rollout {
                ready_after: time("ready_after_ms", usual.ready_after.as_millis() as u64),
                grace: time("grace_ms", usual.grace.as_millis() as u64),
                recreate: input["recreate"].as_bool().unwrap_or(false),
            };
            control.roll_out(cluster, &namespace, &text("deployment"), rollout)
        }
        ["cluster", cluster, "scale"] => {
            let Some(replicas) = input["replicas"].as_u64().and_then(|count| usize::try_from(count).ok()) else {
                return Some(Err("replicas is missing".to_owned()));
            };
            let (kind, name) = (text("kind"), text("name"));
            control.scale(cluster, &namespace, (&kind, &name), replicas, time("grace_ms", 1000))
        }
        ["cluster", cluster, "roles"] => control.set_roles_read(cluster, input["read"].as_bool().unwrap_or(true)),
        ["cluster", cluster, "self-review"] => {
            let review = match text("kind").as_str() {
                "fine" => SelfReview::Fine,
                "forbidden" => SelfReview::Forbidden,
                "absent" => SelfReview::Absent,
                other => return Some(Err(format!("there is no self-review of the kind '{other}'"))),
            };
            control.set_self_review(cluster, review)
        }
        ["cluster", cluster, "delete-namespace"] => control.delete_namespace(cluster, &namespace),
        ["cluster", cluster, "terminating"] => {
            control.set_namespace_terminating(cluster, &namespace, input["on"].as_bool().unwrap_or(true))
        }
        ["cluster", cluster, "showcase"] => {
            let objects = crate::objects::showcase(&namespace);
            objects.into_iter().all(|object| control.apply(cluster, object))
        }
        ["forwards", "cut"] => {
            control.cut_forwards();
            true
        }
        ["forwards", "freeze"] => {
            control.freeze_forwards(input["on"].as_bool().unwrap_or(true));
            true
        }
        _ => return None,
    };
    Some(if done { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}
