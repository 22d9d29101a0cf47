//! The regions that clusters are looked for in.

use crate::chain::{Chain, access, ambient, target};
use crate::model::aws::regions;
use crate::model::aws::target::Target;
use crate::model::settings::Origin;

/// Pinned, configured, else the one of the target's own Identity Center, or of the profile that its credentials come from.
pub(super) fn named(chain: &Chain<'_>, target: &Target) -> Vec<String> {
    if let Some(region) = chain.settings.pins(target.access.name.as_str()).region {
        return vec![region.value];
    }
    let configured = &chain.settings.regions;
    match configured.origin {
        Origin::Default => beside_identity(chain, target).into_iter().collect(),
        _ if configured.value.is_empty() => beside_identity(chain, target).into_iter().collect(),
        _ => configured.value.clone(),
    }
}

/// The same, and where nobody named one, those of the clusters that are set up here.
pub(super) fn first(chain: &Chain<'_>, target: &Target) -> Vec<String> {
    let mut regions = named(chain, target);
    if !is_free(chain, target) {
        return regions;
    }
    let Ok(merged) = chain.kubeconfigs.merged() else { return regions };
    for name in access::set_up(chain) {
        let Ok(access) = access::named(chain, name) else { continue };
        let region = merged.own_cluster(&target::entry(chain, &access)).map(|own| own.region);
        regions.extend(region.filter(|region| !regions.contains(region)));
    }
    regions
}

/// All others, if nobody named where to look.
pub(super) fn others(chain: &Chain<'_>, target: &Target, first: &[String]) -> Vec<String> {
    match is_free(chain, target) {
        true => regions::beside(first).map(str::to_owned).collect(),
        false => Vec::new(),
    }
}

fn is_free(chain: &Chain<'_>, target: &Target) -> bool {
    let is_pinned = chain.settings.pins(target.access.name.as_str()).region.is_some();
    let configured = &chain.settings.regions;
    !is_pinned && (configured.origin == Origin::Default || configured.value.is_empty())
}

fn beside_identity(chain: &Chain<'_>, target: &Target) -> Option<String> {
    match target.identity.source_profile() {
        Some(source) => ambient::region(chain.host, Some(source)),
        None => target.portal().map(|portal| portal.region.clone()),
    }
}
