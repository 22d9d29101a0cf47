//! Fields that a kind does not have: strict decoding refuses them, and so does every server-side apply. For the kinds
//! that grant access; of others nothing is known.

use serde_json::Value;

use super::registry::Resource;
use super::status;
use crate::message::{Reply, Request};

const OBJECT: &[&str] = &["apiVersion", "kind", "metadata"];
const METADATA: &[&str] = &[
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];
const RULE: &[&str] = &["apiGroups", "nonResourceURLs", "resourceNames", "resources", "verbs"];
const SUBJECT: &[&str] = &["apiGroup", "kind", "name", "namespace"];
const ROLE_REF: &[&str] = &["apiGroup", "kind", "name"];

/// The paths of the fields that an object should not have: `rules[0].apigroups`.
fn unknown(resource: &Resource, object: &Value) -> Vec<String> {
    let own: &[&str] = match resource.kind {
        "Role" => &["rules"],
        "ClusterRole" => &["aggregationRule", "rules"],
        "RoleBinding" | "ClusterRoleBinding" => &["roleRef", "subjects"],
        "ConfigMap" => &["binaryData", "data", "immutable"],
        "Namespace" => &["spec", "status"],
        _ => return Vec::new(),
    };
    let mut paths = Vec::new();
    let mut look = |place: String, value: &Value, known: &[&[&str]]| {
        for (name, _) in value.as_object().into_iter().flatten() {
            if !known.iter().any(|known| known.contains(&name.as_str())) {
                paths.push(if place.is_empty() { name.clone() } else { format!("{place}.{name}") });
            }
        }
    };
    look(String::new(), object, &[OBJECT, own]);
    look("metadata".to_owned(), &object["metadata"], &[METADATA]);
    look("roleRef".to_owned(), &object["roleRef"], &[ROLE_REF]);
    for (list, known) in [("rules", RULE), ("subjects", SUBJECT)] {
        for (index, item) in object[list].as_array().into_iter().flatten().enumerate() {
            look(format!("{list}[{index}]"), item, &[known]);
        }
    }
    paths.sort_unstable();
    paths
}

/// Refuses unknown fields, if the request wants that.
pub(super) fn check(resource: &Resource, request: &Request, object: &Value) -> Result<(), Reply> {
    let paths = unknown(resource, object);
    if paths.is_empty() || request.parameter("fieldValidation").as_deref() != Some("Strict") {
        return Ok(());
    }
    let shown: Vec<String> = paths.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    let kind = resource.kind;
    let message =
        format!("{kind} in version \"v1\" cannot be handled as a {kind}: strict decoding error: {}", shown.join(", "));
    Err(status::bad_request(&message))
}

/// Refuses what is not in the schema of an applied object.
pub(super) fn check_applied(resource: &Resource, object: &Value) -> Result<(), Reply> {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let faults: Vec<String> = match (&object["rules"], unknown(resource, object)) {
        (rules, _) if !rules.is_null() && !rules.is_array() => vec![format!(".rules: expected list, got &{{{rules}}}")],
        (_, paths) => paths.iter().map(|path| format!(".{path}: field not declared in schema")).collect(),
    };
    let shown = match faults.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        all => format!("errors:\n  {}", all.join("\n  ")),
    };
    let message = format!(
        "failed to create typed patch object ({}/{}; {version}, Kind={}): {shown}",
        text("namespace"),
        text("name"),
        resource.kind
    );
    Err(status::internal(&message))
}

/// What Go's JSON decoder says about the first value of a wrong type, of those that people get wrong.
pub(super) fn wrong_type(kind: &str, object: &Value) -> Option<String> {
    let lists = [("rules", "[]v1.PolicyRule"), ("subjects", "[]v1.Subject")];
    let list = lists.into_iter().find_map(|(field, wanted)| {
        let value = &object[field];
        (!value.is_null() && !value.is_array()).then_some((value, field, wanted))
    });
    let maps = [
        object["data"].as_object(),
        object["metadata"]["labels"].as_object(),
        object["metadata"]["annotations"].as_object(),
    ];
    let text = maps.into_iter().zip(["data", "metadata.labels", "metadata.annotations"]).find_map(|(map, field)| {
        let value = map?.values().find(|value| !value.is_string() && !value.is_null())?;
        Some((value, field, "string"))
    });
    let text = text.filter(|(_, field, _)| *field != "data" || kind == "ConfigMap");
    list.or(text).map(|(value, field, wanted)| {
        let name = match value {
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Bool(_) => "bool",
            Value::Array(_) => "array",
            _ => "object",
        };
        format!("json: cannot unmarshal {name} into Go struct field {kind}.{field} of type {wanted}")
    })
}
