//! The configuration of all AWS clients: HTTP client, timeouts, retries, endpoints.

pub(crate) mod ambient;
pub(crate) mod assume_role;
pub(crate) mod eks;
pub(crate) mod endpoint;
pub(crate) mod failure;
pub(crate) mod iam;
pub(crate) mod oidc;
mod plain;
pub(crate) mod portal;
pub(crate) mod secrets_manager;
pub(crate) mod signin;
pub(crate) mod start_page;
pub(crate) mod sts;
pub(crate) mod time;

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::SignedDuration;

use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::SERVICES;
use crate::model::aws::access_keys::AccessKeys;
use crate::model::wire::pages::Received;
use crate::model::wire::proxy::check_endpoint;
use crate::net::bounds::LONGEST_CALL;
use crate::net::outbound::{ClockSkew, Outbound};
use crate::net::watched::watched;
use crate::ui::Ui;

/// What the AWS clients of a command share.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    host: Host,
    http: SharedHttpClient,
    attempts: u32,
    outbound: Outbound,
}

impl Aws {
    /// # Errors
    /// When a certificate bundle, a proxy or an endpoint in the environment cannot be used.
    pub(crate) fn new(host: &Host, ui: &Ui) -> Result<Self> {
        check_endpoints(host)?;
        let outbound = Outbound::new(host, ui).with_trust(host)?;
        let http = crate::net::http::client(host, &outbound)?;
        Ok(Aws { host: host.clone(), http, attempts: 3, outbound })
    }

    /// With more attempts, for lists of many pages, which the services throttle.
    #[must_use]
    pub(crate) fn patient(&self) -> Self {
        Aws { attempts: 10, ..self.clone() }
    }

    pub(crate) fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// How far this machine's clock is off, if that is too far for signatures. Known after the first answer of any
    /// service.
    pub(crate) fn clock_skew(&self) -> Option<ClockSkew> {
        self.outbound.clock_skew()
    }

    /// The time for a signature made here: AWS's own, once an answer has told it, as the SDK's clients do.
    fn signing_time(&self) -> SystemTime {
        let now = self.host.now();
        let ahead = self.clock_skew().map_or(SignedDuration::ZERO, |skew| skew.ahead);
        now.checked_sub(ahead).unwrap_or(now).into()
    }

    /// What all answers so far had, for lists.
    pub(crate) fn received(&self) -> Received {
        self.outbound.received()
    }

    /// The SDK configuration for a service in a region. Calls that carry a token need no keys.
    pub(super) fn config(&self, service: &str, region: &str, keys: Option<&AccessKeys>) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(20))
            .operation_timeout(LONGEST_CALL)
            .build();
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http(service))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .region(Region::new(region.to_owned()))
            .timeout_config(timeouts)
            .retry_config(self.retries());
        builder.set_endpoint_url(self.endpoint(service));
        builder.set_credentials_provider(keys.map(provider));
        builder.build()
    }

    /// The HTTP client for a service.
    fn http(&self, service: &str) -> SharedHttpClient {
        watched(self.http.clone(), self.outbound.ui(), in_words(service))
    }

    fn retries(&self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(Duration::from_millis(200))
            .with_max_backoff(Duration::from_secs(5))
    }

    /// The service's endpoint from the environment, by the rules of the AWS CLI and SDKs.
    fn endpoint(&self, service: &str) -> Option<String> {
        let own = format!("{}_{service}", env_vars::AWS_ENDPOINT_URL);
        self.host.env(&own).or_else(|| self.host.env(env_vars::AWS_ENDPOINT_URL)).map(str::to_owned)
    }

    /// The OIDC endpoint of a region, for the page that the browser flow opens.
    pub(super) fn oidc_endpoint(&self, region: &str) -> String {
        let suffix = crate::model::aws::partition::Partition::of_region(region).dns_suffix;
        self.endpoint("SSO_OIDC").unwrap_or_else(|| format!("https://oidc.{region}.{suffix}"))
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }
}

/// What people call a service.
fn in_words(service: &str) -> &'static str {
    match service {
        "SSO" | "SSO_OIDC" => "IAM Identity Center",
        "STS" => "AWS STS",
        "EKS" => "Amazon EKS",
        "IAM" => "AWS IAM",
        "SECRETS_MANAGER" => "AWS Secrets Manager",
        _ => "AWS",
    }
}

/// Tokens, keys and secret values pass through these endpoints.
fn check_endpoints(host: &Host) -> Result<()> {
    let names = SERVICES.iter().map(|service| format!("{}_{service}", env_vars::AWS_ENDPOINT_URL));
    for name in names.chain([env_vars::AWS_ENDPOINT_URL.to_owned()]) {
        let Some(url) = host.env(&name) else { continue };
        check_endpoint(url).map_err(|why| {
            Error::usage(format!("invalid endpoint {url} in ${name}")).because(why).try_next(format!("unset {name}"))
        })?;
    }
    Ok(())
}

fn provider(keys: &AccessKeys) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(
        keys.access_key_id(),
        keys.secret_access_key().expose(),
        keys.session_token().as_ref().map(|token| token.expose().clone()),
        None,
        "nsaccess",
    ))
}
