//! Where the services are: for messages about hosts that do not answer.

use crate::model::aws::partition::Partition;
use crate::net::aws::Aws;

/// A service that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Sso,
    SsoOidc,
    Sts,
    Eks,
    SecretsManager,
}

impl Service {
    /// As in `AWS_ENDPOINT_URL_<SERVICE>`.
    fn variable(self) -> &'static str {
        match self {
            Service::Sso => "SSO",
            Service::SsoOidc => "SSO_OIDC",
            Service::Sts => "STS",
            Service::Eks => "EKS",
            Service::SecretsManager => "SECRETS_MANAGER",
        }
    }

    /// The beginning of its hosts.
    fn prefix(self) -> &'static str {
        match self {
            Service::Sso => "portal.sso",
            Service::SsoOidc => "oidc",
            Service::Sts => "sts",
            Service::Eks => "eks",
            Service::SecretsManager => "secretsmanager",
        }
    }
}

impl Aws {
    /// The host that a service's calls go to: of the environment's endpoint, else the regional one.
    pub(crate) fn host_of(&self, service: Service, region: &str) -> String {
        match self.endpoint(service.variable()) {
            Some(url) => authority(&url).to_owned(),
            None => format!("{}.{region}.{}", service.prefix(), Partition::of_region(region).dns_suffix),
        }
    }
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}
