//! What the server makes of an object before it stores it.

use serde_json::{Value, json};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Whether a write changes nothing but times.
pub(super) fn same(old: &Value, new: &Value) -> bool {
    let timeless = |object: &Value| {
        let mut object = object.clone();
        for entry in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
            entry["time"] = Value::Null;
        }
        object
    };
    old == new || timeless(old) == timeless(new)
}

/// Leaves out what is empty, as the server does.
fn tidy(object: &mut Value) {
    let is_nothing = |value: &Value| value.is_null() || *value == json!({}) || *value == json!([]);
    let keeps = |key: &str| ["rules", "managedFields"].contains(&key);
    for part in ["/metadata", ""] {
        let members = object.pointer_mut(part).and_then(Value::as_object_mut);
        members.into_iter().for_each(|members| members.retain(|key, value| keeps(key) || !is_nothing(value)));
    }
}

/// What is stored: a role without rules has null.
pub(super) fn finish(object: &mut Value) {
    tidy(object);
    let is_role = ["Role", "ClusterRole"].iter().any(|kind| object["kind"] == *kind);
    if is_role && object["rules"].as_array().is_none_or(Vec::is_empty) {
        object["rules"] = Value::Null;
    }
}

/// An object with the values that the server sets where nothing is said.
pub(super) fn defaulted(mut object: Value) -> Value {
    tidy(&mut object);
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    if kind.ends_with("RoleBinding") {
        if object["roleRef"]["apiGroup"].as_str().unwrap_or_default().is_empty() {
            object["roleRef"]["apiGroup"] = json!(RBAC);
        }
        for subject in object.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
            let is_account = subject["kind"] == "ServiceAccount";
            if !is_account && subject["apiGroup"].as_str().unwrap_or_default().is_empty() {
                subject["apiGroup"] = json!(RBAC);
            }
        }
    }
    if kind == "Namespace" {
        let name = object["metadata"]["name"].clone();
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
    }
    object
}
