//! The cluster of a namespace: named by a pin, known from before, or found by asking EKS and then the clusters.

pub(crate) mod api;
pub(crate) mod find;
mod not_found;
pub(crate) mod not_mapped;
pub(crate) mod proxy;
mod regions;
pub(crate) mod way;

use crate::chain::Chain;
use crate::chain::credentials::{Credentials, own};
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::renewal::NoMeans;
use crate::chain::target::{self, identity};
use crate::disk::kubeconfig::OwnCluster;
use crate::disk::lock::Lock;
use crate::error::{Error, Result};
use crate::model::aws::partition::Partition;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;

/// Where the facts of a cluster came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClusterOrigin {
    /// Our cache: the cluster may have moved.
    Cached,
    /// EKS, in this run.
    Described,
}

/// The cluster's facts as they are known, else found and described.
///
/// # Errors
/// As [`describe`].
pub(crate) async fn facts(credentials: &Credentials<'_>) -> Result<(Cluster, ClusterOrigin)> {
    fresh(&CachedOrDescribed { credentials }).await
}

/// The cluster, described anew: what a kubeconfig is written from.
///
/// # Errors
/// When it cannot be found, described, or chosen.
pub(crate) async fn describe(credentials: &Credentials<'_>) -> Result<Cluster> {
    let cluster = find::find(credentials).await?;
    keep(credentials, &cluster).await;
    Ok(cluster)
}

struct CachedOrDescribed<'a> {
    credentials: &'a Credentials<'a>,
}

impl Kept for CachedOrDescribed<'_> {
    type Value = (Cluster, ClusterOrigin);
    type Reason = &'static str;
    type Means = NoMeans;
    type Failure = Error;

    fn look(&self) -> Result<Look<Self::Value, &'static str>> {
        Ok(match known(self.credentials.chain, &self.credentials.target) {
            Some(cluster) => Look::Fresh((cluster, ClusterOrigin::Cached)),
            None => Look::Stale("not known"),
        })
    }

    fn means(&self) -> &NoMeans {
        &NoMeans
    }

    /// Describing it twice at the same time does no harm.
    async fn lock(&self) -> Result<Option<Lock>> {
        Ok(None)
    }

    async fn fetch(&self, (): &(), _: &'static str) -> Result<Self::Value> {
        Ok((find::find(self.credentials).await?, ClusterOrigin::Described))
    }

    async fn store(&self, (): &(), (cluster, _): &Self::Value) -> Result<()> {
        keep(self.credentials, cluster).await;
        Ok(())
    }
}

/// Keeps the facts, unless the cluster was chosen for once.
async fn keep(credentials: &Credentials<'_>, cluster: &Cluster) {
    let (chain, target) = (credentials.chain, &credentials.target);
    if identity::cluster_chosen_for_once(chain, target) {
        return;
    }
    if let Err(error) = chain.cache.store_cluster(&target.access.name, cluster) {
        chain.ui.warning(&format!("cannot cache the cluster: {error}"));
    }
    own::link_cluster(chain, target, cluster).await;
}

/// All facts of the cluster as the cache has them, if they are of the cluster that is meant.
pub(crate) fn known(chain: &Chain<'_>, target: &Target) -> Option<Cluster> {
    let (name, region) = known_name(chain, target)?;
    let is_meant = |known: &Cluster| known.name == name && region.as_ref().is_none_or(|region| *region == known.region);
    let cached = chain.cache.cluster(&target.access.name).filter(is_meant);
    cached.or_else(|| of_entry(chain, target).filter(is_meant))
}

/// The cluster as our own kubeconfig entry has it: what kubectl uses, and what is left when the cache was deleted. Who was
/// chosen for once has another one.
fn of_entry(chain: &Chain<'_>, target: &Target) -> Option<Cluster> {
    if identity::chosen_for_once(chain, target) {
        return None;
    }
    let merged = chain.kubeconfigs.merged().ok()?;
    let OwnCluster { name, region, cluster } = merged.own_cluster(&target.entry)?;
    let partition = Partition::of_region(&region).name;
    Some(Cluster {
        arn: format!("arn:{partition}:eks:{region}:{}:cluster/{name}", target.account()),
        name,
        region,
        endpoint: cluster.server.clone(),
        tls_server_name: cluster.tls_server_name.clone(),
        certificate_authority_data: cluster.certificate_authority_data.clone()?,
        authentication_mode: None,
        version: None,
    })
}

/// The name, and if known the region, of the namespace's cluster, without a call: pinned, kept, or of our own entry in the
/// kubeconfig. What was found in another
/// account before does not count.
pub(crate) fn known_name(chain: &Chain<'_>, target: &Target) -> Option<(String, Option<String>)> {
    let pins = chain.settings.pins(target.access.name.as_str());
    let pinned_region = pins.region.map(|region| region.value);
    if let Some(cluster) = pins.cluster {
        return Some((cluster.value, pinned_region));
    }
    let cached = chain.cache.cluster(&target.access.name).or_else(|| of_entry(chain, target))?;
    let contradicted = pinned_region.is_some_and(|region| region != cached.region);
    let same_account =
        cached.arn.split(':').nth(4).is_none_or(|account| target.identity.account().is_none_or(|own| own == account));
    (same_account && !contradicted).then_some((cached.name, Some(cached.region)))
}

/// The region of a namespace without a call: pinned, of its cluster, of its profile, or the only one there is.
pub(crate) fn known_region(chain: &Chain<'_>, target: &Target) -> Option<String> {
    let pinned = chain.settings.pins(target.access.name.as_str()).region.map(|region| region.value);
    let of_cluster = || known_name(chain, target)?.1;
    let of_profile = || chain.aws_config.profile(&target.entry)?.get("region").map(str::to_owned);
    let only = || match regions::named(chain, target).as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    pinned.or_else(of_cluster).or_else(of_profile).or_else(only)
}

/// The region to work in, without a call: the known one, else the first of those that clusters are looked for in.
pub(crate) fn likely_region(chain: &Chain<'_>, target: &Target) -> String {
    let first = || regions::named(chain, target).into_iter().next();
    known_region(chain, target).or_else(first).unwrap_or_else(|| target::region_of_sts(chain, target))
}
