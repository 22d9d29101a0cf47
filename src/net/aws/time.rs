//! Asks a server for nothing but the time, which stands in every answer.

use crate::net::aws::Aws;
use crate::net::aws::plain::{PlainRequest, send};

/// Lets IAM Identity Center's token service answer, whatever it says: see [`crate::net::outbound::Outbound::difference`].
pub(crate) async fn ask(aws: &Aws, region: &str) {
    let url = aws.oidc_endpoint(region);
    let request = PlainRequest { method: "GET", url, headers: Vec::new(), body: String::new() };
    // A refusal tells the time too.
    let _ = send(aws.http.clone(), "GET", request).await;
}
