//! EKS, in JSON over REST: `ListClusters`, `DescribeCluster` and `ListPodIdentityAssociations`, signed.

mod describe_cluster;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::message::{Reply, Request};
use crate::sigv4::{Caller, Refusal};
use crate::state::{Shared, State};
use crate::sts::MISMATCH;

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["clusters"]) => "ListClusters",
        ("GET", ["clusters", _]) => "DescribeCluster",
        ("GET", ["clusters", _, "pod-identity-associations"]) => "ListPodIdentityAssociations",
        _ => "unknown",
    }
}

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let caller = match shared.caller(request, "eks", 5) {
        Ok(caller) => caller,
        Err(refusal) => return refused(refusal),
    };
    let state = shared.state();
    let result = match operation(request) {
        "ListClusters" => list(&state, &caller, request),
        "DescribeCluster" => describe(&state, &caller, request),
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
    let role = &caller.credentials.permission_set;
    let denied = state.denied_actions.iter().any(|(who, what)| (who == "*" || who == role) && what == action);
    if !denied {
        return Ok(());
    }
    let message = format!(
        "User: {} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action",
        caller.credentials.caller_arn()
    );
    Err(error(403, "AccessDeniedException", &message))
}

fn here<'state>(state: &'state State, caller: &Caller) -> impl Iterator<Item = &'state Cluster> {
    let (account, region) = (caller.credentials.account.clone(), caller.region.clone());
    state.world.clusters.iter().filter(move |cluster| cluster.account == account && cluster.region == region)
}

fn list(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let resource = format!("arn:aws:eks:{}:{}:cluster/*", caller.region, caller.credentials.account);
    authorize(state, caller, "eks:ListClusters", &resource)?;
    let invalid = |message: &str| error(400, "InvalidParameterException", message);
    let mut names: Vec<&str> = here(state, caller).map(|cluster| cluster.name.as_str()).collect();
    names.sort_unstable();
    let size = match request.parameter("maxResults").map(|text| text.parse::<usize>()) {
        None => usize::try_from(state.world.settings.page_size).unwrap_or(100),
        Some(Ok(size @ 1..=100)) => size,
        Some(_) => return Err(invalid("maxResults must be between 1 and 100")),
    };
    let start = match request.parameter("nextToken") {
        None => 0,
        Some(token) => {
            let name = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let position = name.and_then(|name| names.iter().position(|candidate| *candidate == name));
            position.ok_or_else(|| invalid("Invalid nextToken"))?
        }
    };
    let end = names.len().min(start + size);
    let next = names.get(end).map(|name| STANDARD.encode(name));
    Ok(Reply::json(200, &json!({"clusters": names[start..end], "nextToken": next})))
}

fn describe(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let name = request.segments().pop().unwrap_or_default();
    let resource = format!("arn:aws:eks:{}:{}:cluster/{name}", caller.region, caller.credentials.account);
    authorize(state, caller, "eks:DescribeCluster", &resource)?;
    let cluster = find(state, caller, &name)?;
    Ok(Reply::json(200, &json!({"cluster": describe_cluster::shown(state, cluster)})))
}

fn find<'state>(state: &'state State, caller: &Caller, name: &str) -> Result<&'state Cluster, Reply> {
    here(state, caller).find(|cluster| cluster.name == name).ok_or_else(|| {
        let message = format!("No cluster found for name: {name}.");
        let body = json!({"clusterName": null, "nodegroupName": null, "fargateProfileName": null, "addonName": null,
            "subscriptionId": null, "message": message});
        Reply::json(404, &body).with("x-amzn-errortype", "ResourceNotFoundException")
    })
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
