//! The region of a cluster that a kubeconfig knows.

use kubeconfig_edit::{Cluster, Kubeconfig};

use crate::model::aws::partition::Partition;
use crate::model::wire::endpoint::Endpoint;

/// Region and name in the ARN of a cluster, as which `aws eks update-kubeconfig` names it.
pub(crate) fn of_arn(arn: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "eks", region, _, cluster] = parts[..] else { return None };
    Some((region.to_owned(), cluster.trim_start_matches("cluster/").to_owned()))
}

/// The regions of the clusters that a user's contexts lead to.
pub(super) fn of_user(config: &Kubeconfig, user: &str) -> Vec<String> {
    let contexts = config.contexts.iter().filter(|context| context.user == user);
    let regions = contexts.filter_map(|context| {
        let of_server = config.cluster(&context.cluster).and_then(of_cluster);
        of_server.or_else(|| of_arn(&context.cluster).map(|(region, _)| region))
    });
    let mut regions: Vec<String> = regions.collect();
    regions.sort();
    regions.dedup();
    regions
}

/// Through a tunnel the address says nothing, and the name to expect in the certificate does.
fn of_cluster(cluster: &Cluster) -> Option<String> {
    let of_server = Endpoint::of_server(&cluster.server).and_then(|endpoint| of_host(&endpoint.host));
    of_server.or_else(|| of_host(cluster.tls_server_name.as_deref()?))
}

/// `K.gr7.REGION.eks.amazonaws.com` (and other suffixes of other partitions), `eks-cluster.REGION.api.aws`.
fn of_host(host: &str) -> Option<String> {
    let labels: Vec<&str> = host.split('.').collect();
    let place = match labels.as_slice() {
        [.., _, "api", "aws"] => labels.len() - 3,
        [.., _, "api", "amazonwebservices", "com", "cn"] => labels.len() - 5,
        _ => labels.iter().rposition(|label| *label == "eks")?.checked_sub(1)?,
    };
    let region = labels[place];
    let suffix = labels[place + 1..].join(".");
    let is_dual_stack = ["api.aws", "api.amazonwebservices.com.cn"].contains(&suffix.as_str());
    let is_aws = is_dual_stack || suffix == format!("eks.{}", Partition::of_region(region).dns_suffix);
    // `eu-west-1`, `us-gov-west-1`: letters, and a number at the end.
    let is_region = region.matches('-').count() >= 2 && region.ends_with(|last: char| last.is_ascii_digit());
    (is_aws && is_region).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_clusters() {
        let of = |server: &str| of_cluster(&Cluster { server: server.to_owned(), ..Cluster::default() });
        for (server, region) in [
            ("https://ABC.gr7.eu-west-1.eks.amazonaws.com", "eu-west-1"),
            ("https://ABC.yl4.us-gov-west-1.eks.amazonaws.com:443/", "us-gov-west-1"),
            ("https://abc.sk1.cn-north-1.eks.amazonaws.com.cn", "cn-north-1"),
            ("https://eks-cluster.eu-central-1.api.aws", "eu-central-1"),
            ("https://eks-cluster.cn-north-1.api.amazonwebservices.com.cn", "cn-north-1"),
        ] {
            assert_eq!(of(server).as_deref(), Some(region), "{server}");
        }
        for server in [
            "https://10.0.0.1:6443",
            "https://eu-west-1.eks.amazonaws.com.example.com",
            "https://ABC.gr7.eu-west-1.eks.amazonaws.com.cn",
            "https://api.example.com/k8s/clusters/eks.amazonaws.com",
            "https://eks.amazonaws.com",
            "https://x.api.aws",
            "",
        ] {
            assert_eq!(of(server), None, "{server}");
        }
        let tunnel = Cluster {
            server: "https://127.0.0.1:8443".to_owned(),
            tls_server_name: Some("ABC.gr7.eu-west-1.eks.amazonaws.com".to_owned()),
            ..Cluster::default()
        };
        assert_eq!(of_cluster(&tunnel).as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn arns_of_clusters() {
        let found = of_arn("arn:aws:eks:eu-west-1:111122223333:cluster/demo");
        assert_eq!(found, Some(("eu-west-1".to_owned(), "demo".to_owned())));
        assert_eq!(of_arn("arn:aws:iam::111122223333:role/x"), None);
    }
}
