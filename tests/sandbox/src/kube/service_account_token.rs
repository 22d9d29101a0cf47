//! TokenRequest: a token of a service account, for callers that may create `serviceaccounts/token`.
//!
//! After `pkg/registry/core/serviceaccount/storage/token.go` and the validation of `authentication.k8s.io`.

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::protobuf;
use super::status;
use super::store::Store;
use crate::clock;
use crate::cluster::Cluster;
use crate::identity_token::Issuers;
use crate::message::{Reply, Request};

/// Who signs, and with what.
pub(super) struct Signer<'sandbox> {
    pub(super) issuers: &'sandbox Issuers,
    pub(super) cluster: &'sandbox Cluster,
    pub(super) id: String,
    pub(super) now: i64,
}

/// Answers `POST …/serviceaccounts/NAME/token`.
pub(super) fn create(store: &Store, signer: &Signer, attributes: &Attributes, request: &Request) -> Reply {
    let in_protobuf =
        request.header("content-type").is_some_and(|it| it.starts_with("application/vnd.kubernetes.protobuf"));
    let body = if in_protobuf { protobuf::review(&request.body) } else { request.json() };
    let Some(mut body) = body.filter(Value::is_object) else {
        return status::bad_request("the request body cannot be read as a TokenRequest");
    };
    match answer(store, signer, attributes, &mut body["spec"]) {
        Ok((spec, status)) => {
            let metadata = json!({"name": attributes.name, "namespace": attributes.namespace,
                "creationTimestamp": moment(signer.now)});
            let made = json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": metadata,
                "spec": spec, "status": status});
            Reply::json(201, &made)
        }
        Err(refusal) => refusal,
    }
}

fn answer(store: &Store, signer: &Signer, attributes: &Attributes, spec: &mut Value) -> Result<(Value, Value), Reply> {
    let account = store.get("ServiceAccount", Some(&attributes.namespace), &attributes.name);
    let account = account.ok_or_else(|| status::not_found(attributes))?;
    let seconds = seconds(&spec["expirationSeconds"])?;
    let given = spec["audiences"].as_array().filter(|audiences| !audiences.is_empty());
    let audiences = given.map_or_else(|| json!(["https://kubernetes.default.svc"]), |given| json!(given));
    let mut about = json!({"namespace": attributes.namespace,
        "serviceaccount": {"name": attributes.name, "uid": account["metadata"]["uid"]}});
    let bound = &spec["boundObjectRef"];
    if bound.is_object() {
        let (member, object) = bound_object(store, attributes, bound)?;
        about[member] = json!({"name": object["metadata"]["name"], "uid": object["metadata"]["uid"]});
    }
    let Signer { issuers, cluster, id, now } = signer;
    let claims = json!({"aud": audiences, "exp": now + seconds, "iat": now, "iss": cluster.oidc_issuer(), "jti": id,
        "kubernetes.io": about, "nbf": now,
        "sub": format!("system:serviceaccount:{}:{}", attributes.namespace, attributes.name)});
    let token = issuers.sign(&cluster.name, &claims);
    let token = token.ok_or_else(|| status::bad_request("the cluster was added later and has no key"))?;
    let spec = json!({"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": bound});
    Ok((spec, json!({"token": token, "expirationTimestamp": moment(now + seconds)})))
}

fn moment(seconds: i64) -> String {
    clock::format(seconds, "%Y-%m-%dT%H:%M:%SZ")
}

fn seconds(given: &Value) -> Result<i64, Reply> {
    let seconds = given.as_i64().unwrap_or(3600);
    let why = match seconds {
        ..600 => "may not specify a duration less than 10 minutes",
        4_294_967_297.. => "may not specify a duration larger than 2^32 seconds",
        _ => return Ok(seconds),
    };
    let message = format!(
        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: {seconds}: {why}"
    );
    Err(status::reply(422, "Invalid", &message, &json!({"group": "authentication.k8s.io", "kind": "TokenRequest"})))
}

/// The object that a token is bound to.
fn bound_object<'store>(
    store: &'store Store,
    attributes: &Attributes,
    bound: &Value,
) -> Result<(&'static str, &'store Value), Reply> {
    let text = |name: &str| bound[name].as_str().unwrap_or_default();
    let (kind, name) = (text("kind"), text("name"));
    let (member, plural) = match kind {
        "Pod" => ("pod", "pods"),
        "Secret" => ("secret", "secrets"),
        _ => return Err(status::bad_request(&format!("cannot bind token for object of type {kind}"))),
    };
    let wanted = Attributes { resource: plural.to_owned(), name: name.to_owned(), ..attributes.clone() };
    let object = store.get(kind, Some(&attributes.namespace), name).ok_or_else(|| status::not_found(&wanted))?;
    let uid = &object["metadata"]["uid"];
    if !text("uid").is_empty() && uid != text("uid") {
        let message = format!(
            "Operation cannot be fulfilled on {plural} \"{name}\": the UID in the bound object reference ({}) does not \
             match the UID in record. The object might have been deleted and then recreated",
            text("uid")
        );
        return Err(status::reply(409, "Conflict", &message, &json!({"name": name, "kind": plural})));
    }
    if kind == "Pod" && object["spec"]["serviceAccountName"] != attributes.name.as_str() {
        let account = &attributes.name;
        return Err(status::bad_request(&format!(
            "cannot bind token for serviceaccount \"{account}\" to pod running with different serviceaccount name."
        )));
    }
    Ok((member, object))
}

#[cfg(test)]
#[path = "service_account_token_tests.rs"]
mod tests;
