//! `eks`: clusters, their versions and access entries, and EKS Pod Identity.

mod access;
mod versions;

use aws_sdk_eks::Client;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::kube::cluster::{Cluster, ClusterDetails};
use crate::model::wire::pages::Pages;
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};

/// EKS in one region, as one role.
#[derive(Debug, Clone)]
pub(crate) struct Eks {
    client: Client,
    aws: Aws,
    region: String,
}

#[derive(Debug, Clone)]
pub(crate) struct ClusterDescription {
    pub(crate) cluster: Cluster,
    /// `ACTIVE`, `UPDATING`, …
    pub(crate) status: String,
    pub(crate) details: ClusterDetails,
}

impl Eks {
    pub(crate) fn new(aws: &Aws, keys: &AccessKeys, region: &str) -> Self {
        let client = Client::new(&aws.config("EKS", region, Some(keys)));
        Eks { client, aws: aws.clone(), region: region.to_owned() }
    }

    /// The names of all clusters in the region. A namespace's role may not be allowed to list them.
    pub(crate) async fn list_cluster_names(&self) -> Result<Vec<String>, Failure> {
        const OPERATION: &str = "ListClusters";
        let (mut names, mut pages) = (Vec::new(), Pages::new(self.aws.received()));
        loop {
            let call = self.client.list_clusters().max_results(100).set_next_token(pages.token());
            let page = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
            names.extend(page.clusters().iter().cloned());
            let more = pages.advance(page.next_token().map(str::to_owned), self.aws.received());
            if !more.map_err(|why| Failure::endless(OPERATION, why))? {
                return Ok(names);
            }
        }
    }

    /// A cluster that has no endpoint yet counts as not found.
    pub(crate) async fn describe_cluster(&self, name: &str) -> Result<ClusterDescription, Failure> {
        let described = self.describe_any_cluster(name).await?;
        let ClusterDescription { cluster, status, .. } = &described;
        if cluster.endpoint.is_empty() || cluster.certificate_authority_data.is_empty() {
            return Err(not_described(format!("the cluster {name} has no endpoint yet (status {status})")));
        }
        Ok(described)
    }

    /// The same where it has no endpoint yet, which is then empty.
    pub(crate) async fn describe_any_cluster(&self, name: &str) -> Result<ClusterDescription, Failure> {
        let call = self.client.describe_cluster().name(name);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("DescribeCluster", &error))?;
        let found = answer.cluster().ok_or_else(|| not_described("the response has no cluster".to_owned()))?;
        let authority = found.certificate_authority().and_then(|authority| authority.data());
        let cluster = Cluster {
            name: found.name().unwrap_or(name).to_owned(),
            arn: found.arn().unwrap_or_default().to_owned(),
            region: self.region.clone(),
            endpoint: found.endpoint().unwrap_or_default().to_owned(),
            tls_server_name: None,
            certificate_authority_data: authority.unwrap_or_default().to_owned(),
            authentication_mode: found
                .access_config()
                .and_then(|access| access.authentication_mode())
                .map(|mode| mode.as_str().to_owned()),
            version: found.version().map(str::to_owned),
        };
        let status = found.status().map_or_else(String::new, |status| status.as_str().to_owned());
        Ok(ClusterDescription { cluster, status, details: details(found) })
    }

    /// Whether a service account has a role through EKS Pod Identity. A namespace's role may not be allowed to ask.
    pub(crate) async fn has_pod_identity(
        &self,
        cluster: &str,
        namespace: &str,
        account: &str,
    ) -> Result<bool, Failure> {
        let call = self.client.list_pod_identity_associations().cluster_name(cluster);
        let call = call.namespace(namespace).service_account(account);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("ListPodIdentityAssociations", &error))?;
        Ok(!answer.associations().is_empty())
    }
}

fn not_described(words: String) -> Failure {
    Failure { operation: "DescribeCluster", class: Class::NotFound, code: None, words }
}

fn details(found: &aws_sdk_eks::types::Cluster) -> ClusterDetails {
    let network = found.resources_vpc_config();
    let issues = found.health().map(|health| health.issues()).unwrap_or_default();
    ClusterDetails {
        public_access: network.is_none_or(|network| network.endpoint_public_access()),
        private_access: network.is_some_and(|network| network.endpoint_private_access()),
        public_networks: network.map(|network| network.public_access_cidrs().to_vec()).unwrap_or_default(),
        extends_support: found
            .upgrade_policy()
            .and_then(|policy| policy.support_type())
            .map(|kind| kind.as_str() == "EXTENDED"),
        token_issuer: found
            .identity()
            .and_then(|identity| identity.oidc())
            .and_then(|oidc| oidc.issuer())
            .map(str::to_owned),
        health_issues: issues
            .iter()
            .map(|issue| {
                let code = issue.code().map_or("?", |code| code.as_str());
                format!("{code}: {}", issue.message().unwrap_or_default())
            })
            .collect(),
    }
}

fn time(time: Option<&DateTime>) -> Option<Timestamp> {
    time.and_then(|time| Timestamp::from_second(time.secs()).ok())
}
