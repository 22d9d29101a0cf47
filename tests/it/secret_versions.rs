//! `secrets versions`, `describe` and `diff`.

use sandbox::{Secret, SecretValue};

use crate::secret_lists::{ACCOUNT, REGION};
use crate::support::World;

fn put(world: &World, name: &str, texts: &[&str]) {
    let secret = Secret::new(ACCOUNT, REGION, &format!("customer/idp-dev/{name}"), texts[0]);
    let then = |secret: Secret, text: &&str| secret.then(SecretValue::Text((*text).to_owned()));
    world.control().put_secret(texts[1..].iter().fold(secret, then));
}

#[test]
fn versions_come_with_stages_the_newest_first() {
    let world = World::signed_in();
    let list = world.run("secrets versions billing/database -o json").success().json();
    let stages: Vec<String> = list.as_array().expect("a list").iter().map(|one| one["stages"].to_string()).collect();
    assert_eq!(stages, [r#"["AWSCURRENT"]"#, r#"["AWSPREVIOUS"]"#, "[]"]);
    let table = world.run("secrets versions billing/database").success();
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert_eq!(lines[0], "VERSION                               STAGES       CREATED");
    assert!(lines.len() == 4 && lines[1].contains("  AWSCURRENT   2026-10-07 08:12"), "{}", table.stdout);
}

#[test]
fn all_versions_of_a_secret_with_many_are_listed() {
    let world = World::signed_in();
    let texts: Vec<String> = (0..230).map(|number| format!("version-{number}")).collect();
    put(&world, "many", &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let list = world.run("secrets versions many -o json").success().json();
    assert_eq!(list.as_array().map(Vec::len), Some(230));
    assert_eq!(world.control().calls("ListSecretVersionIds"), 3);
}

#[test]
fn a_description_has_everything_but_the_value() {
    let world = World::signed_in();
    world.control().edit_secret(ACCOUNT, "customer/idp-dev/api-key", |secret| {
        secret.tags.push(("team".into(), "payments".into()));
    });
    let text = world.run("secrets describe api-key").success().stdout.clone();
    for line in [
        "Name           customer/idp-dev/api-key",
        "Description    Key of the payment provider",
        "KMS key        aws/secretsmanager",
        "Rotation       -",
        "Tag            team=payments",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let json = world.run("secrets describe billing/database -o json").success().json();
    assert_eq!((&json["rotation"]["schedule"], &json["name"]), (&"every 30 days".into(), &"billing/database".into()));
    let going = world.run("secrets describe old-token").success();
    assert!(going.stdout.contains("Deletion       scheduled; "), "it can be described, but not read\n{}", going.stdout);
    world.run("secrets describe nope").exits(5).one_error().says("secret \"nope\" not found");
    world.run("secrets versions nope").exits(5).one_error();
}

#[test]
fn a_diff_names_keys_and_shows_values_only_when_asked() {
    let world = World::signed_in();
    world.run("secrets diff billing/database").is("KEY       CHANGE\npassword  changed\n[exit status: 0]\n");
    let shown = world.run("secrets diff --show-values billing/database").success();
    assert_eq!(
        shown.stdout,
        "KEY       CHANGE   BEFORE          AFTER\npassword  changed  sandbox-second  sandbox-third\n"
    );
    put(
        &world,
        "json",
        &[
            r#"{"a":"first-long-value","b":{"c":1,"d":"same-long-value"},"gone":1}"#,
            r#"{"b":{"d":"same-long-value","c":2},"a":"second-long-value","new.key":true}"#,
        ],
    );
    let json = world.run("secrets diff json -o json").success().json();
    let changes: Vec<String> = json["changes"].as_array().expect("a list").iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            r#"{"key":"a","change":"changed","values":null}"#,
            r#"{"key":"b.c","change":"changed","values":null}"#,
            r#"{"key":"gone","change":"removed","values":null}"#,
            r#"{"key":"new.key","change":"added","values":null}"#,
        ]
    );
    assert_eq!((&json["compared"], &json["before"]["stage"]), (&"keys".into(), &"AWSPREVIOUS".into()));
    let json = world.run("secrets diff --show-values json -o json").success().json();
    assert_eq!(
        (&json["changes"][1]["values"]["before"], &json["changes"][1]["values"]["after"]),
        (&"1".into(), &"2".into())
    );
}

#[test]
fn a_diff_of_what_is_no_json_is_of_the_whole() {
    let world = World::signed_in();
    put(&world, "plain", &["first-long-value", "second-long-value"]);
    world.run("secrets diff plain").is("KEY            CHANGE\n(whole value)  changed\n[exit status: 0]\n");
    world.run("secrets diff keystore").success();
    put(&world, "same", &[r#"{"a": 1, "b": 2}"#, r#"{"b":2,"a":1}"#]);
    let same = world.run("secrets diff same --exit-code").success().says("no changes in same");
    assert_eq!(same.stdout, "");
    world.run("secrets diff plain --exit-code").exits(1).says_not("error:");
    world
        .run("secrets diff api-key")
        .exits(5)
        .one_error()
        .says("secret \"api-key\" has no version at stage AWSPREVIOUS");
}
