//! A cluster as `DescribeCluster` shows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::state::State;

/// The cluster, with the address of its listener unless another one is to be shown.
pub(super) fn shown(state: &State, cluster: &Cluster) -> Value {
    let mut shown = json!({
        "name": cluster.name,
        "arn": cluster.arn(),
        "createdAt": 1_759_651_964.123,
        "version": cluster.version,
        "roleArn": format!("arn:aws:iam::{}:role/eks-cluster", cluster.account),
        "resourcesVpcConfig": {"subnetIds": ["subnet-0a1b2c3d4e5f60718", "subnet-0b1c2d3e4f5a60719"], "securityGroupIds": [],
            "clusterSecurityGroupId": "sg-0123456789abcdef0", "vpcId": "vpc-0fedcba9876543210",
            "endpointPublicAccess": cluster.endpoint_public_access,
            "endpointPrivateAccess": cluster.endpoint_private_access, "publicAccessCidrs": cluster.public_access_cidrs},
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4", "elasticLoadBalancing": {"enabled": false}},
        "logging": {"clusterLogging": [{"types": ["api", "audit", "authenticator"], "enabled": true}]},
        "identity": {"oidc": {"issuer": cluster.oidc_issuer()}},
        "status": cluster.status,
        "platformVersion": "eks.12",
        "tags": {"team": "platform"},
        "health": {"issues": issues(cluster)},
        "accessConfig": {"bootstrapClusterCreatorAdminPermissions": null, "authenticationMode": cluster.authentication_mode},
        "upgradePolicy": {"supportType": cluster.support_type},
        "deletionProtection": false,
    });
    if let Some(address) = state.cluster_addresses.get(&cluster.name).filter(|_| cluster.has_endpoint) {
        shown["endpoint"] = json!(cluster.shown_endpoint.as_ref().unwrap_or(&address.endpoint));
        let authority = cluster.shown_authority_pem.as_deref().unwrap_or(address.authority.pem());
        shown["certificateAuthority"] = json!({"data": STANDARD.encode(authority)});
    }
    shown
}

fn issues(cluster: &Cluster) -> Vec<Value> {
    let shown = cluster
        .health_issues
        .iter()
        .map(|issue| json!({"code": issue.code, "message": issue.message, "resourceIds": issue.resource_ids}));
    shown.collect()
}

#[cfg(test)]
#[path = "describe_cluster_tests.rs"]
mod tests;
