//! Every way out of nsaccess sets and unsets the same AWS variables: who a program is does not depend on how it was started.

use std::collections::BTreeMap;

use crate::support::{World, program, skipped};

/// What names another identity somewhere, and what the keys of one are.
const OTHERS: [&str; 21] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_VAULT",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
];

const SEEN: &str = "env | grep ^AWS_ | grep -v ^AWS_ENDPOINT | sort";

/// The AWS variables that a program has.
fn variables(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A person with somebody else's identity in every variable that can hold one.
fn somebody_else() -> World {
    let mut world = World::signed_in();
    for name in OTHERS {
        world.set(name, "someone-elses");
    }
    world
}

#[test]
fn all_ways_out_have_the_same_variables() {
    let world = somebody_else();
    let json = world.run("credentials idp-dev").success().json();
    let text = |name: &str| json[name].as_str().expect("text").to_owned();
    let expected: BTreeMap<String, String> = [
        ("AWS_ACCESS_KEY_ID", text("AccessKeyId")),
        ("AWS_ACCOUNT_ID", "111122223333".to_owned()),
        ("AWS_CREDENTIAL_EXPIRATION", text("Expiration")),
        ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey")),
        ("AWS_SESSION_TOKEN", text("SessionToken")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for verb in ["exec -n idp-dev -- sh -c", "secrets exec api-key -n idp-dev -- sh -c"] {
        let output = world.nsaccess(verb).arg(SEEN).run_trusted().success();
        assert_eq!(variables(&output.stdout), expected, "{verb}");
    }
    let shell = world.script("bin/shell", SEEN);
    let output = world.nsaccess("shell idp-dev").env("SHELL", shell).run_trusted().success();
    assert_eq!(variables(&output.stdout), expected, "shell");
    for (shell, flag) in [("sh", "bash"), ("bash", "bash"), ("zsh", "zsh"), ("fish", "fish")] {
        let Some(path) = program(shell) else {
            skipped(&format!("there is no {shell} here"));
            continue;
        };
        let lines = world.run(&format!("credentials idp-dev --export={flag}")).success().stdout.clone();
        let output = world.program(&path, "-c").arg(format!("{lines}{SEEN}")).run_trusted().success();
        assert_eq!(variables(&output.stdout), expected, "{shell}");
    }
}

#[test]
fn an_assumed_role_has_the_same_variables_with_its_own_values() {
    let world = somebody_else();
    let json = world.run("assume-irsa ledger-0 -n idp-dev -o json").success().json();
    let output = world.nsaccess("assume-irsa ledger-0 -n idp-dev -- sh -c").arg(SEEN).run_trusted().success();
    let of_command = variables(&output.stdout);
    let lines = world.run("assume-irsa ledger-0 -n idp-dev --export=bash").success().stdout.clone();
    let sh = program("sh").expect("a shell");
    let output = world.program(&sh, "-c").arg(format!("{lines}{SEEN}")).run_trusted().success();
    assert_eq!(variables(&output.stdout), of_command);
    let inside = world.nsaccess("exec -n idp-dev --irsa ledger-0 -- sh -c").arg(SEEN).run_trusted().success();
    assert_eq!(variables(&inside.stdout), of_command);
    let names: Vec<&str> = of_command.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_ACCOUNT_ID",
            "AWS_CREDENTIAL_EXPIRATION",
            "AWS_DEFAULT_REGION",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ]
    );
    assert_eq!(of_command["AWS_ACCESS_KEY_ID"], json["AccessKeyId"].as_str().expect("a key"));
    assert!(of_command.values().all(|value| value != "someone-elses"), "{of_command:?}");
}

#[test]
fn secrets_exec_inside_of_another_identity_keeps_that_one() {
    let world = World::signed_in();
    let own = env!("CARGO_BIN_EXE_nsaccess");
    let line =
        format!("echo $AWS_ACCESS_KEY_ID; {own} secrets exec api-key -- sh -c 'echo $AWS_ACCESS_KEY_ID $API_KEY'");
    let output = world.nsaccess("exec -n idp-dev --irsa ledger-0 -- sh -c").arg(line).run_trusted().success();
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[1], format!("{} sandbox-api-key", lines[0]));
    let namespaces = world.run("credentials idp-dev").success().json();
    assert_ne!(namespaces["AccessKeyId"], lines[0]);
}

#[test]
fn an_identity_that_a_secret_brings_is_whole() {
    let world = somebody_else();
    let keys = r#"{"AWS_ACCESS_KEY_ID":"AKIAOFTHESECRET","AWS_SECRET_ACCESS_KEY":"of-the-secret"}"#;
    crate::secret_values::put_text(&world, "keys", keys);
    let allow = "--allow AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY";
    let exec = world.nsaccess(&format!("secrets exec keys -n idp-dev {allow} -- sh -c"));
    let found = variables(&exec.arg(SEEN).run_trusted().success().stdout);
    let expected = [
        ("AWS_ACCESS_KEY_ID", "AKIAOFTHESECRET"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_SECRET_ACCESS_KEY", "of-the-secret"),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}
