//! As much of OpenAPI v3 as kubectl asks before it writes: which requests take `fieldValidation`. There are no schemas.

use serde_json::{Map, Value, json};

use super::registry::RESOURCES;
use crate::message::Reply;

/// The documents that there are.
pub(super) fn root(groups: &[&str]) -> Reply {
    let entry = |path: String| {
        let url = format!("/openapi/v3/{path}?hash=0123456789ABCDEF");
        (path, json!({"serverRelativeURL": url}))
    };
    let paths = groups.iter().map(|group| format!("apis/{group}/v1"));
    let paths: Map<String, Value> = ["api/v1".to_owned()].into_iter().chain(paths).map(entry).collect();
    Reply::json(200, &json!({"paths": paths}))
}

/// The document of a group.
pub(super) fn paths(group: &str) -> Reply {
    let base = if group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{group}/v1") };
    let writable = RESOURCES.iter().filter(|resource| resource.group == group && resource.verbs.contains(&"patch"));
    let paths: Map<String, Value> = writable
        .map(|resource| {
            let space = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
            let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation"]
                .iter()
                .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
                .collect();
            let operation = json!({"parameters": parameters,
                "x-kubernetes-group-version-kind": {"group": group, "version": "v1", "kind": resource.kind}});
            let path = format!("{base}{space}/{}/{{name}}", resource.plural);
            (path, json!({"patch": operation.clone(), "put": operation}))
        })
        .collect();
    Reply::json(200, &json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1"}, "paths": paths}))
}
