//! Access entries, for reading: `ListAccessEntries`, `DescribeAccessEntry` and `ListAssociatedAccessPolicies`.

pub(crate) mod write;

use serde_json::{Value, json};

use super::pages::page;
use super::{authorize, error, find, not_found};
use crate::cluster::{AccessEntry, AssociatedPolicy, Cluster};
use crate::message::{Reply, Request};
use crate::sigv4::Caller;
use crate::state::State;

/// The principals that have entries.
pub(super) fn list(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let cluster = open(state, caller, request, "eks:ListAccessEntries")?;
    let policy = request.parameter("associatedPolicyArn");
    let has = |entry: &&AccessEntry| {
        policy.as_ref().is_none_or(|arn| entry.policies.iter().any(|policy| policy.policy_arn == *arn))
    };
    let mut principals: Vec<&str> =
        cluster.access_entries.iter().filter(has).map(|entry| entry.principal_arn.as_str()).collect();
    principals.sort_unstable();
    let (range, next) = page(&principals, request, state.world.settings.page_size)?;
    Ok(Reply::json(200, &json!({"accessEntries": principals[range], "nextToken": next})))
}

/// One entry.
pub(super) fn describe(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let cluster = open(state, caller, request, "eks:DescribeAccessEntry")?;
    let entry = entry(cluster, request)?;
    Ok(Reply::json(200, &json!({"accessEntry": show(cluster, entry)})))
}

/// The access policies of one entry.
pub(super) fn policies(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let cluster = open(state, caller, request, "eks:ListAssociatedAccessPolicies")?;
    let entry = entry(cluster, request)?;
    let names: Vec<&str> = entry.policies.iter().map(|policy| policy.policy_arn.as_str()).collect();
    let (range, next) = page(&names, request, state.world.settings.page_size)?;
    let shown: Vec<Value> = entry.policies[range].iter().map(|policy| show_policy(entry, policy)).collect();
    Ok(Reply::json(
        200,
        &json!({"clusterName": cluster.name, "principalArn": entry.principal_arn, "nextToken": next,
            "associatedAccessPolicies": shown}),
    ))
}

/// The cluster of a request, if the caller may do this and the cluster has access entries at all.
fn open<'state>(
    state: &'state State,
    caller: &Caller,
    request: &Request,
    action: &str,
) -> Result<&'state Cluster, Reply> {
    let segments = request.segments();
    let name = segments.get(1).map(String::as_str).unwrap_or_default();
    let place = format!("arn:aws:eks:{}:{}", caller.region, caller.credentials.account);
    let resource = match segments.get(3) {
        Some(principal) => format!("{place}:access-entry/{name}/{}", principal_part(principal)),
        None => format!("{place}:cluster/{name}"),
    };
    authorize(state, caller, action, &resource)?;
    let cluster = find(state, caller, name)?;
    if cluster.authentication_mode == "CONFIG_MAP" {
        let message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform \
            this operation.";
        return Err(error(400, "InvalidRequestException", message));
    }
    Ok(cluster)
}

fn entry<'state>(cluster: &'state Cluster, request: &Request) -> Result<&'state AccessEntry, Reply> {
    let principal = request.segments().into_iter().nth(3).unwrap_or_default();
    cluster.access_entries.iter().find(|entry| entry.is_of(&principal)).ok_or_else(no_such_entry)
}

fn no_such_entry() -> Reply {
    not_found(
        "The specified principalArn could not be found. You can view your available access entries with \
         'list-access-entries'.",
    )
}

/// The ARN of an entry.
pub(super) fn entry_arn(cluster: &Cluster, entry: &AccessEntry) -> String {
    let place = format!("arn:aws:eks:{}:{}", cluster.region, cluster.account);
    format!("{place}:access-entry/{}/{}", cluster.name, principal_part(&entry.principal_arn))
}

/// `role/111122223333/name/uid`: how the ARN of an entry names the principal, without its path.
fn principal_part(principal_arn: &str) -> String {
    let mut parts = principal_arn.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let kind = resource.split('/').next().unwrap_or_default();
    let name = resource.rsplit('/').next().unwrap_or_default();
    format!("{kind}/{account}/{name}/{}", crate::objects::uid(&["access-entry", principal_arn]))
}

fn show(cluster: &Cluster, entry: &AccessEntry) -> Value {
    let created = entry.created_at.unwrap_or_default();
    json!({
        "clusterName": cluster.name,
        "principalArn": entry.principal_arn,
        "kubernetesGroups": entry.groups,
        "accessEntryArn": entry_arn(cluster, entry),
        "createdAt": seconds(created),
        "modifiedAt": seconds(entry.modified_at.unwrap_or(created)),
        "tags": entry.tags,
        "username": entry.username,
        "type": entry.kind,
    })
}

fn show_policy(entry: &AccessEntry, policy: &AssociatedPolicy) -> Value {
    let at = seconds(policy.associated_at.or(entry.created_at).unwrap_or_default());
    let scope = match &policy.namespaces {
        Some(namespaces) => json!({"type": "namespace", "namespaces": namespaces}),
        None => json!({"type": "cluster", "namespaces": []}),
    };
    json!({"policyArn": policy.policy_arn, "accessScope": scope, "associatedAt": at, "modifiedAt": at})
}

/// Milliseconds since 1970 as the JSON protocol spells a time.
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
#[path = "access_entries_tests.rs"]
mod tests;
