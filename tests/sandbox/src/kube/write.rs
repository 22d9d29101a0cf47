//! Create, update and delete, for objects of every kind.

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::registry::Resource;
use super::status;
use super::store::Store;
use crate::message::{Reply, Request};

/// Creates or updates an object.
pub(super) fn put(store: &mut Store, resource: &Resource, attributes: &Attributes, request: &Request) -> Reply {
    let media_type = request.header("content-type").unwrap_or("application/json");
    if !media_type.starts_with("application/json") {
        return status::unsupported_media_type();
    }
    let Some(mut object) = request.json().filter(Value::is_object) else {
        return status::bad_request("the request body is not JSON");
    };
    if object["kind"].as_str().unwrap_or(resource.kind) != resource.kind {
        return status::bad_request("the kind of the object does not match the kind of the endpoint");
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let wanted = Attributes { name: name.clone(), ..attributes.clone() };
    if name.is_empty() || (attributes.verb == "update" && name != attributes.name) {
        return status::bad_request("the name of the object does not match the name on the URL");
    }
    let namespace = if resource.namespaced { attributes.namespace.as_str() } else { "" };
    if resource.namespaced && object["metadata"]["namespace"].as_str().unwrap_or(namespace) != namespace {
        return status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        );
    }
    if attributes.verb == "create" && resource.namespaced && store.get("Namespace", None, namespace).is_none() {
        let message = format!("namespaces \"{namespace}\" not found");
        return status::reply(404, "NotFound", &message, &json!({"name": namespace, "kind": "namespaces"}));
    }
    let present = store.get(resource.kind, Some(namespace), &name);
    match (attributes.verb.as_str(), present) {
        ("create", Some(_)) => {
            let message = format!("{} \"{name}\" already exists", resource.plural);
            return status::reply(409, "AlreadyExists", &message, &json!({"name": name, "kind": resource.plural}));
        }
        ("update", None) => return status::not_found(&wanted),
        ("update", Some(old)) => {
            let (given, current) = (&object["metadata"]["resourceVersion"], &old["metadata"]["resourceVersion"]);
            if given.is_string() && given != current {
                let message = format!(
                    "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
                    resource.plural
                );
                return status::reply(409, "Conflict", &message, &json!({"name": name, "kind": resource.plural}));
            }
        }
        _ => {}
    }
    let version = if resource.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", resource.group) };
    object["kind"] = json!(resource.kind);
    object["apiVersion"] = json!(version);
    if resource.namespaced {
        object["metadata"]["namespace"] = json!(namespace);
    }
    let dry_run = request.parameter("dryRun").is_some();
    let stored = if dry_run { object } else { store.apply(object) };
    Reply::json(if attributes.verb == "create" { 201 } else { 200 }, &stored)
}

/// Deletes an object.
pub(super) fn delete(store: &mut Store, resource: &Resource, attributes: &Attributes) -> Reply {
    let namespace = if resource.namespaced { attributes.namespace.as_str() } else { "" };
    match store.delete(resource.kind, namespace, &attributes.name) {
        Some(object) => {
            let details = json!({"name": attributes.name, "kind": resource.plural, "uid": object["metadata"]["uid"]});
            Reply::json(
                200,
                &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
            )
        }
        None => status::not_found(attributes),
    }
}
