//! `login` without a namespace: where to sign in is asked, what the portal gives is offered.

use crate::support::World;

#[test]
fn a_person_with_nothing_is_asked_and_led_to_a_working_context() {
    let world = World::new();
    let (child, mut person) = world.nsaccess("login").on_terminal();
    person.sees("Start URL");
    person.types("foo\r");
    person.sees("\"foo\" is not a start URL such as https://corp.awsapps.com/start");
    person.types("sandbox.awsapps.com\r");
    person.sees("Region of IAM Identity Center");
    person.types("eu-wset-1\r");
    person.sees("\"eu-wset-1\" is not a known region; did you mean eu-west-1?");
    person.types("eu-west-1\r");
    person.sees("Which namespace?");
    person.sees("idp-prod  PRODUCTION");
    person.types("idp-d\r");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
    assert!(screen.contains("now current"), "{screen}");
    assert!(world.read(".kube/config").contains("current-context: idp-ns-idp-dev\n"), "{screen}");
    assert!(world.read(".config/nsaccess/config.toml").contains("start_url = \"https://sandbox.awsapps.com/start\""));
    // The current context says which one is meant.
    world.run("login").success().says("idp-ns-idp-dev in ~/.kube/config, now current (unchanged)");
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
}

#[test]
fn who_leaves_the_choice_is_not_asked_again_where_to_sign_in() {
    let world = World::new();
    let (start_url, region) = (world.sandbox.start_url(), world.sandbox.sso_region());
    let login = format!("login --start-url {start_url} --sso-region {region}");
    let (child, mut person) = world.nsaccess(&login).on_terminal();
    person.sees("Which namespace?");
    person.types("\u{3}");
    person.sees_the_end();
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(130));
    assert!(!world.exists(".kube/config"));
    let (child, mut person) = world.nsaccess("login --force").on_terminal();
    person.sees("Which namespace?");
    person.types("idp-dev\r");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
    assert!(!screen.contains("Start URL"), "{screen}");
    assert_eq!(world.control().calls("Logout"), 1);
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 2, "one new session, not two");
}

#[test]
fn the_only_namespace_is_not_chosen() {
    let mut of = sandbox::World::default();
    of.accounts[0].permission_sets.retain(|name| name == "idp-ns-idp-dev" || name == "ReadOnly");
    of.accounts.truncate(1);
    let world = World::of(of);
    let (child, person) = world.login("").on_terminal();
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
    assert!(screen.contains("namespace: idp-dev (the only one)") && screen.contains("now current"), "{screen}");
}

#[test]
fn a_portal_without_a_namespace_says_what_was_looked_for() {
    let accounts = vec![sandbox::Account::new("111122223333", "idp-nonprod", &["ReadOnly"])];
    let of = sandbox::World { accounts, ..sandbox::World::default() };
    let world = World::of(of);
    let (child, person) = world.login("").on_terminal();
    let screen = person.sees_the_end();
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(5), "{screen}");
    for words in ["no namespaces found in https://sandbox.awsapps.com/start", "idp-ns-{namespace}", "list --all"] {
        assert!(screen.contains(words), "{screen}");
    }
}

#[test]
fn without_a_terminal_the_whole_command_is_named() {
    let world = World::new();
    let whole = "try: nsaccess login NAMESPACE --start-url https://YOURS.awsapps.com/start --sso-region REGION\n";
    world.run("login").exits(2).one_error().says("error: no namespace specified\n").says(whole);
    world.run("pods").exits(2).one_error().says("try: nsaccess login   # signs in and lists your namespaces\n");
    assert_eq!(world.control().counts().len(), 0);
}
