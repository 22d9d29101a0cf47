//! Requests of another client, passed on as they are, and the answers as they come.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response, header};
use kube::client::Body;

use crate::error::root_cause;
use crate::net::bounds::ReadMode;
use crate::net::kube::{KubeApi, KubeFailure};

/// What is about one connection only, and must not be passed on (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// A request of another client.
#[derive(Debug, Clone)]
pub(crate) struct PassedRequest {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// An answer for another client. Its body comes as it is read.
#[derive(Debug)]
pub(crate) struct PassedAnswer(pub(in crate::net) Response<Body>);

impl PassedRequest {
    /// A request without what belongs to its connection, and without its credentials: ours are put in their place.
    pub(in crate::net) fn new(method: Method, target: String, mut headers: HeaderMap, body: Bytes) -> Self {
        strip(&mut headers);
        for name in [header::HOST, header::AUTHORIZATION, header::CONTENT_LENGTH, header::EXPECT] {
            headers.remove(name);
        }
        PassedRequest { method, target, headers, body }
    }
}

fn strip(headers: &mut HeaderMap) {
    HOP_BY_HOP.iter().for_each(|name| drop(headers.remove(name)));
}

impl KubeApi {
    /// Sends the request with our token. Whatever the cluster answers is the answer, but for a 401.
    ///
    /// # Errors
    /// When the cluster cannot be reached or does not know us.
    pub(crate) async fn pass_on(&self, request: &PassedRequest) -> Result<PassedAnswer, KubeFailure> {
        let mut passed = Request::new(Body::from(request.body.clone()));
        *passed.method_mut() = request.method.clone();
        *passed.uri_mut() = request
            .target
            .parse()
            .map_err(|error: http::uri::InvalidUri| KubeFailure::Status(400, error.to_string()))?;
        passed.headers_mut().clone_from(&request.headers);
        passed.extensions_mut().insert(ReadMode::Stream);
        let answer = self.client.send(passed).await;
        let mut answer = answer.map_err(|error| KubeFailure::Unreachable(root_cause(&error)))?;
        if answer.status() == http::StatusCode::UNAUTHORIZED {
            return Err(KubeFailure::Unauthorized);
        }
        strip(answer.headers_mut());
        Ok(PassedAnswer(answer))
    }
}
