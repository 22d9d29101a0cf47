//! What a context of the kubeconfig says about the cluster that it leads to, and whether that is the one that AWS described.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubeconfig_edit::{Cluster as ContextCluster, Kubeconfig};

use crate::error::{Error, Result};
use crate::model::kube::cluster::Cluster;
use crate::model::kube::exec_plugin::region::of_arn;
use crate::model::kube::tunnel;
use crate::model::wire::endpoint::Endpoint;

#[derive(Debug, Default)]
pub(super) struct ContextFacts {
    pub(super) cluster: Option<String>,
    pub(super) region: Option<String>,
    server: Option<ContextCluster>,
}

impl ContextFacts {
    /// The cluster and region in the arguments of the exec plugin, or else in the name that `aws eks update-kubeconfig`
    /// gives. `None`: there is no such context.
    pub(super) fn of(config: &Kubeconfig, name: &str) -> Option<ContextFacts> {
        let context = config.context(name)?;
        let exec = config.user(&context.user).and_then(|user| user.exec.as_ref());
        let args = exec.map(|exec| exec.args.as_slice()).unwrap_or_default();
        let (region, cluster) = of_arn(&context.cluster).unzip();
        Some(ContextFacts {
            cluster: argument(args, &["--cluster-name", "--cluster-id", "-i"]).or(cluster),
            region: argument(args, &["--region"]).or(region),
            server: config.cluster(&context.cluster).filter(|cluster| !cluster.server.is_empty()).cloned(),
        })
    }

    /// Half of a grant is made by Kubernetes, and half by EKS: both must be the same cluster.
    ///
    /// # Errors
    /// When the context leads to another cluster.
    pub(super) fn check(&self, context: &str, described: &Cluster) -> Result<()> {
        let Some(server) = self.server.as_ref().filter(|server| !leads_to(server, described)) else { return Ok(()) };
        let because = if is_same_place(&server.server, &described.endpoint) {
            "their CAs differ".to_owned()
        } else {
            format!("the context's server is {}, but {} is at {}", server.server, described.name, described.endpoint)
        };
        let error = Error::usage(format!(
            "the context {context} belongs to a different cluster than {} in {}",
            described.name, described.region
        ));
        Err(error
            .because(because)
            .because("through a tunnel, the context needs tls-server-name with the endpoint's host name")
            .try_next(
                "run the same command without --context, or with its own cluster: --cluster CLUSTER --region REGION",
            ))
    }
}

/// The value of an argument, as `--name value` or `--name=value`.
fn argument(args: &[String], names: &[&str]) -> Option<String> {
    args.iter().enumerate().find_map(|(place, arg)| match arg.split_once('=') {
        Some((name, value)) if names.contains(&name) => Some(value.to_owned()),
        _ if names.contains(&arg.as_str()) => args.get(place + 1).cloned(),
        _ => None,
    })
}

/// The name in the certificate decides where there is a tunnel: it is checked, whatever the address.
fn leads_to(server: &ContextCluster, described: &Cluster) -> bool {
    let expected = server.tls_server_name.as_deref().filter(|_| !server.insecure_skip_tls_verify);
    let is_there = tunnel::names(expected, &described.endpoint) || is_same_place(&server.server, &described.endpoint);
    is_there && may_trust(server.certificate_authority_data.as_deref(), &described.certificate_authority_data)
}

/// Whether host and port are the same.
fn is_same_place(left: &str, right: &str) -> bool {
    let place = |server: &str| Endpoint::of_server(&server.to_ascii_lowercase());
    place(left).is_some_and(|there| place(right) == Some(there))
}

/// A context may trust others too, such as a proxy's authority.
fn may_trust(context: Option<&str>, described: &str) -> bool {
    let pem = |data: &str| {
        let text = String::from_utf8(STANDARD.decode(data.trim()).ok()?).ok()?;
        Some(text.split_whitespace().collect::<String>()).filter(|text| !text.is_empty())
    };
    match (context.and_then(pem), pem(described)) {
        (Some(trusted), Some(own)) => trusted.contains(&own),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "https://ABCD.gr7.eu-west-1.eks.amazonaws.com";

    fn described() -> Cluster {
        Cluster {
            name: "prod".to_owned(),
            arn: "arn:aws:eks:eu-west-1:111122223333:cluster/prod".to_owned(),
            region: "eu-west-1".to_owned(),
            endpoint: ENDPOINT.to_owned(),
            tls_server_name: None,
            certificate_authority_data: STANDARD.encode("-----BEGIN\nown\n-----END\n"),
            authentication_mode: None,
            version: None,
        }
    }

    fn server(url: &str) -> ContextCluster {
        ContextCluster { server: url.to_owned(), ..ContextCluster::default() }
    }

    #[test]
    fn arguments_are_read_with_and_without_an_equals_sign() {
        let config = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| format!("      - {arg}\n")).collect();
            let text = format!(
                "contexts:\n- name: c\n  context: {{cluster: k, user: u}}\nusers:\n- name: u\n  user:\n    exec:\n      command: aws\n      args:\n{}",
                args.concat()
            );
            let facts =
                ContextFacts::of(&kubeconfig_edit::parse(&text).expect("a kubeconfig"), "c").expect("the context");
            (facts.cluster, facts.region)
        };
        let both = (Some("prod".to_owned()), Some("eu-west-1".to_owned()));
        assert_eq!(config(&["eks", "get-token", "--cluster-name", "prod", "--region", "eu-west-1"]), both);
        assert_eq!(config(&["--region=eu-west-1", "eks", "get-token", "--cluster-name=prod"]), both);
        assert_eq!(config(&["token", "-i", "prod", "--regional=x"]), (Some("prod".to_owned()), None));
        assert_eq!(config(&["--cluster-name"]), (None, None));
    }

    #[test]
    fn a_context_of_another_cluster_is_told() {
        let leads = |server: &ContextCluster| leads_to(server, &described());
        for same in [
            ENDPOINT,
            "https://abcd.gr7.eu-west-1.eks.amazonaws.com/",
            "HTTPS://ABCD.gr7.eu-west-1.eks.amazonaws.com:443",
        ] {
            assert!(leads(&server(same)), "{same}");
        }
        for other in ["https://EFGH.gr7.eu-west-1.eks.amazonaws.com", "https://127.0.0.1:8443", "https://localhost:443"]
        {
            assert!(!leads(&server(other)), "{other}");
        }
        let tunnel =
            |name: &str| ContextCluster { tls_server_name: Some(name.to_owned()), ..server("https://127.0.0.1:8443") };
        assert!(leads(&tunnel("abcd.gr7.eu-west-1.eks.amazonaws.com")));
        assert!(!leads(&tunnel("efgh.gr7.eu-west-1.eks.amazonaws.com")));
        let unchecked =
            ContextCluster { insecure_skip_tls_verify: true, ..tunnel("abcd.gr7.eu-west-1.eks.amazonaws.com") };
        assert!(!leads(&unchecked));
    }

    #[test]
    fn another_authority_is_another_cluster() {
        let trusts = |pem: &str| {
            let data = Some(STANDARD.encode(pem));
            leads_to(&ContextCluster { certificate_authority_data: data, ..server(ENDPOINT) }, &described())
        };
        assert!(trusts("-----BEGIN\r\nown\r\n-----END\r\n"));
        assert!(trusts("-----BEGIN\nproxy\n-----END\n-----BEGIN\nown\n-----END\n"));
        assert!(!trusts("-----BEGIN\nother\n-----END\n"));
    }
}
