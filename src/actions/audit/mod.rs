//! `audit`: reads what a cluster says about who may do what, every list once, and all of them at the same time. What may not
//! be read is noted with the right that it needs.

mod aws;
mod cluster;

use futures_util::future::{join, join3, join4};

use crate::chain::administrator::Administrator;
use crate::error::Result;
use crate::model::audit::picture::{ClusterFacts, Picture, Read, Scope, Unread};

/// Takes the picture.
///
/// # Errors
/// When the cluster cannot be reached, does not know the identity, or has no such namespace.
pub(crate) async fn take(administrator: &Administrator<'_>, scope: Scope) -> Result<Picture> {
    let namespace = match &scope {
        Scope::Namespace(name) => Some(name.as_str()),
        Scope::All => None,
    };
    let minor = cluster::minor_version(administrator).await?;
    let facts = facts(administrator, minor);
    let ((namespaces, aws_auth), (roles, cluster_roles, bindings, cluster_bindings), (entries, iam_roles)) = join3(
        join(cluster::namespaces(administrator, namespace), cluster::aws_auth(administrator, &facts)),
        join4(
            cluster::roles(administrator, namespace),
            cluster::cluster_roles(administrator),
            cluster::bindings(administrator, namespace),
            cluster::cluster_bindings(administrator),
        ),
        join(aws::entries(administrator, &facts), aws::roles(administrator)),
    )
    .await;
    let mut picture = Picture {
        scope,
        at: administrator.chain.host.now(),
        caller: administrator.aws().ok().map(|aws| aws.caller_arn.clone()),
        cluster: facts,
        entries,
        aws_auth: aws_auth?,
        roles: roles?,
        cluster_roles: cluster_roles?,
        bindings: bindings?,
        cluster_bindings: cluster_bindings?,
        namespaces: namespaces?,
        iam: iam_roles,
    };
    aws::look_for_users(administrator, &mut picture).await;
    Ok(picture)
}

fn facts(administrator: &Administrator<'_>, minor: Option<u32>) -> ClusterFacts {
    let name = administrator.cluster_name().to_owned();
    match administrator.aws() {
        Ok(aws) => {
            let cluster = &aws.cluster;
            ClusterFacts { name, region: cluster.region.clone(), mode: cluster.authentication_mode.clone(), minor }
        }
        Err(_) => ClusterFacts { name, minor, ..ClusterFacts::default() },
    }
}

/// What was not read, and what follows.
fn failed<T>(what: &'static str, needs: Option<String>, why: impl Into<String>, so: &'static str) -> Read<T> {
    Read::Failed(Unread { what, needs, why: why.into(), so })
}
