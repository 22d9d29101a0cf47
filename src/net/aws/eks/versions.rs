//! DescribeClusterVersions.

use crate::model::kube::cluster::{Support, VersionSupport};
use crate::net::aws::eks::{Eks, time};
use crate::net::aws::failure::Failure;

impl Eks {
    /// How long a version is supported. `None`: EKS does not name it. A namespace's role may not be allowed to ask.
    pub(crate) async fn version_support(&self, version: &str) -> Result<Option<VersionSupport>, Failure> {
        let call = self.client.describe_cluster_versions().cluster_versions(version).include_all(true);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("DescribeClusterVersions", &error))?;
        let mut versions = answer.cluster_versions().iter();
        let found = versions.find(|found| found.cluster_version() == Some(version));
        Ok(found.map(|found| VersionSupport {
            support: match found.version_status().map(|status| status.as_str().to_owned()).as_deref() {
                Some("STANDARD_SUPPORT") => Support::Standard,
                Some("EXTENDED_SUPPORT") => Support::Extended,
                Some("UNSUPPORTED") => Support::Ended,
                _ => Support::NotSaid,
            },
            standard_until: time(found.end_of_standard_support_date()),
            extended_until: time(found.end_of_extended_support_date()),
        }))
    }
}
