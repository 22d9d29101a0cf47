use super::*;

/// Every key of a project's file.
const ALL: &str = "namespace = 'a'\nstart_url = 'https://p/'\nsso_region = 'eu-north-1'\nregions = ['eu-north-1']\n\
    account = '111111111111'\nrole = 'R'\ncluster = 'c'\nregion = 'eu-north-1'";

#[test]
fn only_production_true_counts_in_an_untrusted_file() {
    let plain = Sources::default().resolve();
    let asks = |text, trusted| Sources { project: Some((text, trusted)), ..Sources::default() }.resolve();
    let settings = asks(ALL, false);
    let asked = settings.untrusted_project.clone().expect("untrusted");
    assert_eq!(Settings { untrusted_project: None, ..settings }, plain);
    let keys: Vec<&str> = asked.settings.iter().map(|(key, _)| key.as_str()).collect();
    let all = ["namespace", "start_url", "sso_region", "regions", "account", "role", "cluster", "region"];
    assert_eq!((asked.path.as_path(), keys.as_slice()), (Path::new(PROJECT), &all[..]));
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
    let mut sources = Sources { project: Some(("start_url = 'https://p/'", false)), ..Sources::default() };
    assert!(sources.resolve().untrusted_project.is_some());
    sources.user = Some("start_url = 'https://p/'\n[namespace.a]\nrole = 'R'");
    assert_eq!(sources.resolve().untrusted_project, None);
    sources.project = Some(("[namespace.a]\nrole = 'R'", false));
    assert_eq!(sources.resolve().untrusted_project, None);
    sources.project = Some(("[namespace.a]\nrole = 'S'", false));
    assert!(sources.resolve().untrusted_project.is_some());
}

#[test]
fn it_matters_for_its_namespaces() {
    let matters = |text, namespace| {
        let settings = Sources { project: Some((text, false)), ..Sources::default() }.resolve();
        settings.untrusted_project.expect("untrusted").matters_for(namespace)
    };
    assert!(matters("role = 'R'", "a") && matters("[namespace.a]\nrole = 'R'", "a"));
    assert!(matters("regions = ['eu-west-1']\nnamespace = 'a'", "b"));
    assert!(!matters("namespace = 'a'", "a") && !matters("namespace = 'a'", "b"));
    assert!(!matters("namespace = 'a'\nrole = 'R'", "b") && matters("namespace = 'a'\nrole = 'R'", "a"));
    assert!(!matters("[namespace.a]\nrole = 'R'", "b") && !matters("[namespace.a]\nrole = 'R'", "a-b"));
}
