//! One set-up for all AWS clients: the HTTP client, time-outs, retries, endpoints, and a watch on the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::{SignedDuration, Timestamp};

use crate::env_vars;
use crate::error::Result;
use crate::host::Host;
use crate::model::credentials::AccessKeys;

/// SigV4 refuses a request that is signed further off than this.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What all AWS clients of one command share.
#[derive(Debug, Clone)]
pub struct Aws {
    host: Host,
    http: SharedHttpClient,
    attempts: u32,
    skew_seconds: Arc<AtomicI64>,
}

impl Aws {
    /// Sets up; nothing is sent yet.
    ///
    /// # Errors
    /// When a certificate bundle or proxy in the environment cannot be used.
    pub fn new(host: &Host) -> Result<Self> {
        let http = super::http::client(host)?;
        Ok(Aws { host: host.clone(), http, attempts: 3, skew_seconds: Arc::default() })
    }

    /// The same, with more attempts: for the many calls of a discovery, which the portal throttles.
    #[must_use]
    pub fn patient(&self) -> Self {
        Aws { attempts: 10, ..self.clone() }
    }

    /// How far this machine's clock is from AWS's, if that is further than signatures may be off: positive when it is
    /// ahead. Known after the first answer of any service.
    pub fn clock_is_off(&self) -> Option<SignedDuration> {
        let skew = SignedDuration::from_secs(self.skew_seconds.load(Ordering::Relaxed));
        (skew.abs() > CLOCK_TOLERANCE).then_some(skew)
    }

    /// Configuration for a service in a region; without keys for calls that carry a token or nothing.
    pub(super) fn config(&self, service: &str, region: &str, keys: Option<&AccessKeys>) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(20))
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(Duration::from_millis(200))
            .with_max_backoff(Duration::from_secs(5));
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .region(Region::new(region.to_owned()))
            .timeout_config(timeouts)
            .retry_config(retries);
        builder.set_endpoint_url(self.endpoint(service));
        builder.set_credentials_provider(keys.map(provider));
        builder.build()
    }

    /// The endpoint that the environment sets for a service, as the AWS CLI and SDKs read it.
    fn endpoint(&self, service: &str) -> Option<String> {
        let own = format!("{}_{service}", env_vars::AWS_ENDPOINT_URL);
        self.host.env(&own).or_else(|| self.host.env(env_vars::AWS_ENDPOINT_URL)).map(str::to_owned)
    }

    /// The OIDC endpoint of a region, for the page that the browser flow opens.
    pub(super) fn oidc_endpoint(&self, region: &str) -> String {
        let suffix = crate::model::partition::Partition::of_region(region).dns_suffix;
        self.endpoint("SSO_OIDC").unwrap_or_else(|| format!("https://oidc.{region}.{suffix}"))
    }

    /// Looks at the `Date` of every answer.
    pub(super) fn clock_watch(&self) -> SharedInterceptor {
        SharedInterceptor::new(ClockWatch { host: self.host.clone(), skew_seconds: self.skew_seconds.clone() })
    }

    /// The process, for the time.
    pub(super) fn host(&self) -> &Host {
        &self.host
    }
}

fn provider(keys: &AccessKeys) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(
        &keys.access_key_id,
        keys.secret_access_key.expose(),
        keys.session_token.as_ref().map(|token| token.expose().clone()),
        None,
        "nsaccess",
    ))
}

#[derive(Debug)]
struct ClockWatch {
    host: Host,
    skew_seconds: Arc<AtomicI64>,
}

impl Intercept for ClockWatch {
    fn name(&self) -> &'static str {
        "ClockWatch"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(parse_http_date);
        if let Some(theirs) = date {
            self.skew_seconds.store(self.host.now().duration_since(theirs).as_secs(), Ordering::Relaxed);
        }
        Ok(())
    }
}

fn parse_http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_are_read() {
        let read = parse_http_date("Sun, 22 Nov 2026 01:07:47 GMT").expect("a date");
        assert_eq!(read.to_string(), "2026-11-22T01:07:47Z");
        assert_eq!(parse_http_date("yesterday"), None);
    }
}
