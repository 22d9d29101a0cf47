//! The start page of IAM Identity Center, which names the region that it is in.

use crate::error::Result;
use crate::model::wire::xml;
use crate::net::aws::Aws;
use crate::net::aws::plain::{PlainRequest, send};

const MOST_REDIRECTIONS: usize = 3;

/// The region that the start page names. `None`: it names none, or there is no such page.
///
/// # Errors
/// When the page cannot be asked for at all.
pub(crate) async fn region(aws: &Aws, start_url: &str) -> Result<Option<String>> {
    let http = crate::net::http::client(aws.host(), &aws.outbound().expecting_page())?;
    let mut url = start_url.split('#').next().unwrap_or_default().to_owned();
    for _ in 0..MOST_REDIRECTIONS {
        let request = PlainRequest { method: "GET", url: url.clone(), headers: Vec::new(), body: String::new() };
        let answer = send(http.clone(), "the start page", request).await;
        let answer = answer.map_err(|failure| failure.into_error("the start page cannot be read"))?;
        match answer.location {
            Some(next) if next.starts_with("https://") => url = next,
            _ => return Ok(xml::meta(&answer.body, "region")),
        }
    }
    Ok(None)
}
