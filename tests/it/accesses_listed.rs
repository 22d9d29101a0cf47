//! `list` and `status` where a namespace is in several places, and where a permission set's name tells no namespace.

use crate::accesses::{PROD, company, set_up};
use crate::support::World;

#[test]
fn list_shows_each_place_and_the_access_that_is_set_up_for_it() {
    let world = set_up();
    let output = world.run("list").success().says("not for a namespace: Billing\nhint: nsaccess list --all");
    let expected = "NAMESPACE  ACCOUNT       ACCOUNT NAME  SET UP            NOTES\n\
                    payments   111111111111  acme-dev      yes\n\
                    payments   222222222222  acme-stage    -\n\
                    payments   333333333333  acme-prod     as payments-prod  PRODUCTION\n";
    assert_eq!(output.stdout, expected);
    let rows = world.run("list -o json").success().json();
    assert_eq!(rows.as_array().expect("rows").len(), 3);
    let row = &rows[2];
    assert_eq!((&row["namespace"], &row["access"]), (&"payments".into(), &"payments-prod".into()));
    assert_eq!((&row["account"], &row["set_up"]), (&PROD.into(), &true.into()));
    assert_eq!(row["start_url"], world.sandbox.start_url());
}

#[test]
fn what_no_pattern_knows_is_shown_with_the_login_that_pins_it_and_typing_it_works() {
    let world = set_up();
    let output = world.run("list --all").success();
    let command = "nsaccess login NAMESPACE --role Billing --account 333333333333";
    assert!(output.stdout.contains(command), "{}", output.stdout);
    let rows = world.run("list --all -o json").success().json();
    assert_eq!(rows.as_array().expect("rows").len(), 6);
    assert_eq!((&rows[5]["namespace"], &rows[5]["set_up_with"]), (&serde_json::Value::Null, &command.into()));
    let words = command.replace("NAMESPACE", "payments").replace("nsaccess ", "");
    let billing = format!("{words} --as payments-billing --no-verify");
    world.run(&billing).success();
    assert!(world.run("list").success().stdout.contains("acme-prod     as payments-billing\n"));
    assert_eq!(world.run("list --all -o json").success().json().as_array().expect("rows").len(), 6);
}

#[test]
fn status_shows_names_where_the_namespace_does_not_tell() {
    let world = set_up();
    let output = world.run("status").success();
    let has = |line: &[&str]| output.stdout.lines().any(|text| text.split_whitespace().eq(line.iter().copied()));
    assert!(has(&["NAME", "NAMESPACE", "ACCOUNT", "CLUSTER", "CREDENTIALS", "NOTES"]), "{}", output.stdout);
    assert!(output.stdout.contains("*  payments-prod  payments   333333333333  prod-1"), "{}", output.stdout);
    let world = World::signed_in();
    assert!(world.run("status").success().stdout.contains("   NAMESPACE  ACCOUNT"));
}

#[test]
fn logout_with_purge_takes_the_accesses_out_again() {
    let world = set_up();
    world.run("logout --purge").success().says("idp-ns-payments, idp-ns-payments-prod");
    assert!(!world.read(".config/nsaccess/config.toml").contains("payments"));
    assert!(!world.read(".aws/config").contains("payments") && !world.read(".kube/config").contains("payments"));
    let world = company();
    world.run("status payments-prod").exits(5).one_error().says("try: nsaccess login payments-prod");
}

#[test]
fn a_context_that_is_all_there_is_left_counts_as_set_up() {
    let world = World::signed_in();
    let config = world.read(".aws/config");
    let session = config.find("[sso-session").expect("a session");
    let profile = config.find("[profile").expect("a profile");
    let only_session = if session < profile { &config[session..profile] } else { &config[session..] };
    world.write(".aws/config", only_session);
    std::fs::remove_dir_all(world.path(".cache/nsaccess")).expect("removed");
    let row = |world: &World| {
        let output = world.run("list").success();
        output.stdout.lines().find(|line| line.starts_with("idp-dev ")).expect("a line of idp-dev").to_owned()
    };
    assert!(row(&world).contains("yes"), "{}", row(&world));
}
