//! The regions that clusters are looked for in.

use crate::chain::{Chain, access, ambient, target};
use crate::model::aws::regions;
use crate::model::aws::target::Target;
use crate::model::settings::Origin;

/// Pinned, configured, else the one of the target's own Identity Center, or of the profile that its credentials come from.
pub(super) fn named(chain: &Chain<'_>, target: &Target) -> Vec<String> {
    configured(chain, target).unwrap_or_else(|| beside_identity(chain, target).into_iter().collect())
}

/// Where somebody said to look.
fn configured(chain: &Chain<'_>, target: &Target) -> Option<Vec<String>> {
    let regions = &chain.settings.regions;
    match chain.settings.pins(target.access.name.as_str()).region {
        Some(region) => Some(vec![region.value]),
        None if regions.origin == Origin::Default || regions.value.is_empty() => None,
        None => Some(regions.value.clone()),
    }
}

/// The same, and where nobody named one, those of the clusters that are set up here.
pub(super) fn first(chain: &Chain<'_>, target: &Target) -> Vec<String> {
    if let Some(regions) = configured(chain, target) {
        return regions;
    }
    let mut regions = named(chain, target);
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
    match configured(chain, target) {
        None => regions::beside(first).map(str::to_owned).collect(),
        Some(_) => Vec::new(),
    }
}

fn beside_identity(chain: &Chain<'_>, target: &Target) -> Option<String> {
    match target.identity.source_profile() {
        Some(source) => ambient::region(chain.host, Some(source)),
        None => target.portal().map(|portal| portal.region.clone()),
    }
}
