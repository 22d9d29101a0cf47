//! What Kubernetes is asked.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::actions::audit::failed;
use crate::chain::administrator::Administrator;
use crate::error::{Error, Kind, Result};
use crate::model::audit::picture::{AwsAuth, ClusterFacts, Read};
use crate::model::kube::rbac::{Binding, Role};
use crate::net::kube::{KubeApi, KubeFailure};

/// What a list is called, the right that it needs, and what is not evaluated without it.
struct Wanted {
    what: &'static str,
    needs: String,
    so: &'static str,
}

/// The server's minor version. This is also the first question: whether the cluster can be reached at all.
pub(super) async fn minor_version(administrator: &Administrator<'_>) -> Result<Option<u32>> {
    match administrator.call(async |api: KubeApi| api.get_minor_version().await).await? {
        Ok(minor) => Ok(minor),
        Err(failure @ KubeFailure::Unreachable(_)) => Err(failure.into_error(administrator.cluster_name())),
        Err(_) => Ok(None),
    }
}

async fn read<T>(
    administrator: &Administrator<'_>,
    wanted: Wanted,
    call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
) -> Result<Read<T>> {
    match administrator.call(call).await? {
        Ok(found) => Ok(Read::Done(found)),
        Err(KubeFailure::Status(code, words)) => {
            let needs = (code == 403).then_some(wanted.needs);
            Ok(failed(wanted.what, needs, format!("{code}: {words}"), wanted.so))
        }
        Err(failure) => Err(failure.into_error(administrator.cluster_name())),
    }
}

fn everywhere_or(namespace: Option<&str>) -> String {
    namespace.map_or_else(|| "in all namespaces".to_owned(), |name| format!("in {name}"))
}

pub(super) async fn roles(administrator: &Administrator<'_>, namespace: Option<&str>) -> Result<Read<Vec<Role>>> {
    let wanted = Wanted {
        what: "Roles",
        needs: format!("list roles {}", everywhere_or(namespace)),
        so: "bindings to Roles are not evaluated",
    };
    read(administrator, wanted, async |api: KubeApi| api.list_roles(namespace).await).await
}

pub(super) async fn cluster_roles(administrator: &Administrator<'_>) -> Result<Read<Vec<Role>>> {
    let wanted = Wanted {
        what: "ClusterRoles",
        needs: "list clusterroles".to_owned(),
        so: "bindings to ClusterRoles are not evaluated",
    };
    read(administrator, wanted, async |api: KubeApi| api.list_cluster_roles().await).await
}

pub(super) async fn bindings(administrator: &Administrator<'_>, namespace: Option<&str>) -> Result<Read<Vec<Binding>>> {
    let wanted = Wanted {
        what: "RoleBindings",
        needs: format!("list rolebindings {}", everywhere_or(namespace)),
        so: "permissions in namespaces are not evaluated",
    };
    read(administrator, wanted, async |api: KubeApi| api.list_role_bindings(namespace, None).await).await
}

pub(super) async fn cluster_bindings(administrator: &Administrator<'_>) -> Result<Read<Vec<Binding>>> {
    let wanted = Wanted {
        what: "ClusterRoleBindings",
        needs: "list clusterrolebindings".to_owned(),
        so: "permissions in the whole cluster are not evaluated",
    };
    read(administrator, wanted, async |api: KubeApi| api.list_cluster_role_bindings().await).await
}

/// The namespace that was asked for, or all.
///
/// # Errors
/// [`Kind::NotFound`] where it does not exist.
pub(super) async fn namespaces(
    administrator: &Administrator<'_>,
    namespace: Option<&str>,
) -> Result<Read<Vec<String>>> {
    let Some(name) = namespace else {
        let wanted = Wanted {
            what: "namespaces",
            needs: "list namespaces".to_owned(),
            so: "mappings for namespaces that do not exist are not detected",
        };
        let all = read(administrator, wanted, async |api: KubeApi| api.list_namespaces().await).await?;
        return Ok(match all {
            Read::Done(all) => Read::Done(all.iter().filter_map(name_of).collect()),
            Read::Failed(unread) => Read::Failed(unread),
            Read::NotNeeded => Read::NotNeeded,
        });
    };
    match administrator.call(async |api: KubeApi| api.get_namespace(name).await).await? {
        Ok(_) => Ok(Read::Done(vec![name.to_owned()])),
        Err(KubeFailure::Status(404, _)) => {
            let cluster = administrator.cluster_name();
            Err(Error::new(Kind::NotFound, format!("namespace {name:?} not found in the cluster {cluster}"))
                .try_next("nsaccess audit --all"))
        }
        // Whoever may not read it is told by the lists what is missing.
        Err(_) => Ok(Read::Done(vec![name.to_owned()])),
    }
}

fn name_of(object: &Value) -> Option<String> {
    object["metadata"]["name"].as_str().map(str::to_owned)
}

pub(super) async fn aws_auth(administrator: &Administrator<'_>, facts: &ClusterFacts) -> Result<Read<Option<AwsAuth>>> {
    let wanted = Wanted {
        what: "ConfigMap aws-auth",
        needs: "get configmaps aws-auth in kube-system".to_owned(),
        so: "principals mapped there are not evaluated",
    };
    let found =
        read(administrator, wanted, async |api: KubeApi| match api.get_config_map("kube-system", "aws-auth").await {
            Err(KubeFailure::Status(404, _)) => Ok(None),
            answer => answer.map(Some),
        });
    Ok(match found.await? {
        Read::Done(object) => Read::Done(object.map(|object| AwsAuth::parse(&data(&object)))),
        Read::Failed(_) if !facts.reads_aws_auth() => Read::NotNeeded,
        Read::Failed(unread) => Read::Failed(unread),
        Read::NotNeeded => Read::NotNeeded,
    })
}

fn data(object: &Value) -> BTreeMap<String, String> {
    let data = object["data"].as_object().into_iter().flatten();
    data.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
