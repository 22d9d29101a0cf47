//! Kubernetes objects as the API spells them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::text::hex;

mod bootstrap;
mod identities;
mod showcase;
mod workloads;

pub(crate) use bootstrap::bootstrap;
pub use identities::{cron_job, identities, running_as, service_account_with_role};
pub use showcase::{headless, showcase, without_selector};
pub use workloads::{
    deployment, job, owned, pod_name, replica_set, set_ready, set_running, stateful_pod, stateful_set, template,
    templated_pod,
};

const CREATED: &str = "2026-10-05T08:12:44Z";

/// A stable UID, derived from what an object is.
pub fn uid(parts: &[&str]) -> String {
    let digits = hex(&Sha256::digest(parts.join("/")));
    format!("{}-{}-4{}-8{}-{}", &digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..32])
}

fn metadata(kind: &str, namespace: Option<&str>, name: &str) -> Value {
    let mut metadata = json!({"name": name});
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    metadata["uid"] = json!(uid(&[kind, namespace.unwrap_or_default(), name]));
    metadata["resourceVersion"] = json!("1");
    metadata["creationTimestamp"] = json!(CREATED);
    metadata
}

/// A namespace.
pub fn namespace(name: &str) -> Value {
    let mut metadata = metadata("Namespace", None, name);
    metadata["labels"] = json!({"kubernetes.io/metadata.name": name});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata,
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})
}

/// A ConfigMap.
pub fn config_map(namespace: &str, name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("ConfigMap", Some(namespace), name),
        "data": data})
}

/// A Role.
pub fn role(namespace: &str, name: &str, rules: Value) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": metadata("Role", Some(namespace), name), "rules": rules})
}

/// A RoleBinding of a group.
pub fn role_binding(namespace: &str, name: &str, (kind, role): (&str, &str), group: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": metadata("RoleBinding", Some(namespace), name),
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": group}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role}})
}

/// A ClusterRole.
pub fn cluster_role(name: &str, rules: Value) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": metadata("ClusterRole", None, name), "rules": rules})
}

/// A ClusterRoleBinding of a group.
pub fn cluster_role_binding(name: &str, role: &str, group: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": metadata("ClusterRoleBinding", None, name),
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": group}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}})
}

/// The usual pods and services of a namespace: a StatefulSet `web` with two pods, a worker, and an external database.
pub(crate) fn workload(namespace: &str) -> Vec<Value> {
    vec![
        pod(namespace, "web-0", "web", true),
        pod(namespace, "web-1", "web", true),
        pod(namespace, "worker-7d4b9c6f58-x2x9q", "worker", true),
        service(
            namespace,
            "web",
            "web",
            json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}]),
        ),
        service(
            namespace,
            "worker",
            "worker",
            json!([{"name": "metrics", "protocol": "TCP", "port": 9090, "targetPort": 8080}]),
        ),
        service_account(namespace, "default"),
    ]
}

/// A running pod of an application, ready or not.
pub fn pod(namespace: &str, name: &str, application: &str, ready: bool) -> Value {
    let mut metadata = metadata("Pod", Some(namespace), name);
    metadata["labels"] = json!({"app.kubernetes.io/name": application, "app": application});
    let address = pod_address(namespace, name);
    let ready_text = if ready { "True" } else { "False" };
    let conditions: Vec<Value> =
        ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
            .iter()
            .map(|kind| {
                let status = if kind.ends_with("Ready") { ready_text } else { "True" };
                json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": CREATED})
            })
            .collect();
    let image = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/{application}:1.4.2");
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {
            "containers": [{"name": application, "image": image, "imagePullPolicy": "IfNotPresent",
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}],
            "dnsPolicy": "ClusterFirst", "enableServiceLinks": true, "nodeName": "ip-10-20-31-7.eu-west-1.compute.internal",
            "restartPolicy": "Always", "schedulerName": "default-scheduler", "serviceAccount": "default",
            "serviceAccountName": "default", "terminationGracePeriodSeconds": 30},
        "status": {
            "phase": "Running", "conditions": conditions, "hostIP": "10.20.31.7", "podIP": address,
            "podIPs": [{"ip": address}], "qosClass": "Burstable", "startTime": CREATED,
            "containerStatuses": [{"name": application, "image": image, "imageID": format!("{image}@sha256:{}", hex(&Sha256::digest(application))),
                "containerID": format!("containerd://{}", hex(&Sha256::digest(name))), "ready": ready, "started": true,
                "restartCount": 0, "lastState": {}, "state": {"running": {"startedAt": CREATED}}}]}})
}

fn pod_address(namespace: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{namespace}/{name}"));
    format!("10.20.{}.{}", digest[0], digest[1].max(2))
}

/// A service that selects the pods of an application.
pub fn service(namespace: &str, name: &str, application: &str, ports: Value) -> Value {
    let digest = Sha256::digest(format!("{namespace}/{name}"));
    let address = format!("172.20.{}.{}", digest[0], digest[1].max(2));
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata("Service", Some(namespace), name),
        "spec": {"clusterIP": address, "clusterIPs": [address], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack", "ports": ports, "selector": {"app": application},
            "sessionAffinity": "None", "type": "ClusterIP"},
        "status": {"loadBalancer": {}}})
}

/// The endpoints of a service: these pods, on port 8080.
pub fn endpoints(namespace: &str, name: &str, pods: &[&str]) -> Value {
    let addresses: Vec<Value> = pods
        .iter()
        .map(|pod| {
            json!({"ip": pod_address(namespace, pod), "nodeName": "ip-10-20-31-7.eu-west-1.compute.internal",
                "targetRef": {"kind": "Pod", "namespace": namespace, "name": pod, "uid": uid(&["Pod", namespace, pod])}})
        })
        .collect();
    json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata("Endpoints", Some(namespace), name),
        "subsets": [{"addresses": addresses, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}]})
}

/// Endpoints with these subsets.
pub fn bare_endpoints(namespace: &str, name: &str, subsets: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata("Endpoints", Some(namespace), name),
        "subsets": subsets})
}

/// An EndpointSlice.
pub(crate) fn endpoint_slice(namespace: &str, name: &str, endpoints: Vec<Value>, ports: Vec<Value>) -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": metadata("EndpointSlice", Some(namespace), name), "endpoints": endpoints, "ports": ports})
}

/// A service account.
pub fn service_account(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("ServiceAccount", Some(namespace), name)})
}
