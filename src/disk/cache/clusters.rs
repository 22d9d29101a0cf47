//! What is known about the cluster of a namespace.

use super::{Cache, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::kube::access::AccessName;
use crate::model::kube::cluster::Cluster;

impl Cache {
    /// The cluster of a namespace, as EKS last described it.
    pub(crate) fn cluster(&self, name: &AccessName) -> Option<Cluster> {
        read(&self.file("clusters", name.as_str()))
    }

    /// Facts with the near end of a tunnel are not what EKS describes, and stay out: the kubeconfig has them.
    pub(crate) fn store_cluster(&self, name: &AccessName, cluster: &Cluster) -> Result<()> {
        if cluster.tls_server_name.is_some() {
            return Ok(());
        }
        write(&self.file("clusters", name.as_str()), cluster)
    }

    /// Returns whether there was one.
    pub(crate) fn forget_cluster(&self, name: &AccessName) -> Result<bool> {
        atomic::remove(&self.file("clusters", name.as_str()))
    }

    /// The name of the port-forward transport that last worked with this cluster.
    pub(crate) fn transport(&self, name: &AccessName, cluster: &Cluster) -> Option<String> {
        let (arn, transport): (String, String) = read(&self.file("transports", name.as_str()))?;
        (arn == cluster.arn).then_some(transport)
    }

    pub(crate) fn store_transport(&self, name: &AccessName, cluster: &Cluster, transport: &str) -> Result<()> {
        write(&self.file("transports", name.as_str()), &(&cluster.arn, transport))
    }
}
