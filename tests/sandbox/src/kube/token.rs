//! A bearer token as `aws eks get-token` makes it, for tests without the AWS CLI.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock;
use crate::credentials::Credentials;
use crate::sigv4;
use crate::text::percent_encode;

/// The token of some credentials for a cluster.
pub(crate) fn token(credentials: &Credentials, cluster: &str, region: &str, now: i64) -> String {
    let date = clock::basic(now);
    let day = &date[..8];
    let credential = format!("{}/{day}/{region}/sts/aws4_request", credentials.access_key_id);
    let mut pairs = vec![
        ("Action", "GetCallerIdentity"),
        ("Version", "2011-06-15"),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &date),
        ("X-Amz-Expires", "60"),
    ];
    if let Some(session) = &credentials.session_token {
        pairs.push(("X-Amz-Security-Token", session));
    }
    pairs.push(("X-Amz-SignedHeaders", "host;x-k8s-aws-id"));
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
    let (host, query) = (format!("sts.{region}.amazonaws.com"), pairs.join("&"));
    let headers = [("host".to_owned(), host.clone()), ("x-k8s-aws-id".to_owned(), cluster.to_owned())];
    let message = sigv4::Message { method: "GET", path: "/", query: &query, headers: &headers, body: b"" };
    let signature = sigv4::presign(&message, &credentials.secret_access_key, (&date, region, "sts"));
    let url = format!("https://{host}/?{query}&X-Amz-Signature={signature}");
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url))
}
