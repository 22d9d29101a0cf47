//! Writes aws-auth: our items in the text as it is now, unless somebody has written it since it was read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::actions::grants::look::aws_auth_of;
use crate::actions::grants::refusals::explain;
use crate::chain::administrator::Administrator;
use crate::error::{Error, Kind, Result};
use crate::model::grants::objects;
use crate::model::grants::state::{AwsAuthEdit, State};
use crate::net::kube::KubeFailure;
use crate::net::kube::write::ObjectName;

const OBJECT: ObjectName<'_> =
    ObjectName { api: "api/v1", plural: "configmaps", namespace: Some("kube-system"), name: "aws-auth" };
/// How often a write is tried while others keep writing.
const TRIES: u32 = 60;
/// The longest pause between two of them; how long each is, is left to chance, so that writers get out of step.
const LONGEST_PAUSE: u32 = 400;

/// Makes the edits.
///
/// # Errors
/// When the text cannot be edited, or the cluster does not take it.
pub(super) async fn write(administrator: &Administrator<'_>, edits: &[AwsAuthEdit]) -> Result<()> {
    for _ in 0..TRIES {
        let read = administrator.call(async |api| crate::net::kube::unless_missing(api.read(OBJECT).await)).await?;
        let read = read.map_err(|failure| refused(administrator, failure))?;
        match write_once(administrator, read.as_ref(), edits).await? {
            Ok(()) => return Ok(()),
            Err(KubeFailure::Status(409, words)) => {
                administrator.chain.ui.detail(&format!("{words}; trying again"));
                tokio::time::sleep(pause()).await;
            }
            Err(failure) => return Err(refused(administrator, failure)),
        }
    }
    Err(Error::new(Kind::Failure, "cannot write the ConfigMap kube-system/aws-auth")
        .because(format!("something else changed it at the same time, {TRIES} times in a row"))
        .try_next(
            "kubectl -n kube-system get configmap aws-auth -o yaml --show-managed-fields   # shows what changes it",
        ))
}

async fn write_once(
    administrator: &Administrator<'_>,
    found: Option<&Value>,
    edits: &[AwsAuthEdit],
) -> Result<Result<(), KubeFailure>> {
    let mut state = State { aws_auth: found.map(aws_auth_of), ..State::default() };
    let before = state.aws_auth.clone();
    for edit in edits {
        state.edit_aws_auth(edit.clone())?;
    }
    if state.aws_auth == before {
        return Ok(Ok(()));
    }
    let version = found.and_then(|object| object["metadata"]["resourceVersion"].as_str()).unwrap_or_default();
    let after = state.aws_auth;
    administrator
        .call(async |api| match (&before, &after) {
            (_, None) => api.delete_version(OBJECT, version).await.map(drop),
            // In a merge patch null removes a key.
            (Some(_), Some(after)) => {
                let patch = json!({"data": {"mapRoles": after.map_roles, "mapUsers": after.map_users}});
                api.merge_patch(OBJECT, version, &without_unchanged(patch, &before)).await.map(drop)
            }
            (None, Some(after)) => {
                let mut data = serde_json::Map::new();
                data.extend(after.map_roles.clone().map(|text| ("mapRoles".to_owned(), json!(text))));
                data.extend(after.map_users.clone().map(|text| ("mapUsers".to_owned(), json!(text))));
                let object = json!({
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": {
                        "name": "aws-auth", "namespace": "kube-system",
                        "labels": {objects::MANAGED_BY: objects::FIELD_MANAGER},
                    },
                    "data": data,
                });
                api.create(OBJECT, &object).await.map(drop)
            }
        })
        .await
}

/// A patch of the lists that differ, so that we own no field that we did not change.
fn without_unchanged(mut patch: Value, before: &Option<crate::model::grants::state::AwsAuth>) -> Value {
    let old = |key: &str| match (key, before) {
        ("mapRoles", Some(before)) => json!(before.map_roles),
        ("mapUsers", Some(before)) => json!(before.map_users),
        _ => Value::Null,
    };
    if let Some(data) = patch["data"].as_object_mut() {
        data.retain(|key, value| *value != old(key));
    }
    patch
}

fn refused(administrator: &Administrator<'_>, failure: KubeFailure) -> Error {
    let what = "cannot write the ConfigMap kube-system/aws-auth";
    explain(administrator, (what, "get and patch (at first: create) configmaps in kube-system"), failure)
}

fn pause() -> Duration {
    let random = getrandom::u32().unwrap_or_default();
    Duration::from_millis(u64::from(20 + random % LONGEST_PAUSE))
}
