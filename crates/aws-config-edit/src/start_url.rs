//! Start URLs of Identity Center, which people write in several ways.

/// A spelling of the start URL that is the same for the same portal: without the `/` and `#/` that people write at its
/// end.
pub fn plain_start_url(url: &str) -> String {
    clean_start_url(url).trim_end_matches('/').to_owned()
}

/// Whether two start URLs lead to the same portal, however they are written.
pub fn same_start_url(left: &str, right: &str) -> bool {
    left == right || plain_start_url(left) == plain_start_url(right)
}

/// The start URL in what a person typed, or pasted from a browser: `#/?tab=accounts` is a page of the portal, and scheme
/// and host know no case.
pub fn clean_start_url(typed: &str) -> String {
    let typed = typed.trim();
    let Some((scheme, rest)) = typed.split_once("://") else { return typed.to_owned() };
    let (rest, has_page) = match rest.find(['#', '?']) {
        Some(end) => (rest[..end].trim_end_matches('/'), true),
        None => (rest, false),
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if has_page { path.trim_end_matches('/') } else { path };
    format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_url_is_found_in_what_was_pasted() {
        for (typed, clean) in [
            ("https://corp.awsapps.com/start", "https://corp.awsapps.com/start"),
            ("https://corp.awsapps.com/start/", "https://corp.awsapps.com/start/"),
            ("https://corp.awsapps.com/start#/", "https://corp.awsapps.com/start"),
            ("https://corp.awsapps.com/start/#/?tab=accounts", "https://corp.awsapps.com/start"),
            ("  HTTPS://Corp.AWSapps.com/Start?x=1 ", "https://corp.awsapps.com/Start"),
            ("corp", "corp"),
        ] {
            assert_eq!(clean_start_url(typed), clean, "{typed}");
            assert!(same_start_url(typed, clean), "{typed}");
        }
        assert!(!same_start_url("https://a.awsapps.com/start", "https://b.awsapps.com/start"));
    }
}
