//! The resources that the API serves, and their discovery.

use serde_json::{Value, json};

use super::openapi;
use crate::message::Reply;

/// One resource.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) group: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) short: &'static [&'static str],
    pub(crate) verbs: &'static [&'static str],
}

const STORED: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const CREATE: &[&str] = &["create"];
const RBAC: &str = "rbac.authorization.k8s.io";

const fn stored(
    group: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
    short: &'static [&'static str],
) -> Resource {
    Resource { group, plural, kind, namespaced, short, verbs: STORED }
}

const fn review(group: &'static str, plural: &'static str, kind: &'static str) -> Resource {
    Resource { group, plural, kind, namespaced: false, short: &[], verbs: CREATE }
}

/// All served resources, all in version `v1`.
pub(crate) const RESOURCES: &[Resource] = &[
    stored("", "configmaps", "ConfigMap", true, &["cm"]),
    stored("", "endpoints", "Endpoints", true, &["ep"]),
    stored("", "events", "Event", true, &["ev"]),
    stored("", "namespaces", "Namespace", false, &["ns"]),
    stored("", "pods", "Pod", true, &["po"]),
    Resource { group: "", plural: "pods/log", kind: "Pod", namespaced: true, short: &[], verbs: &["get"] },
    Resource {
        group: "",
        plural: "pods/exec",
        kind: "PodExecOptions",
        namespaced: true,
        short: &[],
        verbs: &["create", "get"],
    },
    Resource {
        group: "",
        plural: "pods/portforward",
        kind: "PodPortForwardOptions",
        namespaced: true,
        short: &[],
        verbs: &["create", "get"],
    },
    stored("", "secrets", "Secret", true, &[]),
    stored("", "serviceaccounts", "ServiceAccount", true, &["sa"]),
    Resource {
        group: "",
        plural: "serviceaccounts/token",
        kind: "TokenRequest",
        namespaced: true,
        short: &[],
        verbs: CREATE,
    },
    stored("", "services", "Service", true, &["svc"]),
    stored("apps", "daemonsets", "DaemonSet", true, &["ds"]),
    stored("apps", "deployments", "Deployment", true, &["deploy"]),
    stored("apps", "replicasets", "ReplicaSet", true, &["rs"]),
    stored("apps", "statefulsets", "StatefulSet", true, &["sts"]),
    review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    stored("batch", "cronjobs", "CronJob", true, &["cj"]),
    stored("batch", "jobs", "Job", true, &[]),
    stored("discovery.k8s.io", "endpointslices", "EndpointSlice", true, &[]),
    stored(RBAC, "clusterrolebindings", "ClusterRoleBinding", false, &[]),
    stored(RBAC, "clusterroles", "ClusterRole", false, &[]),
    stored(RBAC, "rolebindings", "RoleBinding", true, &[]),
    stored(RBAC, "roles", "Role", true, &[]),
];

/// The resource of a group and a plural name, `pods` or `pods/log`.
pub(crate) fn find(group: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.group == group && resource.plural == plural)
}

fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> =
        RESOURCES.iter().map(|resource| resource.group).filter(|group| !group.is_empty()).collect();
    groups.dedup();
    groups
}

fn group(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resource_list(group: &str) -> Option<Reply> {
    let resources: Vec<Value> = RESOURCES
        .iter()
        .filter(|resource| resource.group == group)
        .map(|resource| {
            let singular =
                if resource.plural.contains('/') { String::new() } else { resource.kind.to_ascii_lowercase() };
            let mut shown = json!({"name": resource.plural, "singularName": singular, "namespaced": resource.namespaced,
                "kind": resource.kind, "verbs": resource.verbs});
            if !resource.short.is_empty() {
                shown["shortNames"] = json!(resource.short);
            }
            shown
        })
        .collect();
    let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let list = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources});
    (!resources.is_empty()).then(|| Reply::json(200, &list))
}

/// The documents that describe the API, for paths that are no resources.
pub(crate) fn discover(path: &str, version: &str) -> Option<Reply> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        ["version"] => Some(Reply::json(200, &version_info(version))),
        ["livez" | "readyz" | "healthz"] => Some(Reply::new(200, "text/plain; charset=utf-8", "ok")),
        ["api"] => Some(Reply::json(
            200,
            &json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "ip-10-20-0-1.eu-west-1.compute.internal:443"}]}),
        )),
        ["apis"] => {
            let all: Vec<Value> = groups().into_iter().map(group).collect();
            Some(Reply::json(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": all})))
        }
        ["openapi", "v3"] => Some(openapi::root(&groups())),
        ["openapi", "v3", "api", "v1"] => Some(openapi::paths("")),
        ["openapi", "v3", "apis", name, "v1"] if groups().contains(name) => Some(openapi::paths(name)),
        ["api", "v1"] => resource_list(""),
        ["apis", name] if groups().contains(name) => {
            let mut shown = json!({"kind": "APIGroup", "apiVersion": "v1"});
            if let (Some(shown), Some(group)) = (shown.as_object_mut(), group(name).as_object()) {
                shown.extend(group.clone());
            }
            Some(Reply::json(200, &shown))
        }
        ["apis", name, "v1"] => resource_list(name),
        _ => None,
    }
}

fn version_info(version: &str) -> Value {
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    json!({"major": major, "minor": minor, "emulationMajor": major, "emulationMinor": minor,
        "gitVersion": format!("v{version}.5-eks-113cf36"), "gitCommit": "113cf3697e1d6a4f4b3c5d2e1f0a9b8c7d6e5f4a",
        "gitTreeState": "clean", "buildDate": "2026-10-01T12:00:00Z", "goVersion": "go1.25.3", "compiler": "gc", "platform": "linux/amd64"})
}
