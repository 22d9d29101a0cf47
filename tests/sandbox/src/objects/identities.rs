//! Workloads that have an IAM role: by IRSA, by EKS Pod Identity, and several in one pod.

use serde_json::{Value, json};

use super::{deployment, job, metadata, service_account, stateful_set, template};

/// A service account with IRSA's annotation for a role.
pub fn service_account_with_role(namespace: &str, name: &str, role_arn: &str) -> Value {
    let mut account = service_account(namespace, name);
    account["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": role_arn});
    account
}

/// Sets the service account of a pod or template.
pub fn running_as(mut object: Value, account: &str) -> Value {
    object["spec"]["serviceAccountName"] = json!(account);
    object["spec"]["serviceAccount"] = json!(account);
    object
}

/// A CronJob without a running Job.
pub fn cron_job(namespace: &str, name: &str, schedule: &str, template: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata("CronJob", Some(namespace), name),
        "spec": {"schedule": schedule, "concurrencyPolicy": "Forbid", "suspend": false,
            "jobTemplate": {"spec": {"template": template}}},
        "status": {"lastScheduleTime": "2026-10-05T02:00:00Z"}})
}

/// The workloads for trying roles. The roles are named `idp-demo-<name>`: `billing` (a Deployment), `ledger` (a
/// StatefulSet) and `reports` (a Job and a CronJob) by IRSA; a Deployment `gateway`, whose second container `audit`
/// names its own role; and a Deployment `mailer` by EKS Pod Identity, whose association
/// [`Cluster::add_identities`](crate::Cluster::add_identities) makes.
pub fn identities(namespace: &str, account: &str) -> Vec<Value> {
    let role = |name: &str| format!("arn:aws:iam::{account}:role/idp-demo-{name}");
    let of = |name: &str| running_as(template(name, &[("http", 8080, "http")]), name);
    let with_role = |name: &str| service_account_with_role(namespace, name, &role(name));
    let mut objects: Vec<Value> = ["billing", "ledger", "reports", "gateway"].map(with_role).to_vec();
    objects.push(service_account(namespace, "mailer"));
    objects.extend(deployment(namespace, "billing", 2, &of("billing")));
    objects.extend(stateful_set(namespace, "ledger", 1, &of("ledger")));
    objects.extend(job(namespace, "reports", &of("reports")));
    objects.push(cron_job(namespace, "reports-nightly", "0 2 * * *", &of("reports")));
    let mut gateway = of("gateway");
    let audit = json!({"name": "audit", "image": "example.com/audit:1.0.0", "env": [
        {"name": "AWS_ROLE_ARN", "value": role("audit")},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}]});
    if let Some(containers) = gateway["spec"]["containers"].as_array_mut() {
        containers.push(audit);
    }
    objects.extend(deployment(namespace, "gateway", 1, &gateway));
    objects.extend(deployment(namespace, "mailer", 1, &of("mailer")));
    objects
}
