//! Pages of EKS's lists. A token is the item that the next page begins with.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error;
use crate::message::{Reply, Request};

/// Which of the items, by their names in order, are on the requested page; and the token of the next one.
pub(super) fn page(
    names: &[&str],
    request: &Request,
    default_size: i64,
) -> Result<(Range<usize>, Option<String>), Reply> {
    let invalid = |message: &str| error(400, "InvalidParameterException", message);
    let size = match request.parameter("maxResults").map(|text| text.parse::<usize>()) {
        None => usize::try_from(default_size).unwrap_or(100),
        Some(Ok(size @ 1..=100)) => size,
        Some(_) => return Err(invalid("maxResults must be between 1 and 100")),
    };
    let start = match request.parameter("nextToken") {
        None => 0,
        Some(token) => {
            let name = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let position = name.and_then(|name| names.iter().position(|candidate| *candidate == name));
            position.ok_or_else(|| invalid("Invalid nextToken"))?
        }
    };
    let end = names.len().min(start + size);
    Ok((start..end, names.get(end).map(|name| STANDARD.encode(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_a_list_once() {
        let names: Vec<String> = (0..7).map(|number| number.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ask = |query: String| page(&names, &Request { query, ..Request::default() }, 100);
        let (mut seen, mut query) = (Vec::new(), "maxResults=3".to_owned());
        loop {
            let (range, next) = ask(query).expect("a page");
            seen.extend_from_slice(&names[range]);
            let Some(next) = next else { break };
            query = format!("maxResults=3&nextToken={next}");
        }
        assert_eq!(seen, names);
        for query in ["maxResults=0", "maxResults=101", "nextToken=nonsense"] {
            assert_eq!(ask(query.to_owned()).expect_err(query).status, 400);
        }
    }
}
