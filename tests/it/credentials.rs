//! `credentials`: for SDKs and for shells.

use crate::support::{World, program, skipped};

#[test]
fn the_json_is_what_credential_process_reads() {
    let world = World::signed_in();
    let json = world.run("credentials idp-dev").success().json();
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]);
    assert_eq!(json["Version"], 1);
    assert!(json["AccessKeyId"].as_str().is_some_and(|key| key.starts_with("ASIA")));
    assert!(json["Expiration"].as_str().is_some_and(|end| end.ends_with('Z') && end.len() == 20), "{json}");
    assert_eq!(world.control().counts().len(), 0, "they were in the cache");
}

/// Lets a real shell evaluate the lines, and asks it what it has then.
fn evaluated(world: &World, shell: &str, flags: &str, lines: &str) -> String {
    let path = program(shell).expect("the shell");
    let lines = format!(
        "{lines}\nprintf '%s\\n' \"$AWS_ACCESS_KEY_ID\" \"$AWS_SECRET_ACCESS_KEY\" \"$AWS_SESSION_TOKEN\" \"$AWS_REGION\""
    );
    let output = world.program(&path, flags).arg("-c").arg(lines).run_trusted();
    output.success().stdout.clone()
}

#[test]
fn a_shell_that_evaluates_the_export_has_the_same_credentials() {
    let world = World::signed_in();
    let json = world.run("credentials idp-dev").success().json();
    let text = |name: &str| json[name].as_str().expect("text").to_owned();
    let expected =
        [text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"), "eu-west-1".to_owned(), String::new()];
    let expected = expected.join("\n");
    let mut tried = 0;
    for (shell, dialect) in [("sh", ""), ("bash", "=bash"), ("zsh", "=zsh"), ("fish", "=fish")] {
        if program(shell).is_none() {
            skipped(&format!("there is no {shell} here"));
            continue;
        }
        let lines = world.run(&format!("credentials idp-dev --export{dialect}")).success().stdout.clone();
        assert_eq!(evaluated(&world, shell, "", &lines), expected, "{shell}");
        tried += 1;
    }
    assert!(tried > 0);
}

#[test]
fn the_dialect_follows_the_shell_of_the_environment() {
    let world = World::signed_in();
    for (shell, unset, set) in [
        ("/bin/bash", "unset AWS_PROFILE\n", "export AWS_ACCESS_KEY_ID='ASIA"),
        ("/usr/bin/fish", "set -e AWS_PROFILE\n", "set -gx AWS_ACCESS_KEY_ID 'ASIA"),
        ("/usr/bin/pwsh", "Remove-Item Env:AWS_PROFILE ", "$Env:AWS_ACCESS_KEY_ID = 'ASIA"),
        ("", "unset AWS_PROFILE\n", "export AWS_ACCESS_KEY_ID='ASIA"),
    ] {
        let output = world.nsaccess("credentials idp-dev --export").env("SHELL", shell).run().success();
        assert!(output.stdout.starts_with(unset), "{shell}");
        assert!(output.stdout.contains(&format!("\n{set}")), "{shell}");
    }
}

#[test]
fn not_signed_in_without_a_terminal_is_3_and_prints_nothing() {
    let world = World::signed_in();
    world.run("logout").success();
    let output = world.run("credentials idp-dev").exits(3).one_error().says("try: nsaccess login idp-dev");
    assert_eq!(output.stdout, "");
    let output = world.run("credentials idp-dev --export").exits(3).one_error();
    assert_eq!(output.stdout, "", "a shell that evaluates this must not lose what it has");
}

#[test]
fn ambient_keys_are_not_mistaken_for_those_of_the_namespace() {
    let world = World::signed_in();
    let output =
        world.nsaccess("credentials idp-dev").env("AWS_ACCESS_KEY_ID", "AKIAOTHER").env("AWS_SECRET_ACCESS_KEY", "x");
    assert!(output.run().success().json()["AccessKeyId"].as_str().is_some_and(|key| key.starts_with("ASIA")));
}
