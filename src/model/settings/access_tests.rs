use super::*;

#[test]
fn a_pin_is_for_the_access_of_its_name_only() {
    let user = "[namespace.pay-eu]\nnamespace = 'pay'\naccount = '111111111111'\nrole_arn = 'arn:aws:iam::111122223333:role/k8s'\n\
        [namespace.pay]\nstart_url = 'https://other/'";
    let settings = Texts { user: Some(user), ..Texts::default() }.resolve();
    assert_eq!(settings.namespace_of_access("pay-eu"), "pay");
    assert_eq!(settings.namespace_of_access("pay"), "pay");
    assert_eq!(settings.pins("pay-eu").start_url, None, "that is of the other access to the namespace");
    assert_eq!(settings.pins("pay").role_arn, None);
    assert_eq!(settings.start_url, None, "a pin is no setting of all");
}

#[test]
fn flags_win_over_the_pins_and_the_portal_stays_a_setting() {
    let arn = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let flags = Flags {
        role_arn: Some(arn("flag")),
        duration: Some("45m".to_owned()),
        start_url: Some("https://flag/".to_owned()),
        ..Flags::default()
    };
    let user = "[namespace.pay]\nrole_arn = 'arn:aws:iam::111122223333:role/file'\nexternal_id = 'x-1'\nstart_url = 'https://pin/'";
    let settings = Texts { flags, user: Some(user), ..Texts::default() }.resolve();
    let pins = settings.pins("pay");
    assert_eq!(shown(&pins.role_arn), format!("{} < flag --role-arn", arn("flag")));
    assert_eq!(shown(&pins.duration), "45m < flag --duration");
    // What the file says is about another role.
    assert_eq!((shown(&pins.external_id), shown(&pins.start_url)), ("-".to_owned(), "-".to_owned()));
    assert_eq!(shown(&settings.start_url), "https://flag/ < flag --start-url");
}

#[test]
fn production_is_told_by_either_name() {
    let user = "[namespace.shop]\nnamespace = 'shop-prod'\n[namespace.toy-prod]\nnamespace = 'toy'";
    let settings = Texts { user: Some(user), ..Texts::default() }.resolve();
    let production = |name: &str| settings.pins(name).production.is_some_and(|found| found.value);
    assert!(production("shop") && production("toy-prod") && production("shop-prod") && !production("toy"));
}

#[test]
fn the_file_of_a_namespace_s_folder_is_for_that_namespace() {
    let text = "role_arn = 'arn:aws:iam::111122223333:role/k8s'\nsource_profile = 'corp'";
    let pinned = |path: &str, trusted, name: &str| {
        let settings = Texts { project: Some((text, trusted)), ..Texts::default() }.resolve_at(path);
        settings.pins(name).source_profile.is_some()
    };
    for (path, name, expected) in [
        ("/x/apps-pay/apps/pay-dev/nsaccess.toml", "pay-dev", true),
        ("/x/apps-pay/apps/pay-dev/nsaccess.toml", "pay-prod", false),
        ("/x/apps-pay/apps/pay-dev/helm/nsaccess.toml", "pay-dev", true),
        ("/x/apps-pay/apps/pay-dev/helm/nsaccess.toml", "pay-prod", false),
        ("/x/apps-pay/nsaccess.toml", "pay-prod", true),
        ("/x/apps-pay/apps/other-dev/nsaccess.toml", "pay-prod", true),
    ] {
        assert_eq!(pinned(path, true, name), expected, "{path} {name}");
        assert!(!pinned(path, false, name), "{path} is not trusted");
    }
    // What it names itself counts before the folder.
    let named = Texts { project: Some(("namespace = 'pay-prod'\ncluster = 'c'", true)), ..Texts::default() };
    let settings = named.resolve_at("/x/apps-pay/apps/pay-dev/nsaccess.toml");
    assert!(settings.pins("pay-prod").cluster.is_some() && settings.pins("pay-dev").cluster.is_none());
}

#[test]
fn an_untrusted_file_of_a_folder_is_told_for_its_namespace_only() {
    let settings = Texts { project: Some(("cluster = 'c'", false)), ..Texts::default() };
    let asked = settings.resolve_at("/x/apps-pay/apps/pay-dev/nsaccess.toml").untrusted_project.expect("untrusted");
    assert!(asked.matters_for("pay-dev") && !asked.matters_for("pay-prod"));
}
