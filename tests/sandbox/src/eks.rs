//! EKS, in JSON over REST and signed: clusters, versions, access entries and the associations of EKS Pod Identity.

mod access_entries;
pub(crate) mod delays;
mod describe_cluster;
mod pages;
mod tags;
#[cfg(test)]
mod testing;
mod versions;

use serde_json::{Value, json};

use access_entries::write;
pub(crate) use access_entries::write::default_username;

use crate::cluster::Cluster;
use crate::iam;
use crate::message::{Reply, Request};
use crate::query::MISMATCH;
use crate::sigv4::{Caller, Refusal};
use crate::state::{Shared, State};

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["clusters"]) => "ListClusters",
        ("GET", ["clusters", _]) => "DescribeCluster",
        ("GET", ["clusters", _, "access-entries"]) => "ListAccessEntries",
        ("POST", ["clusters", _, "access-entries"]) => "CreateAccessEntry",
        ("POST", ["clusters", _, "access-entries", _]) => "UpdateAccessEntry",
        ("DELETE", ["clusters", _, "access-entries", _]) => "DeleteAccessEntry",
        ("POST", ["clusters", _, "access-entries", _, "access-policies"]) => "AssociateAccessPolicy",
        ("DELETE", ["clusters", _, "access-entries", _, "access-policies", _]) => "DisassociateAccessPolicy",
        ("GET", ["clusters", _, "access-entries", _]) => "DescribeAccessEntry",
        ("GET", ["clusters", _, "access-entries", _, "access-policies"]) => "ListAssociatedAccessPolicies",
        ("GET", ["clusters", _, "pod-identity-associations"]) => "ListPodIdentityAssociations",
        ("GET", ["access-policies"]) => "ListAccessPolicies",
        ("POST", ["tags", ..]) => "TagResource",
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("GET", ["tags", ..]) => "ListTagsForResource",
        ("GET", ["cluster-versions"]) => "DescribeClusterVersions",
        _ => "unknown",
    }
}

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let caller = match shared.caller(request, "eks", 5) {
        Ok(caller) => caller,
        Err(refusal) => return refused(refusal),
    };
    let now = shared.clock.milliseconds();
    let mut state = shared.state();
    let result = match operation(request) {
        "CreateAccessEntry" => write::create(&mut state, &caller, request, now),
        "UpdateAccessEntry" => write::update(&mut state, &caller, request, now),
        "DeleteAccessEntry" => write::delete(&mut state, &caller, request, now),
        "AssociateAccessPolicy" => write::associate(&mut state, &caller, request, now),
        "DisassociateAccessPolicy" => write::disassociate(&mut state, &caller, request, now),
        "TagResource" => tags::tag(&mut state, &caller, request),
        "UntagResource" => tags::untag(&mut state, &caller, request),
        "ListTagsForResource" => tags::list(&state, &caller, request),
        "ListAccessPolicies" => access_policies(&state, &caller, request),
        "ListClusters" => list(&state, &caller, request),
        "DescribeCluster" => describe(&state, &caller, request),
        "DescribeClusterVersions" => versions::describe(&state, &caller, request),
        "ListAccessEntries" => access_entries::list(&state, &caller, request),
        "DescribeAccessEntry" => access_entries::describe(&state, &caller, request),
        "ListAssociatedAccessPolicies" => access_entries::policies(&state, &caller, request),
        "ListPodIdentityAssociations" => associations(&state, &caller, request),
        _ => Err(error(404, "UnknownOperationException", "Unknown operation")),
    };
    result.unwrap_or_else(|refusal| refusal)
}

/// An error as this service spells it.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message})).with("x-amzn-errortype", code)
}

fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Missing => error(403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        Refusal::Incomplete(message) => error(403, "IncompleteSignatureException", &message),
        Refusal::Unknown => {
            error(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        Refusal::Expired => {
            error(403, "ExpiredTokenException", "The security token included in the request is expired")
        }
        Refusal::Mismatch(canonical) => error(403, "InvalidSignatureException", MISMATCH).because(canonical),
        Refusal::Skew(message) | Refusal::Scope(message) => error(403, "InvalidSignatureException", &message),
    }
}

/// Allows the caller's role an action, or refuses it in AWS's words.
fn authorize(state: &State, caller: &Caller, action: &str, resource: &str) -> Result<(), Reply> {
    iam::authorize(state, &caller.credentials, action, (resource, Some(resource)))
        .map_err(|message| error(403, "AccessDeniedException", &message))
}

fn here<'state>(state: &'state State, caller: &Caller) -> impl Iterator<Item = &'state Cluster> {
    let (account, region) = (caller.credentials.account.clone(), caller.region.clone());
    state.world.clusters.iter().filter(move |cluster| cluster.account == account && cluster.region == region)
}

fn list(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let resource = format!("arn:aws:eks:{}:{}:cluster/*", caller.region, caller.credentials.account);
    authorize(state, caller, "eks:ListClusters", &resource)?;
    let mut names: Vec<&str> = here(state, caller).map(|cluster| cluster.name.as_str()).collect();
    names.sort_unstable();
    let (range, next) = pages::page(&names, request, state.world.settings.page_size)?;
    Ok(Reply::json(200, &json!({"clusters": names[range], "nextToken": next})))
}

fn describe(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let name = request.segments().pop().unwrap_or_default();
    let resource = format!("arn:aws:eks:{}:{}:cluster/{name}", caller.region, caller.credentials.account);
    authorize(state, caller, "eks:DescribeCluster", &resource)?;
    let cluster = find(state, caller, &name)?;
    Ok(Reply::json(200, &json!({"cluster": describe_cluster::shown(state, cluster)})))
}

fn find<'state>(state: &'state State, caller: &Caller, name: &str) -> Result<&'state Cluster, Reply> {
    here(state, caller)
        .find(|cluster| cluster.name == name)
        .ok_or_else(|| not_found(&format!("No cluster found for name: {name}.")))
}

/// 404, with the members that this error always has.
fn not_found(message: &str) -> Reply {
    let body = json!({"clusterName": null, "nodegroupName": null, "fargateProfileName": null, "addonName": null,
        "subscriptionId": null, "message": message});
    Reply::json(404, &body).with("x-amzn-errortype", "ResourceNotFoundException")
}

/// The access policies that there are. No call says what is in them.
fn access_policies(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    authorize(state, caller, "eks:ListAccessPolicies", "*")?;
    let names = write::POLICIES;
    let (range, next) = pages::page(&names, request, state.world.settings.page_size)?;
    let shown = names[range]
        .iter()
        .map(|name| json!({"name": name, "arn": format!("arn:aws:eks::aws:cluster-access-policy/{name}")}));
    Ok(Reply::json(200, &json!({"accessPolicies": shown.collect::<Vec<Value>>(), "nextToken": next})))
}

/// All associations of a namespace or a service account, on one page. Only `DescribePodIdentityAssociation` shows the
/// roles, which the sandbox does not implement.
fn associations(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let name = request.segments().into_iter().nth(1).unwrap_or_default();
    let resource = format!("arn:aws:eks:{}:{}:cluster/{name}", caller.region, caller.credentials.account);
    authorize(state, caller, "eks:ListPodIdentityAssociations", &resource)?;
    let cluster = find(state, caller, &name)?;
    let wanted = |name: &str, own: &str| request.parameter(name).is_none_or(|given| given == own);
    let found = cluster.pod_identities.iter().filter(|association| {
        wanted("namespace", &association.namespace) && wanted("serviceAccount", &association.service_account)
    });
    let shown = found.map(|association| {
        let uid = crate::objects::uid(&["association", &association.namespace, &association.service_account]);
        let id = format!("a-{}", uid.replace('-', "").chars().take(17).collect::<String>());
        let arn = format!("arn:aws:eks:{}:{}:podidentityassociation/{name}/{id}", cluster.region, cluster.account);
        json!({"clusterName": name, "namespace": association.namespace,
            "serviceAccount": association.service_account, "associationArn": arn, "associationId": id})
    });
    Ok(Reply::json(200, &json!({"associations": shown.collect::<Vec<Value>>(), "nextToken": null})))
}

#[cfg(test)]
#[path = "eks/callers_tests.rs"]
mod tests;
