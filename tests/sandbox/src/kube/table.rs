//! `Table`: what `kubectl get` prints.

use serde_json::{Value, json};

/// A column: its name, its type, its priority (1 is for `-o wide`).
type Column = (&'static str, &'static str, u8);

const PODS: &[Column] = &[
    ("Name", "string", 0),
    ("Ready", "string", 0),
    ("Status", "string", 0),
    ("Restarts", "string", 0),
    ("Age", "string", 0),
    ("IP", "string", 1),
    ("Node", "string", 1),
    ("Nominated Node", "string", 1),
    ("Readiness Gates", "string", 1),
];
const SERVICES: &[Column] = &[
    ("Name", "string", 0),
    ("Type", "string", 0),
    ("Cluster-IP", "string", 0),
    ("External-IP", "string", 0),
    ("Port(s)", "string", 0),
    ("Age", "string", 0),
    ("Selector", "string", 1),
];
const OTHERS: &[Column] = &[("Name", "string", 0), ("Age", "string", 0)];

/// Makes a table of objects.
pub(crate) fn table(kind: &str, objects: &[Value], metadata: Value, include: &str, now: i64) -> Value {
    let columns = match kind {
        "Pod" => PODS,
        "Service" => SERVICES,
        _ => OTHERS,
    };
    let definitions: Vec<Value> = columns
        .iter()
        .map(|(name, kind, priority)| {
            let format = if *name == "Name" { "name" } else { "" };
            json!({"name": name, "type": kind, "format": format, "description": "", "priority": priority})
        })
        .collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let age = age(object, now);
            let cells = match kind {
                "Pod" => pod_cells(object, &age),
                "Service" => service_cells(object, &age),
                _ => vec![object["metadata"]["name"].clone(), json!(age)],
            };
            let mut row = json!({"cells": cells});
            match include {
                "None" => {}
                "Object" => row["object"] = object.clone(),
                _ => {
                    row["object"] = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]});
                }
            }
            row
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": definitions, "rows": rows})
}

fn age(object: &Value, now: i64) -> String {
    let created =
        object["metadata"]["creationTimestamp"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let Some(created) = created else { return "<unknown>".to_owned() };
    match now - created.as_second() {
        seconds @ ..120 => format!("{}s", seconds.max(0)),
        seconds @ ..7200 => format!("{}m", seconds / 60),
        seconds @ ..172_800 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86400),
    }
}

fn pod_cells(pod: &Value, age: &str) -> Vec<Value> {
    let none: Vec<Value> = Vec::new();
    let statuses = pod["status"]["containerStatuses"].as_array().unwrap_or(&none);
    let ready = statuses.iter().filter(|status| status["ready"] == json!(true)).count();
    let total = pod["spec"]["containers"].as_array().map_or(0, Vec::len);
    let restarts: i64 = statuses.iter().filter_map(|status| status["restartCount"].as_i64()).sum();
    let waiting = statuses.iter().find_map(|status| status["state"]["waiting"]["reason"].as_str());
    let phase = pod["status"]["phase"].as_str().unwrap_or("Unknown");
    let terminating = !pod["metadata"]["deletionTimestamp"].is_null();
    let status = if terminating { "Terminating" } else { waiting.unwrap_or(phase) };
    let address = pod["status"]["podIP"].as_str().unwrap_or("<none>");
    let node = pod["spec"]["nodeName"].as_str().unwrap_or("<none>");
    vec![
        pod["metadata"]["name"].clone(),
        json!(format!("{ready}/{total}")),
        json!(status),
        json!(restarts.to_string()),
        json!(age),
        json!(address),
        json!(node),
        json!("<none>"),
        json!("<none>"),
    ]
}

fn service_cells(service: &Value, age: &str) -> Vec<Value> {
    let ports: Vec<String> = service["spec"]["ports"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|port| format!("{}/{}", port["port"], port["protocol"].as_str().unwrap_or("TCP")))
        .collect();
    let selector: Vec<String> = service["spec"]["selector"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    vec![
        service["metadata"]["name"].clone(),
        service["spec"]["type"].clone(),
        service["spec"]["clusterIP"].clone(),
        json!("<none>"),
        json!(ports.join(",")),
        json!(age),
        json!(if selector.is_empty() { "<none>".to_owned() } else { selector.join(",") }),
    ]
}
