//! Access entries, and the ConfigMap aws-auth.

use std::collections::BTreeSet;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use crate::actions::grants::look::View;
use crate::actions::grants::refusals::ask;
use crate::chain::administrator::{Administrator, refused};
use crate::error::{Kind, Result};
use crate::model::grants::grant::Way;
use crate::model::grants::granting::Note;
use crate::model::grants::objects;
use crate::model::grants::principal::Principal;
use crate::model::grants::state::AwsAuth;
use crate::model::kube::access_entry::AccessEntry;
use crate::net::aws::failure::Class;

/// Where aws-auth is.
const SYSTEM: &str = "kube-system";
const CONFIG_MAP: &str = "aws-auth";
/// Entries that are read at the same time.
const AT_ONCE: usize = 4;

/// The entries of other roles that the same permission set had or has: they share its bindings.
pub(super) async fn look_at_siblings(
    administrator: &Administrator<'_>,
    principals: &BTreeSet<&Principal>,
    view: &mut View,
) -> Result<()> {
    let Ok(aws) = administrator.aws() else {
        view.notes.push(Note::Warning("access entries were not checked (no AWS identity)".to_owned()));
        view.unseen = true;
        return Ok(());
    };
    let sets: Vec<_> =
        principals.iter().filter_map(|one| Some((one.account.as_str(), one.permission_set()?))).collect();
    if sets.is_empty() || aws.cluster.authentication_mode.as_deref() == Some("CONFIG_MAP") {
        return Ok(());
    }
    let listed = match administrator.eks()?.list_access_entries(&aws.cluster.name).await {
        Ok(listed) => listed,
        Err(failure) if failure.class == Class::Denied => {
            let words = "other roles of the permission set were not checked";
            view.notes.push(Note::Warning(format!("{words}: {failure} (requires eks:ListAccessEntries)")));
            return Ok(());
        }
        Err(failure) => {
            return Err(refused(failure, "cannot list the access entries", "eks:ListAccessEntries", &aws.caller_arn));
        }
    };
    let roles: Vec<Principal> = listed.iter().filter_map(|arn| Principal::parse(arn).ok()).collect();
    let siblings = roles.iter().filter(|role| {
        role.permission_set().is_some_and(|set| sets.contains(&(role.account.as_str(), set)))
            && !principals.contains(role)
    });
    for entry in read_entries(administrator, &siblings.collect()).await? {
        view.state.entries.insert(entry.principal_arn.to_ascii_lowercase(), entry);
    }
    Ok(())
}

/// All access entries with their policies.
///
/// # Errors
/// When they cannot be listed or read.
pub(crate) async fn all_entries(administrator: &Administrator<'_>) -> Result<Vec<AccessEntry>> {
    let aws = administrator.aws()?;
    if aws.cluster.authentication_mode.as_deref() == Some("CONFIG_MAP") {
        return Ok(Vec::new());
    }
    let waiting = administrator.chain.ui.waiting("reading access entries");
    let progress = |done: usize, count: usize| waiting.update(&format!("reading access entries: {done} of {count}"));
    let entries = administrator.eks()?.read_access_entries(&aws.cluster.name, &progress).await;
    drop(waiting);
    entries.map_err(|failure| {
        let rights = "eks:ListAccessEntries, eks:DescribeAccessEntry and eks:ListAssociatedAccessPolicies";
        refused(failure, "cannot read the access entries", rights, &aws.caller_arn)
    })
}

/// Access entries and aws-auth, as far as the cluster reads them.
pub(super) async fn look_at_mappings(
    administrator: &Administrator<'_>,
    principals: &BTreeSet<&Principal>,
    way: Option<Way>,
    view: &mut View,
) -> Result<()> {
    let mode = administrator.aws().ok().and_then(|aws| aws.cluster.authentication_mode.clone());
    let wants_entries = mode.as_deref() != Some("CONFIG_MAP") && administrator.aws().is_ok();
    let wants_config_map = mode.as_deref() != Some("API");
    let entries = async { if wants_entries { read_entries(administrator, principals).await } else { Ok(Vec::new()) } };
    let config_map = async { if wants_config_map { read_aws_auth(administrator).await } else { Ok(None) } };
    let (entries, config_map) = join(entries, config_map).await;
    for entry in entries? {
        view.state.entries.insert(entry.principal_arn.to_ascii_lowercase(), entry);
    }
    let needs_config_map = way == Some(Way::AwsAuth) || mode.as_deref() == Some("CONFIG_MAP") || !wants_entries;
    match config_map {
        Ok(config_map) => view.state.aws_auth = config_map,
        Err(error) if error.kind == Kind::Denied && !needs_config_map => {
            view.state.aws_auth_unseen = Some(error.to_string());
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn read_entries(
    administrator: &Administrator<'_>,
    principals: &BTreeSet<&Principal>,
) -> Result<Vec<AccessEntry>> {
    let aws = administrator.aws()?;
    let eks = administrator.eks()?;
    let reads = stream::iter(principals.iter().map(|principal| principal.arn())).map(async |arn| {
        match eks.read_access_entry(&aws.cluster.name, &arn).await {
            Ok(entry) => Ok(Some(entry)),
            Err(failure) if failure.class == Class::NotFound => Ok(None),
            Err(failure) => {
                let rights = "eks:DescribeAccessEntry and eks:ListAssociatedAccessPolicies";
                Err(refused(failure, &format!("cannot read the access entry of {arn}"), rights, &aws.caller_arn))
            }
        }
    });
    let found: Vec<_> = reads.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// The ConfigMap. `None`: there is none.
///
/// # Errors
/// When it cannot be read.
pub(in crate::actions::grants) async fn read_aws_auth(administrator: &Administrator<'_>) -> Result<Option<AwsAuth>> {
    let what = ("cannot read the ConfigMap kube-system/aws-auth", "get configmaps aws-auth in kube-system");
    let found = ask(administrator, what, async |api| {
        crate::net::kube::unless_missing(api.get_config_map(SYSTEM, CONFIG_MAP).await)
    });
    Ok(found.await?.as_ref().map(aws_auth_of))
}

/// What a ConfigMap says.
pub(in crate::actions::grants) fn aws_auth_of(object: &Value) -> AwsAuth {
    let text = |key: &str| object["data"][key].as_str().map(str::to_owned);
    let data = object["data"].as_object();
    let is_other = |key: &String| key != "mapRoles" && key != "mapUsers";
    AwsAuth {
        map_roles: text("mapRoles"),
        map_users: text("mapUsers"),
        has_other_data: data.is_some_and(|data| data.keys().any(is_other)) || object["binaryData"].is_object(),
        is_ours: object["metadata"]["labels"][objects::MANAGED_BY] == objects::FIELD_MANAGER,
        appliers: appliers(object),
    }
}

/// Programs that write the data from a file or a chart, and so write it again.
fn appliers(object: &Value) -> Vec<String> {
    const KNOWN: &[&str] = &["apply", "argocd", "flux", "helm", "kustomize", "terraform", "hashicorp", "pulumi"];
    let managers = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let of_data = managers.filter(|entry| entry["fieldsV1"]["f:data"].is_object());
    let mut names: Vec<String> = of_data
        .filter(|entry| {
            entry["operation"] == "Apply" || {
                let name = entry["manager"].as_str().unwrap_or_default().to_ascii_lowercase();
                KNOWN.iter().any(|known| name.contains(known))
            }
        })
        .filter_map(|entry| entry["manager"].as_str().map(str::to_owned))
        .filter(|name| name != objects::FIELD_MANAGER)
        .collect();
    names.dedup();
    names
}
