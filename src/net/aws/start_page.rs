//! The start page of IAM Identity Center, which names the region that it is in.

use crate::model::wire::xml;
use crate::net::aws::Aws;
use crate::net::aws::plain::{PlainRequest, send};

const MOST_REDIRECTIONS: usize = 3;

/// The region that the start page names. `None`: it names none, or there is no such page.
///
/// # Errors
/// Why it cannot be read, in words.
pub(crate) async fn region(aws: &Aws, start_url: &str) -> Result<Option<String>, String> {
    let http = crate::net::http::client(aws.host(), &aws.outbound().expecting_page());
    let http = http.map_err(|error| error.to_string())?;
    let mut url = start_url.split('#').next().unwrap_or_default().to_owned();
    for _ in 0..MOST_REDIRECTIONS {
        let request = PlainRequest { method: "GET", url: url.clone(), headers: Vec::new(), body: String::new() };
        let answer = send(http.clone(), "GET", request).await.map_err(|failure| failure.words)?;
        match answer.location {
            Some(next) if next.starts_with("https://") => url = next,
            _ => return Ok(xml::meta(&answer.body, "region")),
        }
    }
    Ok(None)
}
