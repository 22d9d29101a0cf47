//! EKS's admission webhook: it gives new pods access to the role of their service account.
//!
//! After `pkg/handler` of `aws/amazon-eks-pod-identity-webhook`, which serves IRSA and EKS Pod Identity alike: what a
//! container sets itself stays, and a container with one of the two variables that name the role gets neither.

use serde_json::{Value, json};

use crate::cluster::PodIdentity;

const ROLE: &str = "eks.amazonaws.com/role-arn";
const SKIP: &str = "eks.amazonaws.com/skip-containers";

/// One of the two ways to get a role.
struct Way {
    volume: &'static str,
    folder: &'static str,
    audience: &'static str,
    file: &'static str,
    variables: [(&'static str, String); 2],
}

/// Configures a pod for the role of its service account, if it has one. An association with EKS Pod Identity wins over
/// the annotation of IRSA.
pub(super) fn inject(pod: &mut Value, account: Option<&Value>, associations: &[PodIdentity], region: &str) {
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
    let name = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let associated = associations.iter().any(|it| it.namespace == namespace && it.service_account == name);
    let role = account.and_then(|account| account["metadata"]["annotations"][ROLE].as_str());
    let way = match (associated, role) {
        (true, _) => pod_identity(),
        (false, Some(role)) => irsa(role),
        (false, None) => return,
    };
    let skipped = pod["metadata"]["annotations"][SKIP].as_str().unwrap_or_default().to_owned();
    for list in ["initContainers", "containers"] {
        // Indexing a missing key would insert a null, which no API server does.
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            if !skipped.split(',').any(|skip| skip.trim() == name) {
                fill(container, &way, region);
            }
        }
    }
    let token = json!({"audience": way.audience, "expirationSeconds": 86400, "path": way.file});
    let volume = json!({"name": way.volume,
        "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": token}]}});
    push_new(&mut pod["spec"]["volumes"], volume);
}

fn irsa(role: &str) -> Way {
    let folder = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
    Way {
        volume: "aws-iam-token",
        folder,
        audience: "sts.amazonaws.com",
        file: "token",
        variables: [("AWS_ROLE_ARN", role.to_owned()), ("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{folder}/token"))],
    }
}

fn pod_identity() -> Way {
    let (folder, file) = ("/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", "eks-pod-identity-token");
    Way {
        volume: "eks-pod-identity-token",
        folder,
        audience: "pods.eks.amazonaws.com",
        file,
        variables: [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials".to_owned()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", format!("{folder}/{file}")),
        ],
    }
}

fn fill(container: &mut Value, way: &Way, region: &str) {
    let has = |container: &Value, names: &[&str]| {
        let set = container["env"].as_array().into_iter().flatten();
        set.filter_map(|variable| variable["name"].as_str()).any(|name| names.contains(&name))
    };
    let mut wanted = Vec::new();
    if !has(container, &["AWS_STS_REGIONAL_ENDPOINTS"]) {
        wanted.push(("AWS_STS_REGIONAL_ENDPOINTS", "regional".to_owned()));
    }
    if !has(container, &["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        wanted.extend([("AWS_DEFAULT_REGION", region.to_owned()), ("AWS_REGION", region.to_owned())]);
    }
    if !has(container, &way.variables.each_ref().map(|(name, _)| *name)) {
        wanted.extend(way.variables.clone());
    }
    for (name, value) in wanted {
        push_new(&mut container["env"], json!({"name": name, "value": value}));
    }
    let mount = json!({"name": way.volume, "mountPath": way.folder, "readOnly": true});
    push_new(&mut container["volumeMounts"], mount);
}

/// Adds an entry, unless there is one with its name.
fn push_new(list: &mut Value, entry: Value) {
    if !list.is_array() {
        *list = json!([]);
    }
    if let Some(entries) = list.as_array_mut()
        && !entries.iter().any(|other| other["name"] == entry["name"])
    {
        entries.push(entry);
    }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
