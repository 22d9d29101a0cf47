//! A start URL as people type it: an identifier or a host where the whole address is meant.

use aws_config_edit::clean_start_url;

/// What ends the host of a portal, by the partitions.
const HOSTS: [&str; 2] = [".awsapps.com", ".awsapps.cn"];

/// The whole address: `d-1234567890` and `corp.awsapps.com` are completed.
pub(crate) fn completed(typed: &str) -> String {
    let typed = typed.trim();
    let text = match typed.contains("://") {
        true => typed.to_owned(),
        false if is_identity_store(typed) => format!("https://{typed}.awsapps.com/start"),
        false if is_portal_host(typed.split('/').next().unwrap_or_default()) => format!("https://{typed}"),
        false => return typed.to_owned(),
    };
    let url = clean_start_url(&text);
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let host = url.split('/').nth(2).unwrap_or_default();
    match path.is_empty() && HOSTS.iter().any(|end| host.ends_with(end)) {
        true => format!("{}/start", url.trim_end_matches('/')),
        false => url,
    }
}

/// The region in the address of a portal that is named by one, like `https://ssoins-1234.portal.eu-west-1.app.aws`.
pub(crate) fn region(start_url: &str) -> Option<&str> {
    host(start_url).strip_suffix(".app.aws")?.split_once(".portal.").map(|(_, region)| region)
}

/// The host, which tells portals apart.
pub(crate) fn host(start_url: &str) -> &str {
    start_url.split('/').nth(2).unwrap_or(start_url)
}

fn is_identity_store(text: &str) -> bool {
    text.strip_prefix("d-").is_some_and(|id| id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_portal_host(host: &str) -> bool {
    let is_of = |end: &&str| host.len() > end.len() && host.to_ascii_lowercase().ends_with(*end);
    HOSTS.iter().chain(&[".app.aws"]).any(is_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_the_whole_address() {
        for (typed, whole) in [
            ("d-90670ff1a2", "https://d-90670ff1a2.awsapps.com/start"),
            ("corp.awsapps.com", "https://corp.awsapps.com/start"),
            (" Corp.awsapps.com/start/ ", "https://corp.awsapps.com/start/"),
            ("https://corp.awsapps.com", "https://corp.awsapps.com/start"),
            ("https://corp.awsapps.com/", "https://corp.awsapps.com/start"),
            ("https://corp.awsapps.com/start/#/?tab=accounts", "https://corp.awsapps.com/start"),
            ("https://ssoins-1.portal.eu-west-1.app.aws", "https://ssoins-1.portal.eu-west-1.app.aws"),
            ("ssoins-1.portal.eu-west-1.app.aws", "https://ssoins-1.portal.eu-west-1.app.aws"),
            ("https://sso.example.com", "https://sso.example.com"),
        ] {
            assert_eq!(completed(typed), whole);
        }
        // What could be anything stays, and is refused.
        for typed in ["foo", "d-1", "corp", ".awsapps.com", "awsapps.com", ""] {
            assert_eq!(completed(typed), typed);
        }
    }

    #[test]
    fn some_addresses_name_their_region() {
        assert_eq!(region("https://ssoins-1.portal.eu-west-1.app.aws"), Some("eu-west-1"));
        assert_eq!(region("https://corp.awsapps.com/start"), None);
        assert_eq!((host("https://corp.awsapps.com/start"), host("odd")), ("corp.awsapps.com", "odd"));
    }
}
