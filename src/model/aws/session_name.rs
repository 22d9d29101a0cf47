//! Names for the sso-sessions that we write.

use aws_config_edit::AwsConfig;

const OURS: &str = "nsaccess";

/// The name of an existing session for this portal, else an unused name: `nsaccess`, the first label of the start URL's
/// host, or `nsaccess` with a number.
pub(crate) fn session_name_for(config: &AwsConfig, start_url: &str, region: &str) -> String {
    config.session_for(start_url, region).map(str::to_owned).unwrap_or_else(|| {
        let label = first_label(start_url).map(str::to_owned);
        let numbered = (2..).map(|number| format!("{OURS}-{number}"));
        let names = std::iter::once(OURS.to_owned()).chain(label).chain(numbered);
        // Always finds one: there are more numbers than sections.
        names.into_iter().find(|name| config.sso_session(name).is_none()).unwrap_or_default()
    })
}

/// Whether an sso-session has a name that only [`session_name_for`] gives.
pub(crate) fn has_our_name(session: &str) -> bool {
    session.strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The first label of a start URL's host, which names the organisation.
pub(crate) fn first_label(start_url: &str) -> Option<&str> {
    let host = start_url.split_once("://")?.1.split(['/', '#', '?', ':', '@']).next()?;
    let label = host.split('.').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!label.is_empty() && label.chars().all(plain)).then_some(label)
}

#[cfg(test)]
mod tests {
    use aws_config_edit::parse;

    use super::*;

    const URL: &str = "https://corp.awsapps.com/start";

    fn session(name: &str, url: &str) -> String {
        format!("[sso-session {name}]\nsso_start_url = {url}\nsso_region = eu-west-1\n")
    }

    #[test]
    fn an_existing_session_is_used_before_a_new_name() {
        let taken = session("nsaccess", "https://o");
        let label = session("corp", "https://o");
        let second = session("nsaccess-2", "https://o");
        for (text, expected) in [
            (String::new(), "nsaccess"),
            (session("mine", &format!("{URL}#/")), "mine"),
            (taken.clone(), "corp"),
            (format!("{taken}{label}"), "nsaccess-2"),
            (format!("{taken}{label}{second}"), "nsaccess-3"),
        ] {
            let config = parse(&text).expect("readable");
            assert_eq!(session_name_for(&config, URL, "eu-west-1"), expected, "{text}");
        }
        let config = parse(&taken).expect("readable");
        for odd in ["nonsense", "https://", "https://[::1]/start", "https:// x/"] {
            assert_eq!(session_name_for(&config, odd, "eu-west-1"), "nsaccess-2", "{odd}");
        }
    }

    #[test]
    fn only_names_that_we_give_are_ours() {
        assert!(has_our_name("nsaccess") && has_our_name("nsaccess-2"));
        assert!(!has_our_name("corp") && !has_our_name("nsaccessory"));
    }
}
