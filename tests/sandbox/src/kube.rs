//! The Kubernetes API of a cluster: authentication, authorization, and the answer.

mod access_policies;
mod aggregation;
pub(crate) mod attributes;
mod authenticate;
pub(crate) mod aws_auth;
mod defaults;
mod delete;
pub(crate) mod endpoints;
mod escalation;
mod forward;
pub(crate) mod kubelet;
mod log;
mod managed_fields;
mod openapi;
mod pages;
mod patch;
mod protobuf;
mod rbac;
mod read;
mod registry;
mod reviews;
mod selectors;
mod service_account_token;
pub(crate) mod status;
pub(crate) mod store;
mod strict;
mod table;
pub(crate) mod token;
mod validate;
mod webhook;
mod write;

use std::sync::Arc;
use std::time::Duration;

use attributes::Attributes;
use authenticate::Mappings;
use forward::PodSide;
use kubelet::Kubelets;
use rbac::User;
use serde_json::{Value, json};
use service_account_token::Signer;
use store::{SelfReview, Store};
use write::Write;

use crate::cluster::Cluster;
use crate::message::{Reply, Request};
use crate::state::{Shared, State};

/// The operation a request asks for: `list pods`, `create pods/portforward`, `get /version`.
pub(crate) fn operation(request: &Request) -> String {
    let attributes = Attributes::of(request);
    let what =
        if attributes.is_non_resource() { attributes.path.clone() } else { attributes.resource_with_subresource() };
    format!("{} {what}", attributes.verb)
}

/// Answers a request.
pub(crate) fn handle(shared: &Arc<Shared>, cluster: &str, request: &Request) -> Reply {
    let attributes = Attributes::of(request);
    let mut state = shared.state();
    let State { world, credentials, stores, kubelets, bindings, stale_entries, .. } = &mut *state;
    let cluster = world.clusters.iter().find(|candidate| candidate.name == cluster);
    let (Some(cluster), Some(store)) = (cluster, cluster.and_then(|cluster| stores.get_mut(&cluster.name))) else {
        return status::reply(503, "ServiceUnavailable", "the cluster is gone", &json!({}));
    };
    if request.path == "/readyz" && !store.knows_roles() {
        return Reply::new(
            500,
            "text/plain; charset=utf-8",
            "[-]informer-sync failed: reason withheld\nreadyz check failed",
        );
    }
    if ["/livez", "/readyz", "/healthz"].contains(&request.path.as_str()) {
        return registry::discover(&request.path, &cluster.version).unwrap_or_else(status::no_such_path);
    }
    let now = shared.clock.seconds();
    let stale = stale_entries.as_slice();
    let mappings = Mappings { cluster, bindings, stale, now: shared.clock.milliseconds(), aws_auth: aws_auth(store) };
    let user = authenticate(mappings, credentials, now, request).and_then(|user| impersonate(store, user, request));
    let user = match user {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let self_review = if attributes.resource == "selfsubjectreviews" { store.self_review() } else { SelfReview::Fine };
    if self_review == SelfReview::Forbidden || rbac::authorize(store, &user, &attributes).is_none() {
        return status::forbidden(&user.name, &attributes);
    }
    if self_review == SelfReview::Absent {
        return status::no_such_path();
    }
    if attributes.is_non_resource() {
        return registry::discover(&request.path, &cluster.version).unwrap_or_else(status::no_such_path);
    }
    if attributes.resource_with_subresource() == "pods/portforward" {
        let seconds = u64::try_from(world.settings.stream_pair_timeout).unwrap_or(0);
        let side = PodSide {
            shared: Arc::clone(shared),
            cluster: cluster.name.clone(),
            namespace: attributes.namespace.clone(),
            name: attributes.name.clone(),
            uid: String::new(),
            pair_timeout: Duration::from_secs(seconds),
            gone_since: Arc::default(),
        };
        return portforward(side, cluster, (store, kubelets), &user, &attributes, request);
    }
    if attributes.resource_with_subresource() == "serviceaccounts/token" && attributes.verb == "create" {
        let signer = Signer { issuers: &shared.issuers, cluster, id: shared.random.uuid(), now };
        return service_account_token::create(store, &signer, &attributes, request);
    }
    if (attributes.resource_with_subresource().as_str(), attributes.verb.as_str()) == ("pods/log", "get") {
        return log::answer(shared, &cluster.name, (store, kubelets), &attributes, request);
    }
    resource(store, &user, &attributes, request, now)
}

/// A forward to a pod: from 1.35 on it needs the right to `create`, whatever the method, and the second refusal gives
/// no reason.
fn portforward(
    side: PodSide,
    cluster: &Cluster,
    (store, kubelets): (&Store, &Kubelets),
    user: &User,
    attributes: &Attributes,
    request: &Request,
) -> Reply {
    let create = Attributes { verb: "create".into(), ..attributes.clone() };
    if cluster.is_at_least(35) && rbac::authorize(store, user, &create).is_none() {
        return status::forbidden_without_reason(attributes);
    }
    match store.get("Pod", Some(&attributes.namespace), &attributes.name) {
        Some(pod) => {
            let uid = pod["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
            let dialled = kubelets.dial_error(&cluster.name, pod).map_or(Ok(()), Err);
            forward::answer((PodSide { uid, ..side }, dialled), attributes, request, pod)
        }
        None => status::not_found(attributes),
    }
}

type Keys = std::collections::HashMap<String, crate::Credentials>;

fn authenticate(mappings: Mappings, credentials: &Keys, now: i64, request: &Request) -> Result<User, Reply> {
    let header =
        request.header("authorization").ok_or_else(|| status::unauthorized("there is no Authorization header"))?;
    let token = header
        .strip_prefix("Bearer ")
        .ok_or_else(|| status::unauthorized("the Authorization header has no bearer token"))?;
    user(mappings, credentials, now, token).map_err(|why| status::unauthorized(&why))
}

/// The username that a cluster gives to the bearer of a token, or why it refuses them.
pub(crate) fn user_of(state: &State, cluster: &str, now: i64, token: &str) -> Result<String, String> {
    let cluster = state.world.clusters.iter().find(|candidate| candidate.name == cluster);
    let cluster = cluster.ok_or_else(|| "there is no such cluster".to_owned())?;
    let aws_auth = state.stores.get(&cluster.name).and_then(aws_auth);
    let (bindings, stale) = (&state.bindings, state.stale_entries.as_slice());
    let mappings = Mappings { cluster, bindings, stale, now: now * 1000, aws_auth };
    user(mappings, &state.credentials, now, token).map(|user| user.name)
}

fn user(mappings: Mappings, credentials: &Keys, now: i64, token: &str) -> Result<User, String> {
    let cluster = mappings.cluster;
    let caller = authenticate::verify_token(token, &cluster.name, &cluster.region, now, |key| credentials.get(key))?;
    authenticate::map(mappings, &caller)
}

fn aws_auth(store: &Store) -> Option<&Value> {
    store.get("ConfigMap", Some(aws_auth::NAMESPACE), aws_auth::NAME)
}

/// `kubectl --as`: another user and other groups, if the caller may impersonate them.
fn impersonate(store: &Store, user: User, request: &Request) -> Result<User, Reply> {
    let groups: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| name == "impersonate-group")
        .map(|(_, value)| value.clone())
        .collect();
    let Some(name) = request.header("impersonate-user") else { return Ok(user) };
    let wanted = [("users", name)].into_iter().chain(groups.iter().map(|group| ("groups", group.as_str())));
    for (resource, name) in wanted {
        let attributes = Attributes {
            verb: "impersonate".into(),
            resource: resource.into(),
            name: name.into(),
            ..Attributes::default()
        };
        if rbac::authorize(store, &user, &attributes).is_none() {
            return Err(status::forbidden(&user.name, &attributes));
        }
    }
    let groups = groups.iter().cloned().chain(["system:authenticated".to_owned()]).collect();
    Ok(User { name: name.to_owned(), groups, ..User::default() })
}

fn resource(store: &mut Store, user: &User, attributes: &Attributes, request: &Request, now: i64) -> Reply {
    let found = registry::find(&attributes.group, &attributes.resource_with_subresource());
    let Some(resource) = found.filter(|_| attributes.version == "v1") else { return status::no_such_path() };
    if !resource.verbs.contains(&attributes.verb.as_str()) {
        return status::method_not_allowed();
    }
    match (attributes.resource_with_subresource().as_str(), attributes.verb.as_str()) {
        (_, "create") if resource.kind.starts_with("SelfSubject") => {
            reviews::review(store, user, request, resource.kind)
        }
        (name, _) if name.contains('/') => {
            status::bad_request("Upgrade request required").because("not played by the sandbox yet")
        }
        (_, "get") => read::get(store, resource, attributes, request, now),
        (_, "list") => read::list(store, resource, attributes, request, now),
        (_, "watch") => read::watch(store, resource, attributes, request, now),
        (_, "create" | "update" | "patch" | "delete") => {
            Write { user, resource, attributes, request, now }.answer(store)
        }
        _ => status::method_not_allowed(),
    }
}
