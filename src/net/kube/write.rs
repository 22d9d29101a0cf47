//! Writes: server-side apply, patches, deletions.
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use serde_json::{Value, json};

use crate::net::kube::objects::object_path;
use crate::net::kube::{KubeApi, KubeFailure, failure};

/// In managedFields, what is ours.
const FIELD_MANAGER: &str = "nsaccess";

/// How an apply is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ApplyOptions {
    /// Takes fields over that others have set; else that is a conflict (409).
    pub(crate) force: bool,
    /// The server does everything but store it.
    pub(crate) dry_run: bool,
}

/// What is applied or deleted: its kind's place in the API, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectName<'a> {
    /// `api/v1`, `apis/rbac.authorization.k8s.io/v1`, …
    pub(crate) api: &'a str,
    pub(crate) plural: &'a str,
    /// `None` for what belongs to the cluster.
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
}

impl KubeApi {
    /// Server-side apply. Needs `patch`, and `create` where the object does not exist.
    pub(crate) async fn apply(
        &self,
        object: ObjectName<'_>,
        body: &Value,
        options: ApplyOptions,
    ) -> Result<Value, KubeFailure> {
        let mut query = vec![("fieldManager", FIELD_MANAGER)];
        query.extend(options.force.then_some(("force", "true")));
        query.extend(options.dry_run.then_some(("dryRun", "All")));
        self.send("PATCH", &full_path(object, &query), Some(("application/apply-patch+yaml", body))).await
    }

    /// A JSON merge patch, if the object still has this resource version; else that is a conflict (409).
    pub(crate) async fn merge_patch(
        &self,
        object: ObjectName<'_>,
        resource_version: &str,
        patch: &Value,
    ) -> Result<Value, KubeFailure> {
        let mut patch = patch.clone();
        patch["metadata"]["resourceVersion"] = json!(resource_version);
        let path = full_path(object, &[("fieldManager", FIELD_MANAGER)]);
        self.send("PATCH", &path, Some(("application/merge-patch+json", &patch))).await
    }

    /// Creates an object; 409 if there is one of its name.
    pub(crate) async fn create(&self, object: ObjectName<'_>, body: &Value) -> Result<Value, KubeFailure> {
        let path = object_path(object.api, object.namespace, object.plural, None, &[("fieldManager", FIELD_MANAGER)]);
        self.send("POST", &path, Some(("application/json", body))).await
    }

    /// The object as it is.
    pub(crate) async fn read(&self, object: ObjectName<'_>) -> Result<Value, KubeFailure> {
        self.send("GET", &full_path(object, &[]), None).await
    }

    /// Deletes an object, if it still has this resource version; else that is a conflict (409).
    pub(crate) async fn delete_version(
        &self,
        object: ObjectName<'_>,
        resource_version: &str,
    ) -> Result<Value, KubeFailure> {
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": resource_version},
        });
        self.send("DELETE", &full_path(object, &[]), Some(("application/json", &options))).await
    }

    /// Deletes an object. False if there was none.
    pub(crate) async fn delete(&self, object: ObjectName<'_>, options: ApplyOptions) -> Result<bool, KubeFailure> {
        let query = if options.dry_run { [("dryRun", "All")].as_slice() } else { &[] };
        match self.send("DELETE", &full_path(object, query), None).await {
            Ok(_) => Ok(true),
            Err(KubeFailure::Status(404, _)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    async fn send(&self, method: &str, path: &str, body: Option<(&str, &Value)>) -> Result<Value, KubeFailure> {
        let mut request = http::Request::builder().method(method).uri(path);
        if let Some((kind, _)) = body {
            request = request.header("content-type", kind);
        }
        let bytes = body.map(|(_, body)| body.to_string().into_bytes()).unwrap_or_default();
        let request = request.body(bytes).map_err(|error| KubeFailure::Unreachable(error.to_string()))?;
        self.client.request(request).await.map_err(failure)
    }
}

fn full_path(object: ObjectName<'_>, query: &[(&str, &str)]) -> String {
    object_path(object.api, object.namespace, object.plural, Some(object.name), query)
}
