//! Which sso-session to use for a start URL: one that is there already, else a new name.

use super::{AwsConfig, Section, header};

/// The name of a session of ours, alone or with a number.
const OURS: &str = "nsaccess";

/// The one spelling of a start URL by which portals are told apart. People write it with and without `/` and `#/` at the
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

/// The name of an existing session with this start URL and region (spelled the same first), else a name that no
/// section has: `nsaccess`, else the first label of the start URL's host, else one with a number.
pub fn free_session_name(config: &AwsConfig, start_url: &str, region: &str) -> String {
    let usable = |section: &&Section| {
        let name = section.name().unwrap_or_default();
        let unambiguous = config.only(header::Class::SsoSession, name).is_ok();
        section.get("sso_region") == Some(region) && unambiguous && header::write("sso-session", name).is_some()
    };
    let with = |same: &dyn Fn(&str) -> bool| {
        let found = config.sso_sessions().filter(usable).find(|section| section.get("sso_start_url").is_some_and(same));
        found.and_then(|section| section.name()).map(str::to_owned)
    };
    with(&|url| url == start_url).or_else(|| with(&|url| same_start_url(url, start_url))).unwrap_or_else(|| {
        let label = first_label(start_url).map(str::to_owned);
        let numbered = (2..).map(|number| format!("{OURS}-{number}"));
        let names = std::iter::once(OURS.to_owned()).chain(label).chain(numbered);
        // The numbers do not end before a file of finite length runs out of names.
        names.into_iter().find(|name| config.sso_session(name).is_none()).unwrap_or_default()
    })
}

/// Whether an sso-session has a name that only [`free_session_name`] gives.
pub fn has_our_name(session: &str) -> bool {
    session.strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn first_label(start_url: &str) -> Option<&str> {
    let host = start_url.split_once("://")?.1.split(['/', '#', '?', ':', '@']).next()?;
    let label = host.split('.').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!label.is_empty() && label.chars().all(plain)).then_some(label)
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
