//! A failed call to AWS: what decides the next step, and what people need to read.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{Error, Kind, innermost, root_cause};
use crate::model::aws::access_keys::UnusableKeys;
use crate::net::bounds::Breach;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The API operation, like `GetRoleCredentials`.
    pub(crate) operation: &'static str,
    /// What the failure means for the next step.
    pub(crate) class: Class,
    /// The service's error code, like `ForbiddenException` or `invalid_grant`.
    pub(crate) code: Option<String>,
    /// The service's message, or the transport's.
    pub(crate) words: String,
}

/// The kinds of failure that call for different steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// No connection, no response in time, a truncated response.
    Unreachable,
    /// An unusable answer, which the network is not to blame for: 5xx, garbage, an endless list.
    Broken,
    /// 429 and similar, after all retries.
    Throttled,
    /// 401: the token or the signature is not accepted.
    Unauthorized,
    /// 403.
    Denied,
    /// 404 and similar.
    NotFound,
    /// Any other answer of the service.
    Service,
}

impl Failure {
    pub(crate) fn from_sdk<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let body = response.and_then(|response| response.body().bytes());
        let body = ErrorBody::read(body.unwrap_or_default());
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = metadata.and_then(|meta| meta.code().map(str::to_owned)).or(body.code);
        let said_words = metadata.and_then(|meta| meta.message().map(str::to_owned)).or(body.words);
        let page = innermost(error).downcast_ref::<Breach>().filter(|breach| breach.is_page()).map(Breach::to_string);
        let class = if page.is_some() { Class::Unreachable } else { classify(status, code.as_deref()) };
        let said_words = page.or(said_words);
        let words = match (class, said_words) {
            (_, Some(words)) => words,
            (Class::Unreachable | Class::Broken, None) => transport_words(error, status),
            (_, None) => status.map_or_else(|| transport_words(error, None), |status| format!("HTTP status {status}")),
        };
        Failure { operation, class, code, words }
    }

    /// From an error inside a successful answer, for one of several items.
    pub(crate) fn from_code(operation: &'static str, code: &str, words: &str) -> Failure {
        let class = classify(Some(400), Some(code));
        Failure { operation, class, code: Some(code.to_owned()), words: words.to_owned() }
    }

    /// A list that has no end.
    pub(crate) fn endless(operation: &'static str, words: String) -> Failure {
        Failure { operation, class: Class::Broken, code: None, words }
    }

    /// A successful answer whose credentials cannot sign.
    pub(crate) fn unusable(operation: &'static str, keys: UnusableKeys) -> Failure {
        Failure { operation, class: Class::Broken, code: None, words: keys.to_string() }
    }

    /// As an error about `what` failed, like "cannot sign in".
    pub(crate) fn into_error(self, what: impl Into<String>) -> Error {
        let kind = match self.class {
            Class::Unreachable | Class::Broken | Class::Throttled => Kind::Unreachable,
            Class::Unauthorized => Kind::NotSignedIn,
            Class::Denied => Kind::Denied,
            Class::NotFound => Kind::NotFound,
            Class::Service => Kind::Failure,
        };
        let error = Error::new(kind, what).because(self.to_string());
        match self.class {
            Class::Unreachable => error
                .try_next("check the network, HTTPS_PROXY and the region, then run the same command again")
                .ask_doctor(),
            Class::Broken | Class::Throttled => error.try_next("wait a minute, then run the same command again"),
            _ => error,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.code, self.class) {
            (Some(code), _) if *code != self.words => write!(f, "{} returned {code}: {}", self.operation, self.words),
            (_, Class::Unreachable | Class::Broken) => {
                write!(f, "{} got no usable response: {}", self.operation, self.words)
            }
            _ => write!(f, "{} failed: {}", self.operation, self.words),
        }
    }
}

/// Code and message of an error body, in the dialects of the services.
struct ErrorBody {
    code: Option<String>,
    words: Option<String>,
}

impl ErrorBody {
    fn read(body: &[u8]) -> ErrorBody {
        let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |names: &[&str]| names.iter().find_map(|name| json[name].as_str().map(str::to_owned));
        ErrorBody {
            code: text(&["error", "__type", "code"]),
            words: text(&["error_description", "message", "Message"]),
        }
    }
}

/// Whether a service says with this code that it is asked too often.
pub(super) fn is_throttling(code: &str) -> bool {
    ["TooManyRequests", "Throttl", "SlowDown", "RequestLimitExceeded"].iter().any(|start| code.starts_with(start))
}

fn classify(status: Option<u16>, code: Option<&str>) -> Class {
    let code = code.unwrap_or_default();
    match status {
        None => Class::Unreachable,
        Some(429) => Class::Throttled,
        _ if is_throttling(code) => Class::Throttled,
        Some(500..) => Class::Broken,
        Some(401) => Class::Unauthorized,
        _ if ["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"]
            .contains(&code) =>
        {
            Class::Unauthorized
        }
        Some(403) => Class::Denied,
        _ if code.starts_with("AccessDenied") => Class::Denied,
        Some(404) => Class::NotFound,
        _ if code.starts_with("ResourceNotFound") => Class::NotFound,
        // A 200 that cannot be parsed.
        Some(200..300) => Class::Broken,
        Some(_) => Class::Service,
    }
}

/// What the transport says.
fn transport_words<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> String
where
    E: std::error::Error + 'static,
{
    if let Some(status @ 500..) = status {
        return format!("HTTP status {status}");
    }
    let is_late = match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        _ => false,
    };
    if is_late {
        return "no response in time".to_owned();
    }
    let cause = root_cause(error);
    if status.is_some() { format!("the response is invalid ({cause})") } else { cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_code_decide_the_class() {
        for (status, code, class) in [
            (None, "", Class::Unreachable),
            (Some(500), "InternalServerException", Class::Broken),
            (Some(400), "TooManyRequestsException", Class::Throttled),
            (Some(429), "", Class::Throttled),
            (Some(401), "UnauthorizedException", Class::Unauthorized),
            (Some(403), "ExpiredToken", Class::Unauthorized),
            (Some(403), "ForbiddenException", Class::Denied),
            (Some(400), "AccessDeniedException", Class::Denied),
            (Some(404), "ResourceNotFoundException", Class::NotFound),
            (Some(400), "invalid_grant", Class::Service),
            (Some(200), "", Class::Broken),
        ] {
            assert_eq!(classify(status, Some(code)), class, "{status:?} {code}");
        }
    }

    #[test]
    fn error_bodies_of_both_dialects_are_read() {
        let oidc =
            ErrorBody::read(br#"{"error":"invalid_grant","error_description":"Invalid refresh token provided"}"#);
        assert_eq!(oidc.code.as_deref(), Some("invalid_grant"));
        assert_eq!(oidc.words.as_deref(), Some("Invalid refresh token provided"));
        assert_eq!(Failure::from_code("BatchGetSecretValue", "AccessDeniedException", "no").class, Class::Denied);
        assert_eq!(ErrorBody::read(b"<html>").code, None);
        assert_eq!(ErrorBody::read(br#"{"message":"No access"}"#).words.as_deref(), Some("No access"));
    }
}
