//! Workloads and the pods they make.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{metadata, pod, uid};

/// The containers of a workload: one, with named ports and a server behind each.
///
/// `ports` is `[("http", 8080, "http"), …]`: the name, the number, and the server as [`App::parse`](crate::App::parse)
/// reads it.
pub fn template(application: &str, ports: &[(&str, u16, &str)]) -> Value {
    let servers: Vec<String> = ports.iter().map(|(_, number, app)| format!("{number}={app}")).collect();
    let shown: Vec<Value> = ports
        .iter()
        .map(|(name, number, _)| json!({"name": name, "containerPort": number, "protocol": "TCP"}))
        .collect();
    json!({"metadata": {"labels": {"app.kubernetes.io/name": application, "app": application},
            "annotations": {crate::PORTS: servers.join(",")}},
        "spec": {"containers": [{"name": application, "image": format!("example.com/{application}:1.0.0"), "ports": shown}]}})
}

/// A pod from a template, ready or not.
pub fn templated_pod(namespace: &str, name: &str, template: &Value, ready: bool) -> Value {
    let mut made = pod(namespace, name, "app", ready);
    made["metadata"]["labels"] = template["metadata"]["labels"].clone();
    if template["metadata"]["annotations"].is_object() {
        made["metadata"]["annotations"] = template["metadata"]["annotations"].clone();
    }
    let mut statuses = Vec::new();
    for container in template["spec"]["containers"].as_array().into_iter().flatten() {
        let mut status = made["status"]["containerStatuses"][0].clone();
        status["name"] = container["name"].clone();
        status["image"] = container["image"].clone();
        statuses.push(status);
    }
    made["status"]["containerStatuses"] = json!(statuses);
    made["spec"]["containers"] = template["spec"]["containers"].clone();
    for member in ["initContainers", "serviceAccount", "serviceAccountName", "volumes"] {
        if let Some(value) = template["spec"].get(member) {
            made["spec"][member] = value.clone();
        }
    }
    made
}

/// Marks a pod as ready or not.
pub fn set_ready(pod: &mut Value, ready: bool) {
    for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
        if condition["type"] == "Ready" || condition["type"] == "ContainersReady" {
            condition["status"] = json!(if ready { "True" } else { "False" });
        }
    }
    for status in pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
        status["ready"] = json!(ready);
    }
}

/// Marks the containers of a pod as being created, or as running.
pub fn set_running(pod: &mut Value, running: bool) {
    let state = if running {
        json!({"running": {"startedAt": pod["metadata"]["creationTimestamp"]}})
    } else {
        json!({"waiting": {"reason": "ContainerCreating"}})
    };
    pod["status"]["phase"] = json!(if running { "Running" } else { "Pending" });
    for status in pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
        status["state"] = state.clone();
        status["started"] = json!(running);
    }
}

fn owner(controller: &Value) -> Value {
    json!([{"apiVersion": controller["apiVersion"], "kind": controller["kind"], "name": controller["metadata"]["name"],
        "uid": controller["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}])
}

/// Sets the controller that owns an object.
pub fn owned(mut object: Value, controller: &Value) -> Value {
    object["metadata"]["ownerReferences"] = owner(controller);
    object
}

fn workload(version: &str, kind: &str, (namespace, name): (&str, &str), replicas: usize, template: &Value) -> Value {
    let mut metadata = metadata(kind, Some(namespace), name);
    metadata["labels"] = template["metadata"]["labels"].clone();
    metadata["generation"] = json!(1);
    json!({"apiVersion": version, "kind": kind, "metadata": metadata,
        "spec": {"replicas": replicas, "selector": {"matchLabels": template["metadata"]["labels"]}, "template": template},
        "status": {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas,
            "observedGeneration": 1}})
}

/// The hash of the template in a ReplicaSet's name.
fn template_hash(namespace: &str, name: &str, revision: u64) -> String {
    let digits = uid(&["template", namespace, name, &revision.to_string()]).replace('-', "");
    digits.chars().take(10).collect()
}

/// The ReplicaSet of a Deployment for a revision.
pub fn replica_set(deployment: &Value, revision: u64, replicas: usize) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (namespace, name) = (text(&deployment["metadata"]["namespace"]), text(&deployment["metadata"]["name"]));
    let hash = template_hash(&namespace, &name, revision);
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"]["pod-template-hash"] = json!(hash);
    let full = format!("{name}-{hash}");
    let mut made = workload("apps/v1", "ReplicaSet", (&namespace, &full), replicas, &template);
    made["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": revision.to_string()});
    owned(made, deployment)
}

/// The name of a ReplicaSet's pod, with a suffix of five letters.
pub fn pod_name(replica_set: &str, number: u64) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let digest = Sha256::digest(format!("{replica_set}/{number}"));
    let suffix: String =
        digest.iter().take(5).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
    format!("{replica_set}-{suffix}")
}

/// A Deployment with its first ReplicaSet and its pods, all ready.
pub fn deployment(namespace: &str, name: &str, replicas: usize, template: &Value) -> Vec<Value> {
    let mut made = workload("apps/v1", "Deployment", (namespace, name), replicas, template);
    made["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    made["spec"]["strategy"] =
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}});
    made["status"]["updatedReplicas"] = json!(replicas);
    let set = replica_set(&made, 1, replicas);
    let set_name = set["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let pods = (0..replicas as u64)
        .map(|number| templated_pod(namespace, &pod_name(&set_name, number), &set["spec"]["template"], true))
        .map(|pod| owned(pod, &set));
    let pods: Vec<Value> = pods.collect();
    [vec![made, set], pods].concat()
}

/// A StatefulSet with its pods `NAME-0` and on, all ready, under the headless service of the same name.
pub fn stateful_set(namespace: &str, name: &str, replicas: usize, template: &Value) -> Vec<Value> {
    let mut made = workload("apps/v1", "StatefulSet", (namespace, name), replicas, template);
    made["spec"]["serviceName"] = json!(name);
    made["spec"]["podManagementPolicy"] = json!("OrderedReady");
    let pods = (0..replicas).map(|number| stateful_pod(&made, number, true));
    let pods: Vec<Value> = pods.collect();
    [vec![made], pods].concat()
}

/// One pod of a StatefulSet.
pub fn stateful_pod(stateful_set: &Value, number: usize, ready: bool) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (namespace, name) = (text(&stateful_set["metadata"]["namespace"]), text(&stateful_set["metadata"]["name"]));
    let full = format!("{name}-{number}");
    let mut pod = templated_pod(&namespace, &full, &stateful_set["spec"]["template"], ready);
    pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = json!(full);
    pod["spec"]["hostname"] = json!(full);
    pod["spec"]["subdomain"] = stateful_set["spec"]["serviceName"].clone();
    owned(pod, stateful_set)
}

/// A Job with its one pod, which is still running.
pub fn job(namespace: &str, name: &str, template: &Value) -> Vec<Value> {
    let mut template = template.clone();
    template["metadata"]["labels"]["job-name"] = json!(name);
    template["metadata"]["labels"]["batch.kubernetes.io/job-name"] = json!(name);
    let mut made = workload("batch/v1", "Job", (namespace, name), 1, &template);
    made["spec"] = json!({"parallelism": 1, "completions": 1, "backoffLimit": 6, "template": template,
        "selector": {"matchLabels": {"batch.kubernetes.io/job-name": name}}});
    made["status"] = json!({"active": 1, "ready": 1, "startTime": made["metadata"]["creationTimestamp"]});
    let mut pod = templated_pod(namespace, &pod_name(name, 0), &template, true);
    pod["spec"]["restartPolicy"] = json!("Never");
    vec![made.clone(), owned(pod, &made)]
}
