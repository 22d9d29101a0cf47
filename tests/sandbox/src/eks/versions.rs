//! `DescribeClusterVersions`.

use serde_json::{Value, json};

use super::pages::page;
use super::{authorize, error};
use crate::message::{Reply, Request};
use crate::sigv4::Caller;
use crate::state::State;
use crate::text::form_pairs;
use crate::world::ClusterVersion;

/// The versions that were asked for, the newest first. Those without support are shown on demand only.
pub(super) fn describe(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let resource = format!("arn:aws:eks:{}:{}:*", caller.region, caller.credentials.account);
    authorize(state, caller, "eks:DescribeClusterVersions", &resource)?;
    let query = form_pairs(&request.query);
    let named: Vec<&str> =
        query.iter().filter(|(name, _)| name == "clusterVersions").map(|(_, value)| value.as_str()).collect();
    let status = status(request)?;
    let is_set = |name: &str| request.parameter(name).is_some_and(|value| value == "true");
    let every = is_set("includeAll") || !named.is_empty() || status.is_some();
    let mut found: Vec<&ClusterVersion> = state.world.cluster_versions.iter().collect();
    found.sort_by_key(|version| std::cmp::Reverse(minor(version)));
    let default = found.iter().find(|version| version.status == "STANDARD_SUPPORT").map(|it| it.version.clone());
    found.retain(|version| {
        (every || version.status != "UNSUPPORTED")
            && (named.is_empty() || named.contains(&version.version.as_str()))
            && status.as_ref().is_none_or(|wanted| *wanted == version.status)
            && (!is_set("defaultOnly") || default.as_ref() == Some(&version.version))
    });
    let names: Vec<&str> = found.iter().map(|version| version.version.as_str()).collect();
    let (range, next) = page(&names, request, 100)?;
    let shown: Vec<Value> = found[range].iter().map(|version| show(version, default.as_deref())).collect();
    Ok(Reply::json(200, &json!({"clusterVersions": shown, "nextToken": next})))
}

fn minor(version: &ClusterVersion) -> u32 {
    version.version.split_once('.').and_then(|(_, minor)| minor.parse().ok()).unwrap_or(0)
}

/// The wanted status, in the spelling of `versionStatus`; the older parameter is in lower case.
fn status(request: &Request) -> Result<Option<String>, Reply> {
    let old = request.parameter("status").map(|status| status.to_ascii_uppercase().replace('-', "_"));
    match request.parameter("versionStatus").or(old) {
        Some(status) if !["STANDARD_SUPPORT", "EXTENDED_SUPPORT", "UNSUPPORTED"].contains(&status.as_str()) => {
            Err(error(400, "InvalidParameterException", &format!("Invalid version status: {status}")))
        }
        status => Ok(status),
    }
}

fn show(version: &ClusterVersion, default: Option<&str>) -> Value {
    json!({
        "clusterVersion": version.version,
        "clusterType": "eks",
        "defaultPlatformVersion": "eks.12",
        "defaultVersion": default == Some(version.version.as_str()),
        "releaseDate": version.release_date,
        "endOfStandardSupportDate": version.end_of_standard_support,
        "endOfExtendedSupportDate": version.end_of_extended_support,
        "status": version.status,
        "versionStatus": version.status,
        "kubernetesPatchVersion": format!("{}.5", version.version),
    })
}

#[cfg(test)]
#[path = "versions_tests.rs"]
mod tests;
