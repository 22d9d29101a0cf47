//! Which lists and maps of an object are owned as a whole, and by what the items of the others are told apart: the
//! `listType`s and `mapType`s of Kubernetes' schema, for the kinds that are served here.

use serde_json::{Map, Value};

/// How the inside of a field is owned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kube) enum Shape {
    /// As a whole: scalars, and atomic lists and maps.
    Leaf,
    /// Key by key.
    Map,
    /// Item by item, which these keys tell apart.
    Keyed(&'static [&'static str]),
    /// Value by value.
    Set,
}

/// Maps that are owned as a whole, by their name.
const ATOMIC_MAPS: &[&str] = &[
    "configMapKeyRef",
    "fieldRef",
    "involvedObject",
    "nodeSelector",
    "objectRef",
    "resourceFieldRef",
    "roleRef",
    "secretKeyRef",
    "secretRef",
    "selector",
    "targetRef",
];

/// The shape of a field of a kind of object.
pub(in crate::kube) fn shape(kind: &str, path: &[String], value: &Value) -> Shape {
    let names: Vec<&str> = path.iter().filter_map(|element| element.strip_prefix("f:")).collect();
    match value {
        Value::Object(_) if names.last().is_some_and(|last| ATOMIC_MAPS.contains(last)) => Shape::Leaf,
        Value::Object(_) => Shape::Map,
        Value::Array(_) => list(kind, &names),
        _ => Shape::Leaf,
    }
}

fn list(kind: &str, names: &[&str]) -> Shape {
    match (kind, names) {
        (_, ["metadata", "finalizers"]) => Shape::Set,
        (_, ["metadata", "ownerReferences"]) => Shape::Keyed(&["uid"]),
        (_, ["status", "conditions"]) => Shape::Keyed(&["type"]),
        ("ServiceAccount", ["secrets"]) => Shape::Keyed(&["name"]),
        ("Service", ["spec", "ports"]) => Shape::Keyed(&["port", "protocol"]),
        ("EndpointSlice", _) => Shape::Leaf,
        (_, [.., "containers" | "initContainers" | "ephemeralContainers", "ports"]) => {
            Shape::Keyed(&["containerPort", "protocol"])
        }
        (_, [.., "volumeMounts"]) => Shape::Keyed(&["mountPath"]),
        (_, [.., "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes"]) => {
            Shape::Keyed(&["name"])
        }
        (
            "Pod" | "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "CronJob",
            [.., "imagePullSecrets"],
        ) => Shape::Keyed(&["name"]),
        _ => Shape::Leaf,
    }
}

/// The path element of an item of a list.
pub(in crate::kube) fn item(shape: Shape, item: &Value) -> String {
    match shape {
        Shape::Keyed(keys) => {
            let usual = |key: &str| if key == "protocol" { Value::from("TCP") } else { Value::Null };
            let value = |key: &str| item.get(key).cloned().unwrap_or_else(|| usual(key));
            let keys: Map<String, Value> = keys.iter().map(|&key| (key.to_owned(), value(key))).collect();
            format!("k:{}", Value::from(keys))
        }
        _ => format!("v:{item}"),
    }
}
