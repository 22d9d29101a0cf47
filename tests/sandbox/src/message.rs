//! Requests and replies, for all services.

use std::pin::Pin;

use hyper::body::Bytes;
use hyper::upgrade::Upgraded;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::text::{first, form_pairs, percent_decode};

/// A complete request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as it was on the wire, still percent-encoded.
    pub(crate) path: String,
    /// The query as it was on the wire, without its question mark.
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// The region of the host that it was sent to, if that is one of IAM Identity Center.
    pub(crate) region: Option<String>,
}

impl Request {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The first value of a query parameter, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form_pairs(&self.query).into_iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value)
    }

    /// The segments of the path, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.trim_matches('/').split('/').filter(|segment| !segment.is_empty()).map(percent_decode).collect()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_pairs(&String::from_utf8_lossy(&self.body))
    }
}

/// The body of a reply.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it, at once.
    Full(Bytes),
    /// The first half of it, then a cut connection.
    Cut(Bytes),
    /// Chunks until the sender is dropped; after an error, a cut connection.
    Stream(mpsc::Receiver<std::io::Result<Bytes>>),
    /// No reply: a cut connection.
    Nothing,
    /// The connection switches to another protocol.
    Upgrade(Upgrade),
}

/// The handler of a connection after `101 Switching Protocols`.
pub(crate) struct Upgrade(Box<dyn FnOnce(Upgraded) -> Talk + Send>);

type Talk = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Upgrade {
    /// Wraps a handler.
    pub(crate) fn new(talk: impl FnOnce(Upgraded) -> Talk + Send + 'static) -> Upgrade {
        Upgrade(Box::new(talk))
    }

    /// Runs the handler.
    pub(crate) async fn talk(self, connection: Upgraded) {
        (self.0)(connection).await;
    }
}

impl std::fmt::Debug for Upgrade {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Upgrade")
    }
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
    /// Why a request was refused, for the journal; never sent.
    pub(crate) remark: Option<String>,
}

impl Reply {
    /// A reply with a content type.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Reply {
        let headers = vec![("content-type", content_type.to_owned())];
        Reply { status, headers, content: Content::Full(body.into()), remark: None }
    }

    /// A JSON reply.
    pub(crate) fn json(status: u16, value: &Value) -> Reply {
        Reply::new(status, "application/json", value.to_string())
    }

    /// A page.
    pub(crate) fn html(status: u16, page: String) -> Reply {
        Reply::new(status, "text/html; charset=utf-8", page).with("cache-control", "no-store")
    }

    /// A redirection.
    pub(crate) fn redirect(location: String) -> Reply {
        Reply::new(302, "text/plain", "").with("location", location)
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a remark for the journal.
    pub(crate) fn because(mut self, remark: impl Into<String>) -> Reply {
        self.remark = Some(remark.into());
        self
    }
}
