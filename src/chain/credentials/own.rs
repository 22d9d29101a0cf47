//! The cached credentials that count as the namespace's own: those the warm path may use.

use crate::chain::credentials::made_from::made_from;
use crate::chain::session::standing::keeping_lock;
use crate::chain::target::identity;
use crate::chain::{Chain, Presence, access};
use crate::disk::cache::{CachedCredentials, MadeFrom};
use crate::error::Result;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;
use crate::model::settings::Flags;

/// Makes the target the namespace's own, now that the profile names it: the flags that chose it are no longer needed.
pub(crate) async fn settle(chain: &Chain<'_>, target: &Target, cluster: &Cluster) {
    let _ = chain.cache.store_cluster(&target.access.name, cluster);
    if let Ok(Some(decided)) = decided_without_flags(chain, target) {
        let cluster = Some((cluster.name.clone(), cluster.region.clone()));
        keep_as_own(chain, target, decided, |_| cluster).await;
    }
}

/// Keeps a cluster that a flag named, now that the kubeconfig leads there, unless another identity was chosen with it.
pub(crate) fn keep_cluster(chain: &Chain<'_>, target: &Target, cluster: &Cluster) {
    if !identity::chosen_for_once(chain, target) {
        let _ = chain.cache.store_cluster(&target.access.name, cluster);
    }
}

/// Records what the slow path found, so that the next call takes the warm one. `cluster`: what the token was signed for.
pub(crate) async fn keep_warm(chain: &Chain<'_>, target: &Target, cluster: (&str, &str)) {
    let Some(config_fingerprint) = identity::fingerprint_for(chain, target) else { return };
    let Ok(made_from) = made_from(chain, target) else { return };
    let for_once = identity::cluster_chosen_for_once(chain, target);
    let named = Some((cluster.0.to_owned(), cluster.1.to_owned()));
    let stood = config_fingerprint.clone();
    keep_as_own(chain, target, Decided { config_fingerprint, made_from }, |cached| match for_once {
        // kubectl names it each time; with another configuration the cached cluster may be another one.
        true => cached.cluster.clone().filter(|_| cached.config_fingerprint.as_ref() == Some(&stood)),
        false => named,
    })
    .await;
}

/// Puts the cluster beside the cached credentials, for the warm path. Best effort.
/// Under the lock: otherwise a sign-out between the read and the write would be undone.
pub(crate) async fn link_cluster(chain: &Chain<'_>, target: &Target, cluster: &Cluster) {
    let Ok(_lock) = keeping_lock(chain, &target.identity).await else { return };
    let wanted = Some((cluster.name.clone(), cluster.region.clone()));
    let own =
        chain.cache.own_credentials(&target.access.name).filter(|cached| cached.identity.is(&target.identity.key()));
    if let Some(cached) = own.filter(|cached| cached.cluster != wanted) {
        let _ = chain.cache.store_credentials(&target.access.name, &CachedCredentials { cluster: wanted, ..cached });
    }
}

/// What credentials that are the namespace's own were decided on.
struct Decided {
    config_fingerprint: String,
    made_from: Option<MadeFrom>,
}

/// Rewrites what the cache has of a target as the namespace's own. Best effort. Under the lock: otherwise a
/// sign-out between the read and the write would be undone.
async fn keep_as_own(
    chain: &Chain<'_>,
    target: &Target,
    Decided { config_fingerprint, made_from }: Decided,
    cluster: impl FnOnce(&CachedCredentials) -> Option<(String, String)>,
) {
    let changed = |cached: &CachedCredentials, cluster: &Option<(String, String)>| {
        cached.config_fingerprint.as_ref() != Some(&config_fingerprint)
            || cached.made_from != made_from
            || cached.cluster != *cluster
    };
    let definition = |made_from: &Option<MadeFrom>| made_from.as_ref().map(|made_from| made_from.definition.clone());
    let cached = || {
        let cached = chain.cache.credentials(&target.access.name, &target.identity.key());
        cached.filter(|cached| definition(&cached.made_from) == definition(&made_from))
    };
    let Some(before) = cached() else { return };
    let cluster = cluster(&before);
    if !changed(&before, &cluster) {
        return;
    }
    let Ok(_lock) = keeping_lock(chain, &target.identity).await else { return };
    if let Some(cached) = cached() {
        let own = CachedCredentials {
            config_fingerprint: Some(config_fingerprint.clone()),
            made_from: made_from.clone(),
            cluster,
            ..cached
        };
        let _ = chain.cache.store_credentials(&target.access.name, &own);
    }
}

fn decided_without_flags(chain: &Chain<'_>, target: &Target) -> Result<Option<Decided>> {
    let anew = Chain::open_anywhere(chain.host, chain.ui, &Flags::default(), Presence::Nobody)?;
    let access = access::named(&anew, target.access.name.clone())?;
    let is_own = anew.known_target(&access)?.is_some_and(|known| known == *target);
    let made_from = made_from(&anew, target)?;
    let fingerprint = identity::fingerprint_for(&anew, target).filter(|_| is_own);
    Ok(fingerprint.map(|config_fingerprint| Decided { config_fingerprint, made_from }))
}
