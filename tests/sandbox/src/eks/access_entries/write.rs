//! Access entries, for writing: create, update and delete them, associate access policies and take them away.

use serde_json::{Value, json};

use super::{entry, no_such_entry, open, show, show_policy};
use crate::cluster::{AccessEntry, AssociatedPolicy, Cluster};
use crate::eks::{authorize, error, not_found, tags};
use crate::iam::reserved;
use crate::message::{Reply, Request};
use crate::sigv4::Caller;
use crate::state::State;

const KINDS: [&str; 7] =
    ["STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"];
const RESERVED_NAMES: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];
pub(in crate::eks) const POLICIES: [&str; 7] = [
    "AmazonEKSAdminPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEKSSecretReaderPolicy",
    "AmazonEKSAutoNodePolicy",
];

fn invalid(message: &str) -> Reply {
    error(400, "InvalidParameterException", message)
}

/// An entry for a principal that exists and has none yet.
pub(in crate::eks) fn create(state: &mut State, caller: &Caller, request: &Request, now: i64) -> Result<Reply, Reply> {
    let name = open(state, caller, request, "eks:CreateAccessEntry")?.name.clone();
    let body = body(request)?;
    let text = |key: &str| body[key].as_str();
    let principal = text("principalArn").ok_or_else(|| invalid("principalArn is required"))?;
    check_principal(state, principal)?;
    let kind = text("type").unwrap_or("STANDARD");
    if !KINDS.contains(&kind) {
        return Err(invalid(&format!("The type {kind} is invalid, it must be one of {}", KINDS.join(", "))));
    }
    if kind != "STANDARD" && (!body["kubernetesGroups"].is_null() || text("username").is_some()) {
        return Err(invalid("kubernetesGroups and username can be set for the type STANDARD only"));
    }
    if kind != "STANDARD" && principal.contains(":user/") {
        return Err(invalid(&format!("The principalArn of an access entry of the type {kind} must be an IAM role")));
    }
    let (usual_name, usual_groups) = match kind {
        "STANDARD" => (default_username(principal), Vec::new()),
        _ => ("system:node:{{EC2PrivateDNSName}}".to_owned(), vec!["system:nodes".to_owned()]),
    };
    let tags = tags::given(&body)?;
    if !tags.is_empty() {
        let resource = format!("arn:aws:eks:{}:{}:access-entry/{name}/*", caller.region, caller.credentials.account);
        authorize(state, caller, "eks:TagResource", &resource)?;
    }
    let entry = AccessEntry {
        username: username(&body)?.unwrap_or(usual_name),
        groups: groups(&body)?.unwrap_or(usual_groups),
        kind: kind.to_owned(),
        created_at: Some(now),
        tags,
        ..AccessEntry::new(principal, "", &[])
    };
    let cluster = cluster(state, caller, &name)?;
    if cluster.access_entries.iter().any(|other| other.is_of(principal)) {
        let message = "The specified access entry resource is already in use on this cluster.";
        return Err(error(409, "ResourceInUseException", message));
    }
    let shown = show(cluster, &entry);
    state.delay_entry(&name, principal, now);
    self::cluster(state, caller, &name)?.access_entries.push(entry);
    state.bind_entries(now);
    Ok(Reply::json(200, &json!({"accessEntry": shown})))
}

/// Replaces what is given: the groups as a whole, and the username.
pub(in crate::eks) fn update(state: &mut State, caller: &Caller, request: &Request, now: i64) -> Result<Reply, Reply> {
    let found = open(state, caller, request, "eks:UpdateAccessEntry")?;
    let (name, old) = (found.name.clone(), entry(found, request)?.clone());
    let body = body(request)?;
    let (username, groups) = (username(&body)?, groups(&body)?);
    if old.kind != "STANDARD" && groups.is_some() {
        return Err(invalid("kubernetesGroups can be set for the type STANDARD only"));
    }
    let new = AccessEntry {
        username: username.unwrap_or(old.username),
        groups: groups.unwrap_or(old.groups),
        modified_at: Some(now),
        ..old
    };
    state.delay_entry(&name, &new.principal_arn, now);
    let cluster = cluster(state, caller, &name)?;
    let shown = show(cluster, &new);
    replace(cluster, new);
    Ok(Reply::json(200, &json!({"accessEntry": shown})))
}

/// Deletes an entry with its policies.
pub(in crate::eks) fn delete(state: &mut State, caller: &Caller, request: &Request, now: i64) -> Result<Reply, Reply> {
    let found = open(state, caller, request, "eks:DeleteAccessEntry")?;
    let (name, old) = (found.name.clone(), entry(found, request)?.clone());
    state.delay_entry(&name, &old.principal_arn, now);
    cluster(state, caller, &name)?.access_entries.retain(|other| !other.is_of(&old.principal_arn));
    state.bind_entries(now);
    Ok(Reply::json(200, &json!({})))
}

/// Associates a policy. Each is there once: the namespaces of a second association are added to the first's.
pub(in crate::eks) fn associate(
    state: &mut State,
    caller: &Caller,
    request: &Request,
    now: i64,
) -> Result<Reply, Reply> {
    let found = open(state, caller, request, "eks:AssociateAccessPolicy")?;
    let (name, mut changed) = (found.name.clone(), entry(found, request)?.clone());
    if state.is_too_new(&name, &changed.principal_arn, now) {
        return Err(no_such_entry());
    }
    let body = body(request)?;
    let policy_arn = body["policyArn"].as_str().unwrap_or_default();
    let known = policy_arn.strip_prefix("arn:aws:eks::aws:cluster-access-policy/");
    if !known.is_some_and(|policy| POLICIES.contains(&policy)) {
        return Err(invalid(&format!("The policyArn parameter format is not valid: {policy_arn}")));
    }
    if changed.kind != "STANDARD" {
        return Err(invalid("Access policies can be associated with access entries of the type STANDARD only"));
    }
    let mut namespaces = scope(&body["accessScope"])?;
    let old = changed.policies.iter().position(|policy| policy.policy_arn == policy_arn);
    let old = old.map(|position| changed.policies.remove(position));
    let replaces = state.world.settings.association_replaces_scope != 0;
    if !replaces
        && let (Some(wanted), Some(AssociatedPolicy { namespaces: Some(before), .. })) = (&mut namespaces, &old)
    {
        let new: Vec<String> = wanted.drain(..).filter(|name| !before.contains(name)).collect();
        *wanted = before.iter().cloned().chain(new).collect();
    }
    let associated_at = old.and_then(|old| old.associated_at).or(Some(now));
    let policy = AssociatedPolicy { policy_arn: policy_arn.to_owned(), namespaces, associated_at };
    let shown = json!({"clusterName": name, "principalArn": changed.principal_arn,
        "associatedAccessPolicy": show_policy(&changed, &policy)});
    changed.policies.push(policy);
    state.delay_entry(&name, &changed.principal_arn, now);
    replace(cluster(state, caller, &name)?, changed);
    Ok(Reply::json(200, &shown))
}

/// Takes a policy away, in all namespaces.
pub(in crate::eks) fn disassociate(
    state: &mut State,
    caller: &Caller,
    request: &Request,
    now: i64,
) -> Result<Reply, Reply> {
    let found = open(state, caller, request, "eks:DisassociateAccessPolicy")?;
    let (name, mut changed) = (found.name.clone(), entry(found, request)?.clone());
    let policy_arn = request.segments().into_iter().nth(5).unwrap_or_default();
    let before = changed.policies.len();
    changed.policies.retain(|policy| policy.policy_arn != policy_arn);
    if changed.policies.len() == before {
        return Err(not_found(
            "The specified policyArn could not be found. You can view your associated access policies with \
             'list-associated-access-policies'.",
        ));
    }
    state.delay_entry(&name, &changed.principal_arn, now);
    replace(cluster(state, caller, &name)?, changed);
    Ok(Reply::json(200, &json!({})))
}

fn body(request: &Request) -> Result<Value, Reply> {
    request.json().filter(Value::is_object).ok_or_else(|| error(400, "SerializationException", "no JSON object"))
}

fn cluster<'state>(state: &'state mut State, caller: &Caller, name: &str) -> Result<&'state mut Cluster, Reply> {
    let here = |it: &&mut Cluster| it.name == name && it.account == caller.credentials.account;
    state.world.clusters.iter_mut().find(here).ok_or_else(|| not_found(&format!("No cluster found for name: {name}.")))
}

fn replace(cluster: &mut Cluster, entry: AccessEntry) {
    cluster.access_entries.retain(|other| !other.is_of(&entry.principal_arn));
    cluster.access_entries.push(entry);
}

/// A user or a role that exists, by its ARN with its path.
fn check_principal(state: &State, principal: &str) -> Result<(), Reply> {
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    let is_iam = matches!(parts[..], ["arn", "aws", "iam", "", account, resource]
        if account.len() == 12 && (resource.starts_with("role/") || resource.starts_with("user/")));
    if !is_iam {
        return Err(invalid("The principalArn parameter format is not valid"));
    }
    if principal.contains(":role/aws-service-role/") {
        let message =
            "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role";
        return Err(invalid(message));
    }
    if reserved::current_id(&state.world, &state.reserved_roles, principal).is_none() {
        return Err(invalid("The specified principalArn is invalid: invalid principal."));
    }
    Ok(())
}

/// `arn:aws:sts::111122223333:assumed-role/name/{{SessionName}}`: the role without its path.
pub(crate) fn default_username(principal: &str) -> String {
    let account = principal.split(':').nth(4).unwrap_or_default();
    match principal.split_once(":role/") {
        Some((_, role)) => {
            let name = role.rsplit('/').next().unwrap_or_default();
            format!("arn:aws:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}")
        }
        None => principal.to_owned(),
    }
}

/// The username of a request. Access entries know fewer templates than `aws-auth`; the words of those refusals are not
/// documented.
fn username(body: &Value) -> Result<Option<String>, Reply> {
    let Some(username) = body["username"].as_str() else { return Ok(None) };
    if let Some(prefix) = RESERVED_NAMES.iter().find(|prefix| username.starts_with(**prefix)) {
        return Err(invalid(&format!("The username must not begin with {prefix}")));
    }
    if username.contains("{{SessionNameRaw}}") {
        return Err(invalid("The username contains the unsupported template {{SessionNameRaw}}"));
    }
    let before = username.split_once("{{SessionName}}").map(|(before, _)| before);
    if before.is_some_and(|before| !before.contains(':')) {
        return Err(invalid("The username must contain a colon before {{SessionName}}"));
    }
    Ok(Some(username.to_owned()))
}

fn groups(body: &Value) -> Result<Option<Vec<String>>, Reply> {
    let Some(groups) = body["kubernetesGroups"].as_array() else { return Ok(None) };
    let groups: Vec<String> = groups.iter().filter_map(|group| group.as_str().map(str::to_owned)).collect();
    match groups.iter().find(|group| group.starts_with("system:")) {
        Some(group) => {
            Err(invalid(&format!("The kubernetes group name {group} is invalid, it cannot start with system:")))
        }
        None => Ok(Some(groups)),
    }
}

/// The namespaces of an access scope, which are neither compared with those of the cluster nor checked; None for the
/// whole cluster.
fn scope(scope: &Value) -> Result<Option<Vec<String>>, Reply> {
    let namespaces: Vec<String> =
        scope["namespaces"].as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect();
    match (scope["type"].as_str(), namespaces.is_empty()) {
        (Some("cluster"), true) => Ok(None),
        (Some("namespace"), false) => Ok(Some(namespaces)),
        (Some("cluster"), false) => Err(invalid("namespaces must be empty for an access scope of the type cluster")),
        (Some("namespace"), true) => Err(invalid("namespaces are required for an access scope of the type namespace")),
        _ => Err(invalid("The type of the access scope must be cluster or namespace")),
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
