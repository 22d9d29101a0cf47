//! The reviews of one's own access and identity.

use serde_json::{Map, Value, json};

use super::attributes::Attributes;
use super::protobuf;
use super::rbac::{self, User};
use super::status;
use super::store::Store;
use crate::message::{Reply, Request};

/// Answers a review.
pub(crate) fn review(store: &Store, user: &User, request: &Request, kind: &str) -> Reply {
    let in_protobuf =
        request.header("content-type").is_some_and(|it| it.starts_with("application/vnd.kubernetes.protobuf"));
    let body = if in_protobuf { protobuf::review(&request.body) } else { request.json().filter(Value::is_object) };
    let Some(mut body) = body else {
        return status::bad_request("the request body cannot be read as a review");
    };
    if body["kind"].as_str().is_some_and(|given| given != kind) {
        return status::bad_request(&format!("the object provided is unrecognized (must be of type {kind})"));
    }
    let answer = match kind {
        "SelfSubjectAccessReview" => access(store, user, &body["spec"]),
        "SelfSubjectRulesReview" => rules(store, user, &body["spec"]),
        _ => Ok(json!({"userInfo": user_info(user)})),
    };
    match answer {
        Ok(answer) => {
            body["status"] = answer;
            body["metadata"] = json!({"creationTimestamp": null});
            Reply::json(201, &body)
        }
        Err(refusal) => refusal,
    }
}

fn access(store: &Store, user: &User, spec: &Value) -> Result<Value, Reply> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attributes = match (&spec["resourceAttributes"], &spec["nonResourceAttributes"]) {
        (Value::Object(_), Value::Object(_)) | (Value::Null, Value::Null) => {
            let message = "SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: \
                null: exactly one of nonResourceAttributes or resourceAttributes must be specified";
            return Err(status::reply(
                422,
                "Invalid",
                message,
                &json!({"group": "authorization.k8s.io", "kind": "SelfSubjectAccessReview"}),
            ));
        }
        (Value::Null, path) => {
            Attributes { verb: text(&path["verb"]), path: text(&path["path"]), ..Attributes::default() }
        }
        (resource, _) => Attributes {
            verb: text(&resource["verb"]),
            group: text(&resource["group"]),
            version: text(&resource["version"]),
            resource: text(&resource["resource"]),
            subresource: text(&resource["subresource"]),
            namespace: text(&resource["namespace"]),
            name: text(&resource["name"]),
            path: String::new(),
        },
    };
    Ok(match rbac::authorize(store, user, &attributes) {
        Some(reason) => json!({"allowed": true, "reason": reason}),
        None => json!({"allowed": false}),
    })
}

fn rules(store: &Store, user: &User, spec: &Value) -> Result<Value, Reply> {
    let namespace = spec["namespace"].as_str().filter(|namespace| !namespace.is_empty());
    let namespace = namespace.ok_or_else(|| status::bad_request("no namespace on request"))?;
    let (mut resource_rules, mut path_rules) = (Vec::new(), Vec::new());
    for rule in rbac::rules(store, user, namespace) {
        if rule["resources"].is_array() {
            let mut shown =
                json!({"verbs": rule["verbs"], "apiGroups": rule["apiGroups"], "resources": rule["resources"]});
            if rule["resourceNames"].is_array() {
                shown["resourceNames"] = rule["resourceNames"].clone();
            }
            resource_rules.push(shown);
        }
        if rule["nonResourceURLs"].is_array() {
            path_rules.push(json!({"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]}));
        }
    }
    // EKS has a webhook authorizer, which cannot list rules: its lists are always incomplete.
    Ok(json!({"resourceRules": resource_rules, "nonResourceRules": path_rules, "incomplete": true,
        "evaluationError": "webhook authorizer does not support user rule resolution"}))
}

fn user_info(user: &User) -> Value {
    let extra: Map<String, Value> = user.extra.iter().map(|(key, value)| (key.clone(), json!([value]))).collect();
    json!({"username": user.name, "uid": user.uid, "groups": user.groups, "extra": extra})
}
