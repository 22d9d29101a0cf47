use super::*;

#[test]
fn its_values_count_where_the_user_has_none_key_by_key() {
    let settings = Texts {
        user: Some("flow = 'browser'\n[patterns]\ncontext = 'u-{namespace}'\n[namespace.a]\ncluster = 'user'"),
        organisation: Some(
            "flow = 'device'\nregions = ['eu-west-1']\nrequest_url = 'https://it/{namespace}'\n\
            [patterns]\ncontext = 'o-{namespace}'\nproduction = ['live-*']\n\
            [namespace.a]\ncluster = 'organisation'\nregion = 'eu-west-1'",
        ),
        ..Texts::default()
    }
    .resolve();
    assert_eq!(shown(&settings.request_url), format!("https://it/{{namespace}} < {ORGANISATION}"));
    assert_eq!(settings.flow, Sourced::new(Flow::Browser, Origin::User(USER.into())));
    assert_eq!(settings.context_pattern.value.render("a"), "u-a");
    assert_eq!(settings.production.value, ["live-*"]);
    assert_eq!(settings.regions.origin, Origin::Organisation(ORGANISATION.into()));
    let pins = settings.pins("a");
    assert_eq!(shown(&pins.cluster), format!("user < {USER}"));
    assert_eq!(shown(&pins.region), format!("eu-west-1 < {ORGANISATION}"));
}

#[test]
fn it_decides_for_good_and_not_for_once() {
    assert!(!Origin::Organisation(ORGANISATION.into()).is_temporary());
}
