//! The dialer of a forward, made anew when the cluster is found elsewhere.

use std::rc::Rc;

use kube_port_forward::{Dialer, Transport};

use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Result};
use crate::net::port_forward::dialer;

/// Opens sessions to where the cluster is.
pub(super) struct CurrentDialer {
    pub(super) dialer: Rc<Dialer<Error>>,
    /// The cluster's [moves](ClusterAccess::moves) when it was made.
    moves: u32,
}

impl CurrentDialer {
    /// # Errors
    /// When the cluster's endpoint cannot be used.
    pub(super) fn to(cluster: &Rc<ClusterAccess<'static>>, preferred: Transport) -> Result<Self> {
        let (facts, proxy, moves) = (cluster.cluster(), cluster.proxy(), cluster.moves());
        let token_access = cluster.clone();
        let token = move |refused| {
            let cluster = token_access.clone();
            async move { cluster.token(refused).await }
        };
        let proxy = proxy.as_ref().map(|proxy| (proxy, cluster.chain().aws.outbound().trust()));
        let dialer = Rc::new(dialer((&facts, &cluster.target.access.namespace), proxy, preferred, token)?);
        Ok(CurrentDialer { dialer, moves })
    }

    /// Whether the cluster is still where it was when this was made.
    pub(super) fn leads_to(&self, cluster: &ClusterAccess<'_>) -> bool {
        self.moves == cluster.moves()
    }
}
