//! What the tests of EKS's operations need.

use serde_json::Value;

use crate::message::{Content, Reply, Request};
use crate::sigv4::Caller;

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const REGION: &str = "eu-west-1";

/// A caller with credentials of a permission set.
pub(super) fn caller(permission_set: &str) -> Caller {
    let session = ("ada@example.com", REGION);
    let random = crate::random::Random::new();
    let credentials = crate::Credentials::mint(&random, ACCOUNT, permission_set, session, i64::MAX);
    Caller { credentials, region: REGION.to_owned() }
}

pub(super) fn get(path: &str, query: &str) -> Request {
    Request { method: "GET".to_owned(), path: path.to_owned(), query: query.to_owned(), ..Request::default() }
}

/// The body of an answer, or the status, the code and the message of a refusal.
pub(super) fn read(answer: Result<Reply, Reply>) -> Result<Value, (u16, String, String)> {
    let body = |reply: &Reply| match &reply.content {
        Content::Full(bytes) => serde_json::from_slice::<Value>(bytes).expect("JSON"),
        other => panic!("no body: {other:?}"),
    };
    answer.map(|reply| body(&reply)).map_err(|reply| {
        let code = crate::text::first(
            &reply.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Vec<_>>(),
            "x-amzn-errortype",
        )
        .unwrap_or_default()
        .to_owned();
        (reply.status, code, body(&reply)["message"].as_str().unwrap_or_default().to_owned())
    })
}
