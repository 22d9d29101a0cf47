use super::super::explain::{Explained, only};
use super::*;

fn explained(texts: &Texts) -> Vec<Explained> {
    texts.try_with(PROJECT, |sources| sources.explain()).unwrap_or_else(|reason| panic!("{reason}"))
}

fn lines(found: &[Explained], setting: &str) -> Vec<String> {
    let found = found.iter().find(|explained| explained.setting == setting).expect(setting);
    found.values.iter().map(|(value, origin)| format!("{value} < {origin}")).collect()
}

#[test]
fn a_setting_has_the_values_of_all_places_in_their_order() {
    let found = explained(&Texts {
        env: vec![("NSACCESS_START_URL", "https://env/")],
        project: Some(("start_url = 'https://project/'\n[namespace.a]\ncluster = 'p'", true)),
        user: Some("start_url = 'https://user/'\n[namespace.a]\ncluster = 'u'"),
        organisation: Some("start_url = 'https://corp/'\nflow = 'browser'\n[namespace.a]\ncluster = 'o'"),
        aws: AWS,
        ..Texts::default()
    });
    assert_eq!(
        lines(&found, "start_url"),
        [
            "https://env/ < environment variable NSACCESS_START_URL",
            "https://project/ < /repo/nsaccess.toml",
            "https://user/ < /home/ada/.config/nsaccess/config.toml",
            "https://corp/ < /etc/nsaccess/config.toml",
            "https://aws/start < [sso-session corp] in the AWS configuration",
        ]
    );
    assert_eq!(lines(&found, "flow"), ["browser < /etc/nsaccess/config.toml", "device < built in"]);
    assert_eq!(
        lines(&found, "namespace.a.cluster"),
        ["p < /repo/nsaccess.toml", &format!("u < {USER}"), "o < /etc/nsaccess/config.toml"]
    );
    assert_eq!(lines(&found, "request_url"), [" < built in"]);
    assert_eq!(lines(&found, "patterns.context"), ["idp-ns-{namespace} < built in"]);
}

#[test]
fn what_is_not_trusted_beats_nothing() {
    let found = explained(&Texts {
        project: Some(("start_url = 'https://project/'", false)),
        user: Some("start_url = 'https://user/'"),
        ..Texts::default()
    });
    assert_eq!(lines(&found, "start_url"), [format!("https://user/ < {USER}")]);
}

#[test]
fn one_setting_or_a_table_is_chosen_by_its_name() {
    let found = explained(&Texts { user: Some("[namespace.a]\ncluster = 'u'\nrole = 'R'"), ..Texts::default() });
    let names = |name: &str| -> Result<Vec<String>, String> {
        Ok(only(found.clone(), name)?.into_iter().map(|explained| explained.setting).collect())
    };
    assert_eq!(names("flow"), Ok(vec!["flow".to_owned()]));
    assert_eq!(names("namespace.a"), Ok(vec!["namespace.a.role".to_owned(), "namespace.a.cluster".to_owned()]));
    assert_eq!(names("namespace.a.region"), Ok(vec!["namespace.a.region".to_owned()]), "it has no value");
    assert_eq!(names("flwo"), Err("unknown setting \"flwo\"; did you mean \"flow\"?".to_owned()));
    assert!(names("patterns").is_ok_and(|names| names.len() == 4));
}
