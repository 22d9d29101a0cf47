//! The regions of IAM Identity Center: which one a request is for, by the host that it was sent to. A host of AWS is
//! reached through the proxy; a port of its own is what a client is led to that takes one address for a service. The
//! addresses that everybody gets are in no region, or in all of them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::doors;
use crate::services::Service;
use crate::state::{Shared, State};
use crate::world::PortalId;

/// The addresses of the two services of Identity Center in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Regional {
    pub(crate) oidc: String,
    pub(crate) portal: String,
}

/// What there is of regions beside the one of each Identity Center.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    /// The regions to which an Identity Center is replicated.
    pub(crate) replicas: Vec<(PortalId, String)>,
    /// Ports of a region's own.
    ports: BTreeMap<String, Regional>,
}

impl Regions {
    /// The service and the region that a host is of.
    pub(crate) fn of_host(&self, host: &str) -> Option<(Service, String)> {
        if let Some(rest) = host.strip_suffix(".amazonaws.com") {
            let of = |prefix: &str| rest.strip_prefix(prefix).map(str::to_owned);
            let portal = || of("portal.sso.").map(|region| (Service::Portal, region));
            return of("oidc.").map(|region| (Service::Oidc, region)).or_else(portal);
        }
        self.ports.iter().find_map(|(region, regional)| {
            let is_it = |url: &str| url.strip_prefix("http://") == Some(host);
            let service = if is_it(&regional.oidc) {
                Service::Oidc
            } else if is_it(&regional.portal) {
                Service::Portal
            } else {
                return None;
            };
            Some((service, region.clone()))
        })
    }
}

impl State {
    /// Whether an Identity Center answers in a region. A request that names none is for any.
    pub(crate) fn is_in(&self, portal: PortalId, region: Option<&str>) -> bool {
        let replicas = || self.regions.replicas.iter().filter(|(id, _)| *id == portal);
        region.is_none_or(|asked| {
            self.world.sso_region_of(portal) == asked || replicas().any(|(_, replica)| replica == asked)
        })
    }
}

/// The addresses of a region, on ports that are opened for it when it is asked for first.
pub(crate) fn addresses(shared: &Arc<Shared>, region: &str) -> io::Result<Regional> {
    if let Some(known) = shared.state().regions.ports.get(region) {
        return Ok(known.clone());
    }
    let open = |service: Service| -> io::Result<String> {
        let (listener, address) = doors::listen(shared)?;
        let name = format!("{}@{region}", service.name());
        shared.doors.serve_as(name, shared, service, listener, None);
        Ok(format!("http://{address}"))
    };
    let regional = Regional { oidc: open(Service::Oidc)?, portal: open(Service::Portal)? };
    shared.state().regions.ports.insert(region.to_owned(), regional.clone());
    Ok(regional)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::World;

    #[test]
    fn a_host_is_of_a_region() {
        let mut regions = Regions::default();
        let of = |regions: &Regions, host: &str| regions.of_host(host);
        assert_eq!(of(&regions, "oidc.us-east-1.amazonaws.com"), Some((Service::Oidc, "us-east-1".to_owned())));
        let portal = Some((Service::Portal, "eu-west-1".to_owned()));
        assert_eq!(of(&regions, "portal.sso.eu-west-1.amazonaws.com"), portal);
        for other in ["127.0.0.1:1", "d-1.awsapps.com", "sts.eu-west-1.amazonaws.com", ""] {
            assert_eq!(of(&regions, other), None, "{other}");
        }
        let (oidc, portal) = ("http://127.0.0.1:1".to_owned(), "http://127.0.0.1:2".to_owned());
        regions.ports.insert("us-west-2".to_owned(), Regional { oidc, portal });
        assert_eq!(of(&regions, "127.0.0.1:1"), Some((Service::Oidc, "us-west-2".to_owned())));
        assert_eq!(of(&regions, "127.0.0.1:2"), Some((Service::Portal, "us-west-2".to_owned())));
    }

    #[test]
    fn an_identity_center_is_in_its_region_and_where_it_is_replicated_to() {
        let mut state = State::new(World::default());
        state.regions.replicas.push((0, "us-east-1".to_owned()));
        assert!(state.is_in(0, None) && state.is_in(0, Some("eu-west-1")) && state.is_in(0, Some("us-east-1")));
        assert!(!state.is_in(0, Some("us-west-2")));
    }
}
