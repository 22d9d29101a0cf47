//! What is known about the cluster of a namespace.

use super::{Cache, read, write};
use crate::disk::atomic;
use crate::error::Result;
use crate::model::kube::cluster::Cluster;
use crate::model::kube::namespace::Namespace;

impl Cache {
    /// The cluster of a namespace, as EKS last described it.
    pub(crate) fn cluster(&self, namespace: &Namespace) -> Option<Cluster> {
        read(&self.file("clusters", namespace.as_str()))
    }

    pub(crate) fn store_cluster(&self, namespace: &Namespace, cluster: &Cluster) -> Result<()> {
        write(&self.file("clusters", namespace.as_str()), cluster)
    }

    /// Returns whether there was one.
    pub(crate) fn forget_cluster(&self, namespace: &Namespace) -> Result<bool> {
        atomic::remove(&self.file("clusters", namespace.as_str()))
    }

    /// The name of the port-forward transport that last worked with this cluster.
    pub(crate) fn transport(&self, namespace: &Namespace, cluster: &Cluster) -> Option<String> {
        let (arn, transport): (String, String) = read(&self.file("transports", namespace.as_str()))?;
        (arn == cluster.arn).then_some(transport)
    }

    pub(crate) fn store_transport(&self, namespace: &Namespace, cluster: &Cluster, transport: &str) -> Result<()> {
        write(&self.file("transports", namespace.as_str()), &(&cluster.arn, transport))
    }
}
