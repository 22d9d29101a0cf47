//! What cannot be read: each reason in its own words, with its exit code.

use sandbox::{Encryption, FaultKind};

use crate::secret_lists::ACCOUNT;
use crate::support::World;
use crate::token::age_credentials;

#[test]
fn a_name_outside_the_prefix_is_refused_before_any_call() {
    let world = World::signed_in();
    // Not even credentials are fetched for it.
    age_credentials(&world, "idp-dev");
    for verb in ["get", "describe", "versions", "diff"] {
        world.run(&format!("secrets {verb} customer/idp-test/api-key")).is(r#"------- stderr -------
error: no access to secret "customer/idp-test/api-key"
because: the role idp-ns-idp-dev can only read secrets below customer/idp-dev/ (AWS was not asked)
try: nsaccess secrets get api-key -n idp-test
[exit status: 4]
"#);
    }
    for name in ["customer/idp-dev-tools/api-key", "customer/idp-dev", "/platform/x", "customer/x"] {
        world.run(&format!("secrets get {name}")).exits(4).one_error().says("below customer/idp-dev/");
    }
    world.run("secrets exec api-key customer/idp-test/api-key -- true").exits(4).one_error();
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
}

#[test]
fn what_is_no_name_is_refused_before_any_call() {
    let world = World::signed_in();
    let long = "x".repeat(600);
    for name in ["", " ", "a b", "..", "../idp-test/api-key", "a/../b", "a\nb", "*", "ä", "a?b", &long] {
        for verb in ["get", "versions", "describe", "diff"] {
            world.nsaccess(&format!("secrets {verb}")).arg(name).run().exits(2).one_error().says("invalid secret name");
        }
        world.nsaccess("secrets exec").arg(name).arg("--").arg("true").run().exits(2).one_error();
    }
    use std::os::unix::ffi::OsStrExt;
    world.nsaccess("secrets get").arg(std::ffi::OsStr::from_bytes(b"\xff")).run().exits(2);
    for words in ["--version-id short", "--version-stage="] {
        world.run(&format!("secrets get api-key {words}")).exits(2).one_error();
    }
    world.run("secrets get api-key --copy --out x").exits(2);
    world.run("secrets get api-key --clear-after 5s").exits(2);
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
}

#[test]
fn a_refusal_names_the_secret_the_role_and_the_prefix() {
    let world = World::signed_in();
    world.control().deny_action("idp-ns-idp-dev", "secretsmanager:GetSecretValue");
    world
        .run("secrets get api-key")
        .exits(4)
        .one_error()
        .says("error: not allowed to read secret \"customer/idp-dev/api-key\"")
        .says("is not authorized to perform: secretsmanager:GetSecretValue")
        .says("it is below customer/idp-dev/");
}

#[test]
fn a_secret_that_is_going_a_key_that_is_denied_and_one_that_is_broken_have_their_own_words() {
    let world = World::signed_in();
    world
        .run("secrets get old-token")
        .exits(5)
        .one_error()
        .says("error: secret \"old-token\" is scheduled for deletion")
        .says("try: nsaccess secrets describe old-token");
    world
        .run("secrets get locked")
        .exits(4)
        .one_error()
        .says("error: not allowed to use the KMS key of secret \"locked\"")
        .says("the key is arn:aws:kms:eu-west-1:111122223333:key/");
    world.control().edit_secret(ACCOUNT, "customer/idp-dev/api-key", |secret| secret.encryption = Encryption::Broken);
    world
        .run("secrets get api-key")
        .exits(1)
        .one_error()
        .says("error: cannot decrypt secret \"api-key\"")
        .says("the key is aws/secretsmanager");
}

#[test]
fn a_missing_version_is_not_a_missing_secret() {
    let world = World::signed_in();
    world
        .run("secrets get api-key --version-stage AWSPREVIOUS")
        .exits(5)
        .one_error()
        .says("error: secret \"api-key\" has no version at stage AWSPREVIOUS")
        .says("try: nsaccess secrets versions api-key");
    let id = "00000000-0000-4000-8000-000000000000";
    world
        .run(&format!("secrets get api-key --version-id {id}"))
        .exits(5)
        .one_error()
        .says(&format!("error: secret \"api-key\" has no version {id}"));
    world.control().edit_secret(ACCOUNT, "customer/idp-dev/api-key", |secret| secret.versions.clear());
    world.run("secrets get api-key").exits(5).one_error().says("error: secret \"api-key\" has no value yet");
}

#[test]
fn a_missing_secret_comes_with_the_nearest_names() {
    let world = World::signed_in();
    world
        .run("secrets get api_key")
        .exits(5)
        .one_error()
        .says("error: secret \"api_key\" not found")
        .says("try: nsaccess secrets get api-key -n idp-dev");
    world
        .run("secrets get platform/grafana/admin")
        .exits(5)
        .one_error()
        .says("the account has a secret \"platform/grafana/admin\"")
        .says("can only read secrets below customer/idp-dev/");
    world.control().clear_secrets();
    world.run("secrets get api-key").exits(5).one_error().says("idp-dev has no secrets in eu-west-1");
}

#[test]
fn no_answer_is_6_and_shows_nothing_of_a_half_answer() {
    let mut world = World::signed_in();
    for kind in [FaultKind::CutMidBody, FaultKind::CutBefore, FaultKind::Garbage] {
        world.control().fail_next("GetSecretValue", 9, kind.clone());
        let output = world.run("secrets get billing/database -vvv").exits(6).one_error();
        assert_eq!(output.stdout, "", "{kind:?}");
        world.control().clear_faults();
    }
    let slow_down =
        FaultKind::Error { status: 400, code: "ThrottlingException".into(), message: "Rate exceeded".into() };
    world.control().fail_next("GetSecretValue", 9, slow_down);
    world.run("secrets get api-key").exits(6).one_error().says("Rate exceeded").says("try: wait a minute");
    world.control().clear_faults();
    world.go_offline();
    world.run("secrets get api-key").exits(6).one_error().says("GetSecretValue got no usable response");
}

#[test]
fn credentials_that_ended_early_are_renewed_and_nobody_notices() {
    let world = World::signed_in();
    world.control().expire_role_credentials();
    let output = world.run("secrets get api-key").success();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("sandbox-api-key", ""));
    world.run("logout").success();
    let output = world.run("secrets get api-key").exits(3).one_error().says("try: nsaccess login idp-dev");
    assert_eq!(output.stdout, "", "a shell that reads this must not get half a value");
}

#[test]
fn what_is_told_to_be_typed_helps_when_it_is_typed() {
    let world = World::signed_in();
    let put = |name: &str, text: &str| {
        let name = format!("customer/idp-dev/{name}");
        world.control().put_secret(sandbox::Secret::new(ACCOUNT, crate::secret_lists::REGION, &name, text));
    };
    put("db", r#"{"db":{"hosts":["a","b"]},"odd key":{"x y":"1"}}"#);
    put("/lead", "leads");
    for (words, code) in [
        ("secrets get db --field db.host.0", 5),
        ("secrets get db --field db.hosts.9", 5),
        ("secrets get lead", 5),
        ("secrets get nope", 5),
        ("secrets get api-kye -n idp-dev", 5),
    ] {
        let output = world.run(words).exits(code).one_error();
        let tried = output.stderr.lines().find_map(|line| line.strip_prefix("try: nsaccess ")).expect("a command");
        let line = format!("'{}' {tried}", env!("CARGO_BIN_EXE_nsaccess"));
        let _ = world.program(std::path::Path::new("/bin/sh"), "").arg("-c").arg(line).run_trusted().success();
    }
}

#[test]
fn a_hint_keeps_the_namespace_that_was_named() {
    let world = World::signed_in();
    world.run("can-i -n idp-dev get").exits(2).says("try: nsaccess can-i get pods -n idp-dev   # ");
    world.run("can-i -n idp-dev").success().says("hint: nsaccess can-i -v -n idp-dev   # ");
}

#[test]
fn json_that_is_almost_json_is_told_where_it_breaks() {
    let world = World::signed_in();
    let name = "customer/idp-dev/almost";
    let text = "{\n  \"user\": \"ada\",\n}";
    world.control().put_secret(sandbox::Secret::new(ACCOUNT, crate::secret_lists::REGION, name, text));
    let words = "not valid JSON: line 3, column 1: trailing comma";
    world.run("secrets get almost --field user").exits(1).one_error().says(&format!("because: {words}"));
    let warning = format!("warning: almost becomes one variable: {words}");
    world.run("secrets get almost -o env").success().says(&warning);
    world.run("secrets exec almost -- true").success().says(&warning);
    world.run("secrets get almost").success().says_not("warning");
}
