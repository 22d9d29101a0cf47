//! The cluster: what EKS says of it, and the way to it.

mod entry;
mod probe;

pub(super) use probe::reached;

use crate::actions::doctor::Scene;
use crate::actions::doctor::grant::{Granted, split};
use crate::actions::doctor::limit::in_time;
use crate::chain::cluster::{self as stage, way};
use crate::chain::credentials::Credentials;
use crate::error::{Error, Kind};
use crate::model::aws::access_keys::AccessKeys;
use crate::model::doctor::cluster::eks::{Entry, Place, State, judge_described, judge_version};
use crate::model::doctor::cluster::{DESCRIBED, VERSION};
use crate::model::doctor::grant::Answer;
use crate::model::doctor::judgement::Judgement;
use crate::model::kube::cluster::{Cluster, ClusterDetails};
use crate::net::aws::eks::{ClusterDescription, Eks};
use crate::net::aws::endpoint::Service;

/// The cluster as EKS describes it now; where the role may not ask EKS, as the kubeconfig has it.
pub(super) struct Described {
    /// With the address that is gone to: of a tunnel, if the context has one.
    pub(super) cluster: Cluster,
    /// `None`: EKS may not be asked.
    pub(super) details: Option<ClusterDetails>,
    /// The endpoint that EKS names; with a tunnel, it is not gone to.
    endpoint: String,
    keys: AccessKeys,
}

/// A cluster's name and region.
struct Named {
    name: String,
    region: String,
    is_pinned: bool,
    /// Whether the kubeconfig's server is known to be this cluster's.
    is_of_context: bool,
}

/// Asks EKS.
pub(super) async fn described(scene: &Scene<'_>, granted: Option<&Granted>) -> Option<Described> {
    let granted = granted?;
    scene.board.check(&DESCRIBED, describe(scene, granted)).await
}

async fn describe(scene: &Scene<'_>, granted: &Granted) -> (Judgement, Option<Described>) {
    let named = match named(scene, granted).await {
        Ok(named) => named,
        Err(judgement) => return (judgement, None),
    };
    let (chain, keys) = (scene.chain, &granted.credentials.keys);
    let host = chain.aws.host_of(Service::Eks, &named.region);
    let place = Place {
        namespace: scene.access.name.as_str(),
        name: &named.name,
        region: &named.region,
        account: granted.target.account(),
        role: granted.target.role(),
        is_pinned: named.is_pinned,
        is_of_context: named.is_of_context,
        host: &host,
    };
    let eks = Eks::new(&chain.aws, keys, &named.region);
    let (answer, description) = split(in_time(Box::pin(eks.describe_any_cluster(&named.name))).await);
    let state = description.as_ref().map(|ClusterDescription { cluster, details, status, .. }| State {
        status: status.clone(),
        details: details.clone(),
        authentication_mode: cluster.authentication_mode.clone(),
    });
    let judgement = judge_described(&answer.with(state.unwrap_or_default()), &place);
    let facts = match (&answer, description) {
        (_, Some(ClusterDescription { cluster, details, .. })) => {
            let endpoint = cluster.endpoint.clone();
            let cluster = way::through_tunnel(scene.chain, scene.access, &cluster);
            Some(Described { cluster, details: Some(details), endpoint, keys: keys.clone() })
        }
        (Answer::Denied(_) | Answer::Unauthorized(_), None) => as_in_kubeconfig(scene, named, keys),
        _ => None,
    };
    (judgement, facts)
}

/// Which cluster is meant: the one that kubectl goes to, else a pinned, a known one, or one that is found.
async fn named(scene: &Scene<'_>, granted: &Granted) -> Result<Named, Judgement> {
    let (chain, target) = (scene.chain, &granted.target);
    let known = stage::known_name(chain, target).map(|(name, region)| {
        let is_pinned = chain.settings.pins(target.access.name.as_str()).cluster.is_some();
        let region = region.unwrap_or_else(|| stage::likely_region(chain, target));
        Named { name, region, is_pinned, is_of_context: false }
    });
    if let Some((name, region)) = entry::own_cluster(scene) {
        let is_pinned = known.is_some_and(|known| known.is_pinned && known.name == name);
        return Ok(Named { name, region, is_pinned, is_of_context: true });
    }
    if let Some(known) = known {
        return Ok(known);
    }
    let credentials = Credentials::with(chain, target.clone(), granted.credentials.clone());
    match in_time(Box::pin(stage::describe(&credentials))).await {
        Some(Ok(cluster)) => {
            Ok(Named { name: cluster.name, region: cluster.region, is_pinned: false, is_of_context: false })
        }
        Some(Err(error)) => Err(not_named(&error)),
        None => Err(Judgement::unknown("the clusters of the account could not be listed within 5 seconds")),
    }
}

fn not_named(error: &Error) -> Judgement {
    match error.kind {
        Kind::Denied => Judgement::skipped(format!("the cluster is unknown: {error} (needs eks:ListClusters)")),
        _ => Judgement::unknown(error.to_string()),
    }
}

/// What the kubeconfig says of the cluster. A token is sent there, so it must be of this cluster, and not of a context that
/// somebody else wrote under our name.
fn as_in_kubeconfig(scene: &Scene<'_>, named: Named, keys: &AccessKeys) -> Option<Described> {
    if !named.is_of_context {
        return None;
    }
    let Entry { server, authority_data, tls_server_name, .. } = entry::of(scene)?;
    let cluster = Cluster {
        name: named.name,
        arn: String::new(),
        region: named.region,
        endpoint: server,
        tls_server_name,
        certificate_authority_data: authority_data?,
        authentication_mode: None,
        version: None,
    };
    Some(Described { endpoint: cluster.endpoint.clone(), cluster, details: None, keys: keys.clone() })
}

async fn version(scene: &Scene<'_>, described: Option<&Described>) {
    scene.board.judge(&VERSION, support(scene, described)).await;
}

async fn support(scene: &Scene<'_>, described: Option<&Described>) -> Judgement {
    let Some(Described {
        cluster: Cluster { version: Some(version), region, .. }, details: Some(details), keys, ..
    }) = described
    else {
        return Judgement::skipped("not allowed to read the version (needs eks:DescribeCluster)");
    };
    let eks = Eks::new(&scene.chain.aws, keys, region);
    let (answer, support) = split(in_time(Box::pin(eks.version_support(version))).await);
    judge_version(version, &answer.with(support.flatten()), details.extends_support)
}
