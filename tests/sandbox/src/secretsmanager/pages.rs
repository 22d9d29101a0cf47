//! Pages of a list. A token is valid only for the request that it came from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Question, Refused, invalid};
use crate::text::hex;

/// A part of a list, and the token for the next one.
pub(super) struct Page {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) next: Option<String>,
}

/// The page of a request, for a list of this length.
pub(super) fn page(question: &Question, most: usize, length: usize) -> Result<Page, Refused> {
    let size = match &question.input["MaxResults"] {
        Value::Null => most,
        given => size(given, most)?,
    };
    let mark = mark(question);
    let start = match question.text("NextToken") {
        None => 0,
        Some(token) => {
            let wrong = || ("InvalidNextTokenException", "The NextToken value is invalid.".to_owned());
            let text = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
            let start = text.strip_prefix(&format!("{mark} ")).and_then(|rest| rest.parse::<usize>().ok());
            start.ok_or_else(wrong)?.min(length)
        }
    };
    let end = length.min(start + size);
    let next = (end < length).then(|| STANDARD.encode(format!("{mark} {end}")));
    Ok(Page { start, end, next })
}

fn size(given: &Value, most: usize) -> Result<usize, Refused> {
    let number = given.as_i64().ok_or_else(|| ("SerializationException", String::new()))?;
    if number < 1 {
        return Err(invalid("maxResults", &given.to_string(), "Member must have value greater than or equal to 1"));
    }
    usize::try_from(number).ok().filter(|number| *number <= most).ok_or_else(|| {
        let constraint = format!("Member must have value less than or equal to {most}");
        invalid("maxResults", &given.to_string(), &constraint)
    })
}

/// A request without its page.
fn mark(question: &Question) -> String {
    let mut asked = question.input.clone();
    if let Some(members) = asked.as_object_mut() {
        members.retain(|name, _| name != "NextToken" && name != "MaxResults");
    }
    let credentials = &question.caller.credentials;
    let whole = json!([credentials.account, question.caller.region, asked]).to_string();
    hex(&Sha256::digest(whole)[..8])
}
