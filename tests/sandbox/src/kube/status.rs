//! `Status`: the errors of the Kubernetes API.

use serde_json::{Value, json};

use super::attributes::Attributes;
use crate::message::Reply;

/// A failure.
pub(crate) fn reply(status: u16, reason: &str, message: &str, details: &Value) -> Reply {
    let mut body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason});
    if details.as_object().is_some_and(|details| !details.is_empty()) {
        body["details"] = details.clone();
    }
    body["code"] = json!(status);
    Reply::json(status, &body)
}

/// 401, without details.
pub(crate) fn unauthorized(why: &str) -> Reply {
    reply(401, "Unauthorized", "Unauthorized", &json!({})).because(why)
}

/// 403, in the API server's words.
pub(crate) fn forbidden(user: &str, attributes: &Attributes) -> Reply {
    let Attributes { verb, group, namespace, name, .. } = attributes;
    if attributes.is_non_resource() {
        let message = format!("forbidden: User \"{user}\" cannot {verb} path \"{}\"", attributes.path);
        return reply(403, "Forbidden", &message, &json!({}));
    }
    let place = if namespace.is_empty() {
        " at the cluster scope".to_owned()
    } else {
        format!(" in the namespace \"{namespace}\"")
    };
    let qualified = qualified(attributes);
    let subject = if name.is_empty() { qualified } else { format!("{qualified} \"{name}\"") };
    let full = attributes.resource_with_subresource();
    let message = format!(
        "{subject} is forbidden: User \"{user}\" cannot {verb} resource \"{full}\" in API group \"{group}\"{place}"
    );
    reply(403, "Forbidden", &message, &details(attributes))
}

/// 403 of a check after the first: the server's message ends where the reason would be.
pub(crate) fn forbidden_without_reason(attributes: &Attributes) -> Reply {
    let Attributes { resource, name, .. } = attributes;
    reply(403, "Forbidden", &format!("{resource} \"{name}\" is forbidden: "), &details(attributes))
}

/// 404 for an object.
pub(crate) fn not_found(attributes: &Attributes) -> Reply {
    let message = format!("{} \"{}\" not found", qualified(attributes), attributes.name);
    reply(404, "NotFound", &message, &details(attributes))
}

/// 404 of the kubelet, as the API server forwards it.
pub(crate) fn not_found_by_kubelet(attributes: &Attributes) -> Reply {
    let (full, name) = (attributes.resource_with_subresource(), &attributes.name);
    let message = format!("the server could not find the requested resource ( {full} {name})");
    reply(404, "NotFound", &message, &json!({"name": name, "kind": full}))
}

/// The resource with its group: `roles.rbac.authorization.k8s.io`.
fn qualified(attributes: &Attributes) -> String {
    let Attributes { group, resource, .. } = attributes;
    if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") }
}

/// 409 for a version, a UID or another write in between.
pub(crate) fn conflict(attributes: &Attributes, why: &str) -> Reply {
    let message = format!("Operation cannot be fulfilled on {} \"{}\": {why}", qualified(attributes), attributes.name);
    reply(409, "Conflict", &message, &details(attributes))
}

/// What a stale version is answered with.
pub(crate) const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// 409 for a creation.
pub(crate) fn already_exists(attributes: &Attributes, terminating: bool) -> Reply {
    let beginning = if terminating { "object is being deleted: " } else { "" };
    let message = format!("{beginning}{} \"{}\" already exists", qualified(attributes), attributes.name);
    reply(409, "AlreadyExists", &message, &details(attributes))
}

/// 403 by admission or by the storage, with a reason.
pub(crate) fn forbidden_because(attributes: &Attributes, why: &str, causes: &Value) -> Reply {
    let mut details = details(attributes);
    if causes.is_array() {
        details["causes"] = causes.clone();
    }
    let message = format!("{} \"{}\" is forbidden: {why}", qualified(attributes), attributes.name);
    reply(403, "Forbidden", &message, &details)
}

/// What is wrong with a field: its path, the machine's reason, and the words.
pub(crate) type Fault = (String, &'static str, String);

/// 422: the kind, the group and the name, and everything that is wrong.
pub(crate) fn invalid((kind, group, name): (&str, &str, &str), faults: &[Fault]) -> Reply {
    let shown: Vec<String> = faults.iter().map(|(field, _, words)| format!("{field}: {words}")).collect();
    let shown = if let [one] = shown.as_slice() { one.clone() } else { format!("[{}]", shown.join(", ")) };
    let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
    let causes: Vec<Value> = faults
        .iter()
        .map(|(field, reason, words)| json!({"reason": reason, "message": words, "field": field}))
        .collect();
    let mut details = json!({});
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            details[key] = json!(value);
        }
    }
    details["causes"] = causes.into();
    reply(422, "Invalid", &format!("{qualified} \"{name}\" is invalid: {shown}"), &details)
}

/// 404 for a path that the server does not serve.
pub(crate) fn no_such_path() -> Reply {
    reply(404, "NotFound", "the server could not find the requested resource", &json!({}))
}

/// 405.
pub(crate) fn method_not_allowed() -> Reply {
    let message = "the server does not allow this method on the requested resource";
    reply(405, "MethodNotAllowed", message, &json!({}))
}

/// 415: everything but reviews must be JSON here, or YAML.
pub(crate) fn unsupported_media_type() -> Reply {
    let message = "the body of the request was in an unknown format - accepted media types include: application/json, \
        application/yaml";
    reply(415, "UnsupportedMediaType", message, &json!({}))
}

/// 400.
pub(crate) fn bad_request(message: &str) -> Reply {
    reply(400, "BadRequest", message, &json!({}))
}

/// 500, which has no reason.
pub(crate) fn internal(message: &str) -> Reply {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "code": 500});
    Reply::json(500, &body)
}

fn details(attributes: &Attributes) -> Value {
    let mut details = json!({});
    for (key, value) in [("name", &attributes.name), ("group", &attributes.group), ("kind", &attributes.resource)] {
        if !value.is_empty() {
            details[key] = json!(value);
        }
    }
    details
}
