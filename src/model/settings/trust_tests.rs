use super::*;

/// Every key of a project's file.
const ALL: &str = "namespace = 'a'\nstart_url = 'https://p/'\nsso_region = 'eu-north-1'\nregions = ['eu-north-1']\n\
    account = '111111111111'\nrole = 'R'\ncluster = 'c'\nregion = 'eu-north-1'\n\
    role_arn = 'arn:aws:iam::111122223333:role/k8s'\nsource_profile = 'corp'\nexternal_id = 'x-1'\n\
    mfa_serial = 'arn:aws:iam::111122223333:mfa/ada'\nsession_name = 'ada'\nduration = '1h'\n[forwards]\ndev = 'svc/web 8080:http'";

#[test]
fn only_production_true_counts_in_an_untrusted_file() {
    let plain = Texts::default().resolve();
    let asks = |text, trusted| Texts { project: Some((text, trusted)), ..Texts::default() }.resolve();
    let settings = asks(ALL, false);
    let asked = settings.untrusted_project.clone().expect("untrusted");
    assert_eq!(Settings { untrusted_project: None, ..settings }, plain);
    let keys: Vec<&str> = asked.settings.iter().map(|(key, _)| key.as_str()).collect();
    let all = "namespace start_url sso_region regions account role cluster region \
        role_arn source_profile external_id mfa_serial session_name duration forwards.dev";
    let all: Vec<&str> = all.split(' ').collect();
    assert_eq!((asked.path.as_path(), keys.as_slice()), (Path::new(PROJECT), all.as_slice()));
    let trusted = asks(ALL, true);
    assert_eq!(trusted.untrusted_project, None);
    assert_eq!(shown(&trusted.pins("a").role), "R < /repo/nsaccess.toml");
    let settings = asks("[namespace.b]\nrole = 'R'\nproduction = false", false);
    assert_eq!(settings.pins("b").role, None);
    let words = settings.untrusted_project.expect("untrusted").summary();
    assert_eq!(words, "namespace.b.role = R", "it is no production anyway");
}

#[test]
fn values_that_are_already_effective_need_no_trust() {
    let mut sources = Texts { project: Some(("start_url = 'https://p/'", false)), ..Texts::default() };
    assert!(sources.resolve().untrusted_project.is_some());
    sources.user = Some("start_url = 'https://p/'\n[namespace.a]\nrole = 'R'");
    assert_eq!(sources.resolve().untrusted_project, None);
    sources.project = Some(("[namespace.a]\nrole = 'R'", false));
    assert_eq!(sources.resolve().untrusted_project, None);
    sources.project = Some(("[namespace.a]\nrole = 'S'", false));
    assert!(sources.resolve().untrusted_project.is_some());
}

/// A checkout chooses whose identity is used no more by a pin of one namespace than by one of its own.
#[test]
fn a_table_needs_trust_for_each_of_its_pins() {
    let pins = "namespace = 'pay'\naccount = '111111111111'\nrole = 'R'\ncluster = 'c'\nregion = 'eu-north-1'\n\
        start_url = 'https://p/'\nsso_region = 'eu-north-1'\nrole_arn = 'arn:aws:iam::111122223333:role/k8s'\n\
        source_profile = 'corp'\nexternal_id = 'x-1'\nmfa_serial = 'GAHT12345678'\nsession_name = 'ada'\nduration = '1h'\n\
        production = false";
    let text: &str = format!("[namespace.pay-prod]\n{pins}").leak();
    let asks = |trusted| Texts { project: Some((text, trusted)), ..Texts::default() }.resolve();
    let settings = asks(false);
    let words = settings.untrusted_project.clone().expect("untrusted").summary();
    assert_eq!(words.matches("namespace.pay-prod.").count(), pins.lines().count(), "{words}");
    assert_eq!(Settings { untrusted_project: None, ..settings }, Texts::default().resolve());
    let pins = asks(true).pins("pay-prod");
    let trusted = [&pins.namespace, &pins.start_url, &pins.role_arn, &pins.source_profile, &pins.duration].map(shown);
    let file = " < /repo/nsaccess.toml";
    let arn = "arn:aws:iam::111122223333:role/k8s";
    assert_eq!(trusted, ["pay", "https://p/", arn, "corp", "1h"].map(|value| format!("{value}{file}")));
    assert_eq!(asks(true).pins("pay"), Pins::default());
}

#[test]
fn it_matters_for_its_namespaces() {
    let matters = |text, namespace| {
        let settings = Texts { project: Some((text, false)), ..Texts::default() }.resolve();
        settings.untrusted_project.expect("untrusted").matters_for(namespace)
    };
    assert!(matters("role = 'R'", "a") && matters("[namespace.a]\nrole = 'R'", "a"));
    assert!(matters("regions = ['eu-west-1']\nnamespace = 'a'", "b"));
    assert!(!matters("namespace = 'a'", "a") && !matters("namespace = 'a'", "b"));
    assert!(!matters("namespace = 'a'\nrole = 'R'", "b") && matters("namespace = 'a'\nrole = 'R'", "a"));
    assert!(!matters("[namespace.a]\nrole = 'R'", "b") && !matters("[namespace.a]\nrole = 'R'", "a-b"));
}
