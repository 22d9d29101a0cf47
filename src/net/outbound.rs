//! What all calls of a command to AWS and Kubernetes share: limits on answers, and the clock skew that their `Date`
//! headers show.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tower::{Layer, Service};

use crate::error::Result;
use crate::host::Host;
use crate::model::wire::pages::Received;
use crate::net::bounds::{Bounded, BoundedCall, ReadMode};
use crate::net::trust::Trust;
use crate::ui::Ui;

/// SigV4 refuses requests whose time is off by more than this.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The shared state of a command's calls.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    host: Host,
    skew: Arc<Mutex<Option<ClockSkew>>>,
    received: Arc<AtomicU64>,
    began: Instant,
    clock_reported: Arc<AtomicBool>,
    trust: Trust,
    /// Whether a web page is the answer.
    expects_page: bool,
    ui: Ui,
}

/// How far this machine's clock is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClockSkew {
    /// Compared to whose clock: `AWS's`, `the cluster's`.
    pub(crate) whose: &'static str,
    /// Positive when ours is ahead.
    pub(crate) ahead: SignedDuration,
}

const AWS: &str = "AWS's";
const CLUSTER: &str = "the cluster's";

impl Outbound {
    /// With the system's certificates.
    pub(crate) fn new(host: &Host, ui: &Ui) -> Self {
        Outbound {
            host: host.clone(),
            skew: Arc::default(),
            received: Arc::default(),
            began: Instant::now(),
            clock_reported: Arc::default(),
            trust: Trust::default(),
            expects_page: false,
            ui: ui.clone(),
        }
    }

    /// The screen, which says what is waited for.
    pub(super) fn ui(&self) -> &Ui {
        &self.ui
    }

    /// For calls that are answered with a web page.
    pub(super) fn expecting_page(&self) -> Self {
        Outbound { expects_page: true, ..self.clone() }
    }

    /// Adds the certificates that the environment names.
    pub(super) fn with_trust(mut self, host: &Host) -> Result<Self> {
        self.trust = Trust::from_env(host)?;
        Ok(self)
    }

    /// The trusted certificate authorities.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// How far this machine's clock is off, if that is too far for signatures. Known after the first answer of any
    /// service.
    pub(super) fn clock_skew(&self) -> Option<ClockSkew> {
        self.difference().filter(|skew| skew.ahead.abs() > CLOCK_TOLERANCE)
    }

    /// The same, however small it is.
    pub(crate) fn difference(&self) -> Option<ClockSkew> {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the caller is the first to warn about the clock, and so should.
    pub(crate) fn claim_clock_warning(&self) -> bool {
        !self.clock_reported.swap(true, Ordering::Relaxed)
    }

    /// What all answers so far had, for lists.
    pub(super) fn received(&self) -> Received {
        Received { bytes: self.received.load(Ordering::Relaxed), after: self.began.elapsed() }
    }

    /// Limits the answers of an AWS SDK client.
    pub(super) fn wrap(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(BoundedHttpClient { client, outbound: self.clone() })
    }

    fn record_date(&self, whose: &'static str, date: Option<&str>) {
        let Some(theirs) = date.and_then(parse_http_date) else { return };
        let mut known = self.skew.lock().unwrap_or_else(PoisonError::into_inner);
        // AWS's clock takes precedence over a cluster's.
        if whose == AWS || known.is_none_or(|known| known.whose == whose) {
            *known = Some(ClockSkew { whose, ahead: self.host.now().duration_since(theirs) });
        }
    }
}

/// Whether an answer may be the web page of a proxy or a captive portal.
fn may_be_page(success: bool, content_type: Option<&str>) -> bool {
    success && content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

fn parse_http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[derive(Debug)]
struct BoundedHttpClient {
    client: SharedHttpClient,
    outbound: Outbound,
}

impl HttpClient for BoundedHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(BoundedConnector { connector, outbound: self.outbound.clone() })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct BoundedConnector {
    connector: SharedHttpConnector,
    outbound: Outbound,
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, outbound) = (self.connector.call(request), self.outbound.clone());
        HttpConnectorFuture::new(async move {
            let call = BoundedCall::begin(ReadMode::Whole.bounds());
            let mut answer =
                call.wait_for_head(answer).await.map_err(|breach| ConnectorError::timeout(breach.into()))??;
            outbound.record_date(AWS, answer.headers().get("date"));
            let refused = !answer.status().is_success();
            let is_suspect = !outbound.expects_page && may_be_page(!refused, answer.headers().get("content-type"));
            let body = call.body(refused, answer.take_body(), outbound.received).refusing_page(is_suspect);
            *answer.body_mut() = SdkBody::from_body_1_x(body);
            Ok(answer)
        })
    }
}

impl<S> Layer<S> for Outbound {
    type Service = BoundedService<S>;

    fn layer(&self, service: S) -> BoundedService<S> {
        BoundedService { service, outbound: self.clone() }
    }
}

/// A kube service whose answers are limited.
#[derive(Debug, Clone)]
pub(crate) struct BoundedService<S> {
    service: S,
    outbound: Outbound,
}

type Error = Box<dyn std::error::Error + Send + Sync>;

impl<S, R, B> Service<http::Request<R>> for BoundedService<S>
where
    S: Service<http::Request<R>, Response = http::Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<Error>,
    B: http_body::Body<Data = Bytes>,
{
    type Response = http::Response<Bounded<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<R>) -> Self::Future {
        let mode = request.extensions().get::<ReadMode>().copied().unwrap_or(ReadMode::Whole);
        let (answer, outbound) = (self.service.call(request), self.outbound.clone());
        Box::pin(async move {
            let call = BoundedCall::begin(mode.bounds());
            let waiting = outbound.ui.waiting_for("the cluster");
            let answer = call.wait_for_head(answer).await?.map_err(Into::into)?;
            drop(waiting);
            outbound.record_date(CLUSTER, answer.headers().get("date").and_then(|date| date.to_str().ok()));
            let refused = !answer.status().is_success();
            // A log may contain a web page.
            let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
            let is_suspect = mode != ReadMode::Stream && may_be_page(!refused, kind);
            Ok(answer.map(|body| call.body(refused, body, outbound.received).refusing_page(is_suspect)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_of_a_page_raises_suspicion() {
        assert!(may_be_page(true, Some("text/html; charset=utf-8")));
        for (success, kind) in [(false, Some("text/html")), (true, Some("application/json")), (true, None)] {
            assert!(!may_be_page(success, kind), "{kind:?}");
        }
    }

    #[test]
    fn http_dates_are_read() {
        let read = parse_http_date("Sun, 22 Nov 2026 01:07:47 GMT").expect("a date");
        assert_eq!(read.to_string(), "2026-11-22T01:07:47Z");
        assert_eq!(parse_http_date("yesterday"), None);
    }
}
