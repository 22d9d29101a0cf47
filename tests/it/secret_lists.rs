//! `secrets list`: whose, how many, in what form, and what happens on the way.

use sandbox::{Fault, FaultKind, Secret};

use crate::support::{World, until};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";

fn names(world: &World, words: &str) -> Vec<String> {
    let list = world.run(&format!("secrets list -o json {words}")).success().json();
    let list = list.as_array().expect("a list").iter().map(|one| one["name"].as_str().expect("a name").to_owned());
    list.collect()
}

#[test]
fn the_namespace_s_secrets_are_listed_with_what_is_known_of_them() {
    let world = World::signed_in();
    world.run("secrets list").is("\
NAME              LAST CHANGED      STATE             DESCRIPTION
api-key           TIME  -                 Key of the payment provider
billing/database  TIME  -                 Database of billing
keystore          TIME  -                 -
locked            TIME  -                 Encrypted with another team's key
old-token         TIME  pending deletion  -
[exit status: 0]
");
    assert_eq!(world.control().calls("ListSecrets"), 1);
    let wide = world.run("secrets list -o wide").success();
    let billing = wide.stdout.lines().find(|line| line.starts_with("billing/database ")).expect("its line");
    assert!(billing.contains("2026-10-07     every 30 days  2"), "{}", wide.stdout);
    let names = world.run("secrets list -o name").success();
    assert_eq!(names.stdout, "api-key\nbilling/database\nkeystore\nlocked\nold-token\n");
}

#[test]
fn the_json_is_a_contract() {
    let world = World::signed_in();
    let list = world.run("secrets list -o json").success().json();
    let keys = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let expected = [
        "name",
        "full_name",
        "arn",
        "readable",
        "description",
        "created_at",
        "changed_at",
        "accessed_at",
        "deleted_at",
        "rotation",
        "versions",
        "kms_key",
        "owning_service",
        "primary_region",
        "tags",
    ];
    assert_eq!(keys(&list[1]), expected);
    assert_eq!(keys(&list[1]["rotation"]), ["enabled", "schedule", "lambda", "last_at", "next_at"]);
    assert_eq!(list[1]["full_name"], "customer/idp-dev/billing/database");
    assert_eq!(list[1]["changed_at"], "2026-10-07T08:12:44Z");
    assert_eq!(list[1]["versions"][0]["stages"][0], "AWSCURRENT");
    assert!(list[1]["deleted_at"].is_null() && list[4]["deleted_at"].is_string(), "{list:#}");
    let yaml = world.run("secrets list -o yaml").success();
    assert!(yaml.stdout.contains("full_name: customer/idp-dev/api-key"), "{}", yaml.stdout);
}

#[test]
fn all_shows_the_others_too_and_marks_them() {
    let world = World::signed_in();
    let output = world.run("secrets list --all").success();
    let line = |name: &str| output.stdout.lines().find(|line| line.starts_with(name)).expect("its line").to_owned();
    assert!(line("customer/idp-dev-tools/api-key ").contains("no access"));
    assert!(line("platform/grafana/admin ").contains("no access"));
    assert!(!line("api-key ").contains("no access"));
    let list = world.run("secrets list --all -o json").success().json();
    let readable = list.as_array().expect("a list").iter().filter(|one| one["readable"] == true).count();
    assert_eq!((readable, list.as_array().map(Vec::len)), (5, Some(10)), "production's are in another account");
}

#[test]
fn a_name_that_only_begins_alike_is_not_ours() {
    let world = World::signed_in();
    for name in ["customer/idp-devil/x", "customer/idp-dev", "customer/idp-dev/", "Customer/idp-dev/x"] {
        world.control().put_secret(Secret::new(ACCOUNT, REGION, name, "look-alike value"));
    }
    assert_eq!(names(&world, ""), ["api-key", "billing/database", "keystore", "locked", "old-token"]);
}

#[test]
fn five_thousand_secrets_are_all_there() {
    let world = World::signed_in();
    world.control().clear_secrets();
    world.control().put_many_secrets(ACCOUNT, REGION, "customer/idp-dev/many-", 5000);
    let names = names(&world, "");
    assert_eq!((names.len(), names[0].as_str(), names[4999].as_str()), (5000, "many-0000", "many-4999"));
    assert_eq!(world.control().calls("ListSecrets"), 50, "a hundred a page, and no call for any of them");
    assert_eq!(world.control().counts().len(), 1, "{:?}", world.control().counts());
}

#[test]
fn credentials_that_end_in_the_middle_are_renewed_once() {
    let world = World::signed_in();
    world.control().clear_secrets();
    world.control().put_many_secrets(ACCOUNT, REGION, "customer/idp-dev/many-", 1000);
    world.control().fault(Fault {
        service: "secretsmanager".into(),
        operation: "ListSecrets".into(),
        times: None,
        kind: FaultKind::Latency(300),
    });
    let running = world.nsaccess("secrets list -o json -v").spawn();
    until("the first page", || (world.control().calls("ListSecrets") > 0).then_some(()));
    world.control().expire_role_credentials();
    let output = running.finish().success().says("fetching new credentials");
    assert_eq!(output.json().as_array().map(Vec::len), Some(1000));
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
}

#[test]
fn credentials_that_are_never_taken_are_an_error_and_no_loop() {
    let world = World::signed_in();
    let expired = FaultKind::Error { status: 400, code: "ExpiredTokenException".into(), message: "expired".into() };
    world.control().fail_next("ListSecrets", 9, expired);
    world.run("secrets list").exits(3).one_error().says("try: nsaccess login idp-dev --force");
    assert_eq!((world.control().calls("ListSecrets"), world.control().calls("GetRoleCredentials")), (2, 1));
}

#[test]
fn throttling_is_waited_for_and_in_the_end_said() {
    let world = World::signed_in();
    let slow_down =
        FaultKind::Error { status: 400, code: "ThrottlingException".into(), message: "Rate exceeded".into() };
    world.control().put_many_secrets(ACCOUNT, REGION, "customer/idp-dev/many-", 1000);
    world.control().throttle("secretsmanager", Some(5));
    assert_eq!(names(&world, "").len(), 1005);
    world.control().throttle("secretsmanager", None);
    world.control().fail_next("ListSecrets", 99, slow_down);
    world.run("secrets list").exits(6).one_error().says("Rate exceeded").says("try: wait a minute");
}

#[test]
fn no_secrets_are_an_answer() {
    let world = World::signed_in();
    world.control().clear_secrets();
    let output = world.run("secrets list").success().says("no secrets below customer/idp-dev/ in eu-west-1");
    assert_eq!(output.stdout.lines().count(), 1, "{}", output.stdout);
    assert_eq!(world.run("secrets list -o json").success().json(), serde_json::json!([]));
    world.run("secrets list --region eu-central-1").success().says("in eu-central-1");
}

#[test]
fn who_may_not_list_can_still_read_by_name() {
    let world = World::signed_in();
    world.control().deny_action("idp-ns-idp-dev", "secretsmanager:ListSecrets");
    world
        .run("secrets list")
        .exits(4)
        .one_error()
        .says("the role idp-ns-idp-dev needs secretsmanager:ListSecrets")
        .says("customer/idp-dev/");
    world.run("secrets get api-key").success();
    world.run("secrets get api-kye").exits(5).one_error().says("try: nsaccess secrets list");
}

#[test]
fn the_prefix_is_a_setting_and_is_judged() {
    let world = World::signed_in();
    for (prefix, says) in [
        ("", "does not contain {namespace}"),
        ("customer/", "does not contain {namespace}"),
        ("customer/{namespace}", "put a `/` after"),
        ("{namespace}-x/", "put a `/` after"),
        ("a b/{namespace}/", "white space"),
    ] {
        let set = world.nsaccess("config set patterns.secrets_prefix").arg(prefix).run();
        set.exits(2).one_error().says(says);
    }
    world.run("config set patterns.secrets_prefix teams/{namespace}/").success();
    world.control().put_secret(Secret::new(ACCOUNT, REGION, "teams/idp-dev/x", "of the other prefix"));
    assert_eq!(names(&world, ""), ["x"]);
    world
        .run("secrets get teams/idp-test/x")
        .exits(4)
        .says("the role idp-ns-idp-dev can only read secrets below teams/idp-dev/");
    world
        .run("secrets get x")
        .exits(4)
        .one_error()
        .says("not allowed to read secret \"teams/idp-dev/x\"")
        .says("it is below teams/idp-dev/")
        .says("try: nsaccess config");
}
