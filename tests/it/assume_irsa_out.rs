//! What `assume-irsa` gives: to a command, to a shell, to a `credential_process`.

use rustix::process::Signal;

use crate::assume_irsa::arn;
use crate::support::{World, program, skipped, until};

/// `assume-irsa ledger-0 -- sh -c …`
fn shell(world: &World, script: &str) -> crate::support::Output {
    world.nsaccess("assume-irsa ledger-0 -- sh -c").arg(script).run()
}

/// Everything that would lead an SDK elsewhere.
const AMBIENT: [&str; 7] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

#[test]
fn a_command_has_the_role_and_nothing_of_other_identities() {
    let mut world = World::signed_in();
    for name in AMBIENT {
        world.set(name, "other");
    }
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"]
    {
        world.set(name, "other");
    }
    let json = world.run("assume-irsa ledger-0 -o json").success().json();
    let script = "env | grep '^AWS_' | grep -v ENDPOINT | sort > seen";
    shell(&world, script).success();
    let seen = world.read("seen");
    let text = |name: &str| json[name].as_str().expect("text").to_owned();
    let expected = [
        ("AWS_ACCESS_KEY_ID", text("AccessKeyId")),
        ("AWS_ACCOUNT_ID", "111122223333".to_owned()),
        ("AWS_CREDENTIAL_EXPIRATION", text("Expiration")),
        ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey")),
        ("AWS_SESSION_TOKEN", text("SessionToken")),
    ];
    let expected: String = expected.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn the_commands_end_is_ours() {
    let world = World::signed_in();
    shell(&world, "exit 0").success();
    for code in [1, 7, 42] {
        shell(&world, &format!("exit {code}")).exits(code).says_not("panicked");
    }
    shell(&world, "kill -9 $$").exits(137);
    shell(&world, "kill -15 $$").exits(143);
    world.run("assume-irsa ledger-0 -- no-such-program").exits(127).one_error().says("no-such-program");
    world.write("plain", "no program");
    world.chmod("plain", 0o644);
    world.run("assume-irsa ledger-0 -- ./plain").exits(126).one_error().says("cannot run ./plain");
}

#[test]
fn the_commands_streams_are_its_own_and_secrets_are_not_on_its_command_line() {
    let world = World::signed_in();
    let output = shell(&world, "echo data; echo words >&2; tr '\\0' ' ' < /proc/$PPID/cmdline > ours").success();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("data\n", "words\n"));
    assert!(world.read("ours").contains("assume-irsa ledger-0 -- sh"), "{}", world.read("ours"));
    assert!(world.secrets().iter().all(|secret| !world.read("ours").contains(secret)));
}

#[test]
fn a_signal_to_us_reaches_the_command() {
    let world = World::signed_in();
    let running = world
        .nsaccess("assume-irsa ledger-0 -- sh -c")
        .arg("trap 'touch ended; exit 9' TERM; touch started; while :; do sleep 0.05; done")
        .spawn();
    until("its start", || world.exists("started").then_some(()));
    running.signal(Signal::TERM);
    running.finish().exits(9);
    assert!(world.exists("ended"));
}

#[test]
fn a_command_is_not_run_when_the_role_is_not_ours() {
    let world = World::signed_in();
    world.nsaccess("assume-irsa web-0 -- touch ran").run().exits(5).one_error();
    assert!(!world.exists("ran"));
}

#[test]
fn the_json_is_what_credential_process_reads() {
    let world = World::signed_in();
    let json = world.run("assume-irsa ledger-0 -o json").success().json();
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]);
    assert_eq!(json["Version"], 1);
    world.run("assume-irsa ledger-0 -o yaml").exits(2).says("use -o json for a credential_process");
    let failed = world.run("assume-irsa web-0 -o json").exits(5);
    assert_eq!(failed.stdout, "");
    let error: serde_json::Value = serde_json::from_str(&failed.stderr).expect("an error as JSON");
    assert_eq!((&error["error"]["kind"], &error["error"]["exit_code"]), (&"not_found".into(), &5.into()));
}

#[test]
fn shells_that_evaluate_the_export_are_the_role_and_nobody_else() {
    let world = World::signed_in();
    let key =
        world.run("assume-irsa ledger-0 -o json").success().json()["AccessKeyId"].as_str().expect("text").to_owned();
    let mut tried = 0;
    for (name, dialect) in [("sh", "=bash"), ("bash", "=bash"), ("zsh", "=zsh"), ("fish", "=fish")] {
        let Some(path) = program(name) else {
            skipped(&format!("there is no {name} here"));
            continue;
        };
        let lines = world.run(&format!("assume-irsa ledger-0 --export{dialect}")).success().stdout.clone();
        let script = format!("{lines}\nprintf '%s %s %s' \"$AWS_ACCESS_KEY_ID\" \"$AWS_REGION\" \"[$AWS_PROFILE]\"");
        let output = world.program(&path, "-c").env("AWS_PROFILE", "other").arg(script).run_trusted().success();
        assert_eq!(output.stdout, format!("{key} eu-west-1 []"), "{name}");
        tried += 1;
    }
    assert!(tried > 0);
    let lines = world.run("assume-irsa ledger-0 --export=powershell").success().stdout.clone();
    assert!(lines.contains("Remove-Item Env:AWS_PROFILE -ErrorAction SilentlyContinue\n"), "{lines}");
    assert!(lines.contains(&format!("$Env:AWS_ACCESS_KEY_ID = '{key}'\n")), "{lines}");
    let failed = world.run("assume-irsa web-0 --export").exits(5);
    assert_eq!(failed.stdout, "", "a shell that evaluates this must not lose what it has");
}

#[test]
fn quiet_leaves_the_data_alone() {
    let world = World::signed_in();
    let output = world.run("assume-irsa ledger-0 -q").success();
    assert!(output.stdout.contains(&arn("idp-demo-ledger")), "{}", output.stdout);
    assert_eq!(output.stderr, "");
}

#[test]
fn no_form_of_it_shows_a_secret_however_talkative() {
    let world = World::signed_in();
    for words in ["ledger-0 -vvv", "ledger-0 -vvv --profile", "ledger-0 -vvv -- true", "ledger-0 -vvv -o json"] {
        world.run(&format!("assume-irsa {words}")).success();
    }
    world.run("assume-irsa ledger-0 -vvv --export --duration 15m").success();
    assert!(world.secrets().len() >= 9, "of two sessions, too: {}", world.secrets().len());
    for name in [".aws/config", ".kube/config"] {
        let text = world.read(name);
        assert!(world.secrets().iter().all(|secret| !text.contains(secret)), "{name}");
    }
    world.control().forget_role_credentials();
    world.control().fail_next("AssumeRole", 9, sandbox::FaultKind::CutMidBody);
    world.run("assume-irsa ledger-0 -vvv --duration 20m").exits(6).one_error();
}
