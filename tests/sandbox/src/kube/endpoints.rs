//! The endpoint controllers: they derive the Endpoints and EndpointSlices of services from the pods.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::objects;

/// None for a pod that has no address, or has ended.
fn counts(pod: &Value) -> bool {
    let phase = pod["status"]["phase"].as_str().unwrap_or_default();
    pod["status"]["podIP"].is_string() && phase != "Succeeded" && phase != "Failed"
}

/// Whether a pod is ready.
pub(crate) fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// Whether a selector selects a pod. An empty one selects nothing.
pub(crate) fn selects(selector: &Value, pod: &Value) -> bool {
    let labels = &pod["metadata"]["labels"];
    selector
        .as_object()
        .is_some_and(|selector| !selector.is_empty() && selector.iter().all(|(name, value)| labels[name] == *value))
}

/// The ports of a service for a pod, with names resolved by its containers.
fn ports(service: &Value, pod: &Value) -> Vec<Value> {
    let containers = || pod["spec"]["containers"].as_array().into_iter().flatten();
    let named = |name: &str, protocol: &str| {
        containers().flat_map(|container| container["ports"].as_array()).flatten().find_map(|port| {
            let same = port["protocol"].as_str().unwrap_or("TCP") == protocol;
            (port["name"] == name && same).then(|| port["containerPort"].clone())
        })
    };
    let resolve = |port: &Value| {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        let number = match &port["targetPort"] {
            Value::String(name) => named(name, protocol)?,
            Value::Number(number) if number.as_u64() != Some(0) => json!(number),
            _ => port["port"].clone(),
        };
        let mut shown = json!({"port": number, "protocol": protocol});
        if let Some(name) = port["name"].as_str() {
            shown["name"] = json!(name);
        }
        Some(shown)
    };
    service["spec"]["ports"].as_array().into_iter().flatten().filter_map(resolve).collect()
}

fn target(pod: &Value) -> Value {
    let metadata = &pod["metadata"];
    json!({"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]})
}

/// Ports, with the pods that serve on exactly these.
type Groups<'pods> = BTreeMap<String, (Vec<Value>, Vec<&'pods Value>)>;

fn groups<'pods>(service: &Value, pods: &[&'pods Value]) -> Groups<'pods> {
    let mut groups = Groups::new();
    for pod in pods.iter().filter(|pod| counts(pod) && selects(&service["spec"]["selector"], pod)) {
        let ports = ports(service, pod);
        let group = groups.entry(json!(ports).to_string()).or_insert_with(|| (ports, Vec::new()));
        group.1.push(pod);
    }
    groups
}

/// The Endpoints of a service with a selector: its pods, ready or not, without those that are terminating.
pub(crate) fn endpoints(service: &Value, pods: &[&Value]) -> Value {
    let publishes = service["spec"]["publishNotReadyAddresses"] == true;
    let mut subsets = Vec::new();
    for (ports, pods) in groups(service, pods).into_values() {
        let mut subset = json!({});
        for (list, ready) in [("addresses", true), ("notReadyAddresses", false)] {
            let chosen = pods.iter().filter(|pod| publishes || pod["metadata"]["deletionTimestamp"].is_null());
            let addresses: Vec<Value> = chosen
                .filter(|pod| (publishes || is_ready(pod)) == ready)
                .map(|pod| {
                    let mut address = json!({"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"],
                        "targetRef": target(pod)});
                    if pod["spec"]["subdomain"] == service["metadata"]["name"] && pod["spec"]["hostname"].is_string() {
                        address["hostname"] = pod["spec"]["hostname"].clone();
                    }
                    address
                })
                .collect();
            if !addresses.is_empty() {
                subset[list] = json!(addresses);
            }
        }
        if subset.as_object().is_some_and(|subset| !subset.is_empty()) {
            if !ports.is_empty() {
                subset["ports"] = json!(ports);
            }
            subsets.push(subset);
        }
    }
    let (namespace, name) = place(service);
    let mut made = objects::bare_endpoints(namespace, name, subsets);
    made["metadata"]["labels"] = json!({"endpoints.kubernetes.io/managed-by": "endpoint-controller"});
    made
}

fn place(object: &Value) -> (&str, &str) {
    (
        object["metadata"]["namespace"].as_str().unwrap_or_default(),
        object["metadata"]["name"].as_str().unwrap_or_default(),
    )
}

/// The slices of a service with a selector: all its pods, with their conditions.
pub(crate) fn slices(service: &Value, pods: &[&Value]) -> Vec<Value> {
    let publishes = service["spec"]["publishNotReadyAddresses"] == true;
    let mut groups: Vec<(Vec<Value>, Vec<&Value>)> = groups(service, pods).into_values().collect();
    if groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let made = groups.into_iter().enumerate().map(|(index, (ports, pods))| {
        let endpoints = pods.iter().map(|pod| {
            let (serving, terminating) = (is_ready(pod), !pod["metadata"]["deletionTimestamp"].is_null());
            let ready = publishes || (serving && !terminating);
            json!({"addresses": [pod["status"]["podIP"]], "nodeName": pod["spec"]["nodeName"], "targetRef": target(pod),
                "conditions": {"ready": ready, "serving": serving, "terminating": terminating}})
        });
        slice(service, index, endpoints.collect(), &ports, "endpointslice-controller.k8s.io")
    });
    made.collect()
}

/// The slices of a service without a selector, from its Endpoints.
pub(crate) fn mirrored(service: &Value, endpoints: &Value) -> Vec<Value> {
    let subsets = endpoints["subsets"].as_array().into_iter().flatten().enumerate();
    subsets
        .map(|(index, subset)| {
            let of = |list: &str, ready: bool| {
                let addresses = subset[list].as_array().into_iter().flatten();
                addresses
                    .map(move |address| {
                        let mut endpoint = json!({"addresses": [address["ip"]], "conditions": {"ready": ready}});
                        for name in ["nodeName", "targetRef", "hostname"] {
                            if !address[name].is_null() {
                                endpoint[name] = address[name].clone();
                            }
                        }
                        endpoint
                    })
                    .collect::<Vec<Value>>()
            };
            let all = [of("addresses", true), of("notReadyAddresses", false)].concat();
            let ports = subset["ports"].as_array().cloned().unwrap_or_default();
            slice(service, index, all, &ports, "endpointslicemirroring-controller.k8s.io")
        })
        .collect()
}

fn slice(service: &Value, index: usize, endpoints: Vec<Value>, ports: &[Value], manager: &str) -> Value {
    let (namespace, name) = place(service);
    let suffix = &objects::uid(&["EndpointSlice", namespace, name, &index.to_string()])[..5];
    let ports: Vec<Value> = ports
        .iter()
        .map(|port| json!({"name": port["name"].as_str().unwrap_or_default(), "port": port["port"], "protocol": port["protocol"]}))
        .collect();
    let mut made = objects::endpoint_slice(namespace, &format!("{name}-{suffix}"), endpoints, ports);
    made["metadata"]["generateName"] = json!(format!("{name}-"));
    made["metadata"]["labels"] =
        json!({"endpointslice.kubernetes.io/managed-by": manager, "kubernetes.io/service-name": name});
    made["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "blockOwnerDeletion": true, "controller": true,
        "kind": "Service", "name": name, "uid": service["metadata"]["uid"]}]);
    made
}

#[cfg(test)]
#[path = "endpoints_tests.rs"]
mod tests;
