//! Calls for which no SDK is worth its size, over the HTTP client that the SDKs use: the same proxies, certificates and
//! limits.

use std::fmt;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::HttpStatusCodeClassifier;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::model::wire::xml;
use crate::net::aws::failure::{Failure, is_throttling};
use crate::net::bounds::LONGEST_CALL;

/// A request. `Debug` shows neither headers nor body nor query, which may hold a session token.
#[derive(Clone)]
pub(super) struct PlainRequest {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// An answer that is no failure.
#[derive(Debug, Clone)]
pub(super) struct PlainAnswer {
    pub(super) body: String,
    /// Where a redirection leads.
    pub(super) location: Option<String>,
}

impl fmt::Debug for PlainRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlainRequest({} {})", self.method, self.url.split('?').next().unwrap_or_default())
    }
}

/// Makes a call, once.
pub(super) async fn send(
    http: SharedHttpClient,
    operation: &'static str,
    request: PlainRequest,
) -> Result<PlainAnswer, Failure> {
    send_repeatedly(http, operation, request, &RetryConfig::disabled()).await
}

/// Makes a call that may be made again: where the service throttles or fails, as often as `retries` says. A network that is
/// not there is not waited for.
pub(super) async fn send_repeatedly(
    http: SharedHttpClient,
    operation: &'static str,
    request: PlainRequest,
    retries: &RetryConfig,
) -> Result<PlainAnswer, Failure> {
    let call = Operation::builder()
        .service_name("plain")
        .operation_name(operation)
        .http_client(http)
        .endpoint_url(origin(&request.url))
        .no_auth()
        .standard_retry(retries)
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(Throttling)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .timeout_config(TimeoutConfig::builder().operation_timeout(LONGEST_CALL).build())
        .serializer(|request: PlainRequest| {
            let mut built = HttpRequest::new(SdkBody::from(request.body));
            built.set_method(request.method)?;
            built.set_uri(request.url)?;
            for (name, value) in request.headers {
                built.headers_mut().insert(name, value);
            }
            Ok(built)
        })
        .deserializer(read)
        .build();
    call.invoke(request).await.map_err(|error| Failure::from_sdk(operation, &error))
}

/// The query protocol says it with 400 and a code.
#[derive(Debug)]
struct Throttling;

impl ClassifyRetry for Throttling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(|answer| answer.err());
        let error = error.and_then(|error| error.as_operation_error()?.downcast_ref::<ErrorMetadata>());
        match error.and_then(ErrorMetadata::code) {
            Some(code) if is_throttling(code) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "throttling"
    }
}

fn read(answer: &HttpResponse) -> Result<PlainAnswer, OrchestratorError<ErrorMetadata>> {
    let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default()).into_owned();
    let location = answer.headers().get("location").map(str::to_owned);
    if answer.status().is_success() || (location.is_some() && answer.status().as_u16() < 400) {
        return Ok(PlainAnswer { body, location });
    }
    let mut error = ErrorMetadata::builder();
    if let Some(code) = xml::text(&body, "Code") {
        error = error.code(code);
    }
    if let Some(words) = xml::text(&body, "Message") {
        error = error.message(words);
    }
    Err(OrchestratorError::operation(error.build()))
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |place| place + 3);
    let end = url[start..].find(['/', '?']).map_or(url.len(), |place| start + place);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_an_address_ends_at_its_path() {
        assert_eq!(origin("https://iam.amazonaws.com/"), "https://iam.amazonaws.com");
        assert_eq!(origin("http://127.0.0.1:80?x=/y"), "http://127.0.0.1:80");
        assert_eq!(origin("https://d-1.awsapps.com/start"), "https://d-1.awsapps.com");
    }

    #[test]
    fn a_request_shows_no_token() {
        let request = PlainRequest {
            method: "POST",
            url: "https://iam.amazonaws.com/?Session=secret".to_owned(),
            headers: vec![("x-amz-security-token".to_owned(), "secret".to_owned())],
            body: String::new(),
        };
        assert_eq!(format!("{request:?}"), "PlainRequest(POST https://iam.amazonaws.com/)");
    }
}
