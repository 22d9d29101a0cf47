//! Pages of a list: `limit` and `continue`, whose token is the server's own form. It says after what the next page
//! begins, and as of which version; what was written since is on the next page all the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::status;
use super::store::Store;
use crate::message::{Reply, Request};

/// The page that a request asks for.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) limit: Option<usize>,
    /// The namespace and the name of the last object of the page before.
    pub(super) after: Option<(String, String)>,
    pub(super) version: String,
}

impl Page {
    pub(super) fn of(store: &Store, request: &Request) -> Result<Page, Reply> {
        let given = |name: &str| request.parameter(name).filter(|text| !text.is_empty());
        let limit = match given("limit").map(|text| text.parse::<usize>().map_err(|_| text)) {
            Some(Err(text)) => {
                return Err(status::bad_request(&format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")));
            }
            Some(Ok(0)) | None => None,
            Some(Ok(limit)) => Some(limit),
        };
        let Some(token) = given("continue") else {
            return Ok(Page { limit, after: None, version: store.version().to_string() });
        };
        let read = |token: &str| -> Option<(Value, String, String)> {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
            let token: Value = serde_json::from_slice(&bytes).ok()?;
            let start = token["start"].as_str()?.strip_suffix('\0')?.to_owned();
            let (namespace, name) = start.rsplit_once('/').unwrap_or(("", &start));
            Some((token["rv"].clone(), namespace.to_owned(), name.to_owned()))
        };
        let (version, namespace, name) =
            read(&token).ok_or_else(|| status::bad_request("invalid continue token: continue key is not valid"))?;
        Ok(Page { limit, after: Some((namespace, name)), version: version.to_string() })
    }

    /// The token of the page after this object.
    pub(super) fn next(&self, namespace: &str, name: &str) -> String {
        let start = if namespace.is_empty() { format!("{name}\0") } else { format!("{namespace}/{name}\0") };
        let version: u64 = self.version.parse().unwrap_or(0);
        URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": version, "start": start}).to_string())
    }
}
