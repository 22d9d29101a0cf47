//! Roles, bindings and namespaces: get and list.

use serde_json::Value;

use crate::model::kube::rbac::{Binding, Role};
use crate::net::kube::{KubeApi, KubeFailure};

/// Group and version of roles and bindings.
const RBAC: &str = "apis/rbac.authorization.k8s.io/v1";

impl KubeApi {
    /// `None`: there is no such Role.
    pub(crate) async fn get_role(&self, namespace: &str, name: &str) -> Result<Option<Role>, KubeFailure> {
        unless_missing(self.get_object(RBAC, Some(namespace), "roles", name).await)
    }

    /// `None`: there is no such RoleBinding.
    pub(crate) async fn get_role_binding(&self, namespace: &str, name: &str) -> Result<Option<Binding>, KubeFailure> {
        unless_missing(self.get_object(RBAC, Some(namespace), "rolebindings", name).await)
    }

    /// In a namespace, or in all.
    pub(crate) async fn list_roles(&self, namespace: Option<&str>) -> Result<Vec<Role>, KubeFailure> {
        Ok(self.list(RBAC, namespace, "roles", None).await?.0)
    }

    pub(crate) async fn list_cluster_roles(&self) -> Result<Vec<Role>, KubeFailure> {
        Ok(self.list(RBAC, None, "clusterroles", None).await?.0)
    }

    /// In a namespace, or in all; those with a label, or all.
    pub(crate) async fn list_role_bindings(
        &self,
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<Vec<Binding>, KubeFailure> {
        Ok(self.list(RBAC, namespace, "rolebindings", selector).await?.0)
    }

    pub(crate) async fn list_cluster_role_bindings(&self) -> Result<Vec<Binding>, KubeFailure> {
        Ok(self.list(RBAC, None, "clusterrolebindings", None).await?.0)
    }

    pub(crate) async fn list_namespaces(&self) -> Result<Vec<Value>, KubeFailure> {
        Ok(self.list("api/v1", None, "namespaces", None).await?.0)
    }
}

/// Nothing, where the answer is 404.
pub(crate) fn unless_missing<T>(answer: Result<T, KubeFailure>) -> Result<Option<T>, KubeFailure> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(KubeFailure::Status(404, _)) => Ok(None),
        Err(failure) => Err(failure),
    }
}
