//! A CronJob that takes a binding back when its time is over, for clusters where nobody runs `revoke --expired`.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Entry, Format, Request, objects};
use crate::error::{Error, Result};
use crate::model::grants::objects::{FIELD_MANAGER, MANAGED_BY, time_text};

/// Kubernetes' own image of kubectl; it has no shell.
/// <https://github.com/kubernetes/kubernetes/tree/master/build/server-image/kubectl>
const IMAGE: &str = "registry.k8s.io/kubectl:v1.34.2";
const RBAC: &str = "rbac.authorization.k8s.io";

/// What the reader has to know of the job.
pub(super) const COMMENT: &str = "\
The CronJobs delete the bindings when their time is over. What they cannot do:
- The groups (or the policies) of the access entry or the item of aws-auth stay; without the binding a group gives
  nothing. `nsaccess revoke --expired` removes both, and the CronJob is not needed then.
- An engine that keeps a cluster as it is in git makes a deleted binding anew: remove it in git, too.
- A binding that gets another time keeps its CronJob's: render both again.";

/// A schedule of cron has no year, so that a time further away would come too early, and one that is over too late.
const FURTHEST_DAYS: i64 = 360;

/// # Errors
/// Where the format or a time does not go with the job.
pub(super) fn check(format: Format, request: &Request) -> Result<()> {
    if !matches!(format, Format::Manifests | Format::Kustomize | Format::AwsCli) {
        return Err(Error::usage(format!("--format {} does not support --with-expiry-job", format.name()))
            .because("only manifests, kustomize and aws-cli can contain a CronJob")
            .try_next("nsaccess revoke --expired   # revokes expired grants, including in AWS"));
    }
    let times = request.entries.iter().filter_map(|entry| Some((entry, entry.until?)));
    for (entry, until) in times {
        let seconds = until.duration_since(request.now).as_secs();
        let (who, namespace) = (&entry.recipient, &entry.namespace);
        if seconds <= 0 {
            return Err(Error::usage(format!("{who} in {namespace} has already expired: {}", time_text(until))));
        }
        if seconds > FURTHEST_DAYS * 86_400 {
            return Err(Error::usage(format!(
                "{who} in {namespace} expires too late for a CronJob: {}",
                time_text(until)
            ))
            .because(format!("a cron schedule has no year, so at most {FURTHEST_DAYS} days are possible")));
        }
    }
    Ok(())
}

/// ServiceAccount, Role, RoleBinding and CronJob. Nothing for a grant without end, or one that is no binding.
pub(super) fn objects(entry: &Entry) -> Vec<Value> {
    let (Some(until), Some(binding)) = (entry.until, objects::binding(entry)) else { return Vec::new() };
    let namespace = &entry.namespace;
    let binding = binding["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    // A CronJob's name has 52 characters at most: its jobs' names are longer.
    let slug = entry.recipient.slug();
    let name = format!("nsaccess-ends-{}", &slug[slug.len().saturating_sub(38)..]).replace("--", "-");
    let time = until.to_zoned(TimeZone::UTC);
    // Cron has no seconds: not before the time is over.
    let time = if time.second() > 0 || time.subsec_nanosecond() > 0 {
        time.checked_add(jiff::Span::new().minutes(1)).unwrap_or(time)
    } else {
        time
    };
    let schedule = format!("{} {} {} {} *", time.minute(), time.hour(), time.day(), time.month());
    let metadata = json!({"name": name, "namespace": namespace, "labels": {MANAGED_BY: FIELD_MANAGER}});
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        json!({
            "apiVersion": format!("{RBAC}/v1"),
            "kind": "Role",
            "metadata": metadata,
            "rules": [{
                "apiGroups": [RBAC], "resources": ["rolebindings"], "resourceNames": [binding], "verbs": ["delete"],
            }],
        }),
        json!({
            "apiVersion": format!("{RBAC}/v1"),
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }),
        json!({
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": metadata,
            "spec": {
                "schedule": schedule,
                "timeZone": "Etc/UTC",
                "concurrencyPolicy": "Forbid",
                "successfulJobsHistoryLimit": 1,
                "jobTemplate": {"spec": {"backoffLimit": 6, "template": {"spec": pod(&name, &binding, namespace)}}},
            },
        }),
    ]
}

/// A pod that the strictest of the Pod Security Standards takes.
fn pod(account: &str, binding: &str, namespace: &str) -> Value {
    json!({
        "serviceAccountName": account,
        "restartPolicy": "OnFailure",
        "securityContext": {
            "runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{
            "name": "kubectl",
            "image": IMAGE,
            // Without waiting, for that would need the right to read the binding.
            "args": [
                "delete", "rolebinding", binding, format!("--namespace={namespace}"), "--ignore-not-found",
                "--wait=false",
            ],
            "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            },
        }],
    })
}
