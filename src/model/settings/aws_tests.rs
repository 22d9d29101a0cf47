use super::*;

fn session(name: &str, url: &str, region: &str) -> String {
    format!("[sso-session {name}]\nsso_start_url = {url}\nsso_region = {region}\n")
}

#[test]
fn only_one_start_url_is_no_guess() {
    let one = session("a", "https://x/start", "eu-west-1");
    let same = session("b", "https://x/start/#", "eu-west-1");
    let other = session("c", "https://y/start", "eu-west-1");
    let elsewhere = session("d", "https://x/start", "us-east-1");
    for (text, start_url, sso_region) in [
        (one.clone(), Some("https://x/start"), Some("eu-west-1")),
        (format!("{one}{same}"), Some("https://x/start"), Some("eu-west-1")),
        (format!("{one}{other}"), None, None),
        (format!("{one}{elsewhere}"), Some("https://x/start"), None),
        ("[sso-session e]\n".to_owned(), None, None),
    ] {
        let settings = Texts { aws: text.clone().leak(), ..Texts::default() }.resolve();
        let values = [&settings.start_url, &settings.sso_region].map(|found| found.as_ref().map(|f| f.value.as_str()));
        assert_eq!(values, [start_url, sso_region], "{text}");
    }
}

#[test]
fn the_region_follows_the_start_url_that_counts() {
    let two = session("a", "https://x/start", "eu-west-1") + &session("b", "https://y/start", "us-east-1");
    let sources = Texts { env: vec![("NSACCESS_START_URL", "https://y/start/")], aws: two.leak(), ..Texts::default() };
    assert_eq!(shown(&sources.resolve().sso_region), "us-east-1 < [sso-session b] in the AWS configuration");
}
