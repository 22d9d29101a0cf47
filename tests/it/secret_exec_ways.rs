//! `secrets exec` with values in files, with nothing but the secrets, and while they change.

use rustix::process::{Pid, Signal, kill_process};
use sandbox::SecretValue;

use crate::secret_lists::ACCOUNT;
use crate::secret_values::{put, put_text};
use crate::support::{World, until};

/// A new current version.
fn change(world: &World, name: &str, text: &str) {
    world.control().edit_secret(ACCOUNT, &format!("customer/idp-dev/{name}"), |secret| {
        *secret = secret.clone().then(SecretValue::Text(text.to_owned()));
    });
}

#[test]
fn a_mounted_value_is_read_as_often_as_wanted() {
    let world = World::signed_in();
    let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    put(&world, "store", SecretValue::Binary(bytes.clone()));
    // Several that open it at once get all of it, too.
    let script =
        r#"cat "$0"; for i in 1 2 3 4; do cat "$0" >copy$i & done; wait; stat -Lc '%a %s %F' "$0" >facts; env >env"#;
    let exec = world.nsaccess("secrets exec store --mount store.jks -- sh -c").arg(script).arg("store.jks");
    assert_eq!(exec.bytes(), bytes);
    for copy in ["copy1", "copy2", "copy3", "copy4"] {
        assert_eq!(std::fs::read(world.path(copy)).expect("the copy"), bytes, "{copy}");
    }
    assert_eq!(world.read("facts"), "600 200000 regular file\n");
    assert!(!world.read("env").contains("STORE="), "instead of a variable");
    assert!(!world.exists("store.jks"), "it ends with the command");
}

#[test]
fn with_several_secrets_a_name_says_which_one_is_mounted() {
    let world = World::signed_in();
    put_text(&world, "key", "of the key");
    let words = "secrets exec billing/database key --mount key=./key.pem -- sh -c";
    let output = world.nsaccess(words).arg(r#"printf '%s ' "$username"; cat key.pem"#).run().success();
    assert_eq!(output.stdout, "billing of the key");
    let refused = world.run("secrets exec billing/database key --mount key.pem -- true").exits(2).one_error();
    refused.says("try: nsaccess secrets exec billing/database key --mount billing/database=key.pem -- COMMAND");
    world.run("secrets exec key --mount key= -- true").exits(2).one_error().says("no file specified");
    assert_eq!(world.control().calls("BatchGetSecretValue"), 1);
}

#[test]
fn a_file_that_is_there_stays_and_one_that_was_left_behind_does_not() {
    let world = World::signed_in();
    world.write("mine", "mine");
    world.run("secrets exec api-key --mount mine -- true").exits(1).one_error().says("try: rm mine");
    assert_eq!(world.read("mine"), "mine");
    world.run("secrets exec api-key --mount no/where -- true").exits(1).one_error().says("cannot create no/where");
    let exec = || world.nsaccess("secrets exec api-key --mount value -- sh -c").arg("echo $$ >up; exec sleep 1000");
    let mut killed = exec().in_own_group().spawn();
    until("its start", || world.exists("up").then(|| world.read("up")).filter(|pid| pid.ends_with('\n')));
    world.run("secrets exec api-key --mount value -- true").exits(1).one_error().says("there is such a file");
    killed.signal(Signal::KILL);
    until("its end", || killed.has_ended().then_some(()));
    let command = Pid::from_raw(world.read("up").trim().parse().expect("a process")).expect("not zero");
    kill_process(command, Signal::KILL).expect("the command outlived it");
    until("the end of the value", || (!world.path("value").exists()).then_some(()));
    assert!(std::fs::symlink_metadata(world.path("value")).is_ok(), "a link that leads nowhere is left");
    let output = world.run("secrets exec api-key --mount value -- cat value").success();
    assert_eq!(output.stdout, "sandbox-api-key");
    std::fs::remove_file(world.path("up")).expect("removed");
    let ended = exec().in_own_group().spawn();
    until("its start", || world.exists("up").then(|| world.read("up")).filter(|pid| pid.ends_with('\n')));
    ended.signal(Signal::TERM);
    ended.finish().exits(143);
    assert!(!world.exists("value"));
}

#[test]
fn with_only_secrets_nothing_else_is_inherited() {
    let world = World::signed_in();
    let exec = world.nsaccess("secrets exec api-key --only-secrets -- env").env("DATABASE_URL", "x").env("LC_ALL", "C");
    let output = exec.env("API_KEY", "old").run().success();
    let names: Vec<&str> = output.stdout.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let basic =
        ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "LANG", "LC_ALL", "TZ", "TMPDIR", "PWD"];
    let others: Vec<&&str> = names.iter().filter(|name| !basic.contains(name)).collect();
    assert_eq!(others, [&"API_KEY"]);
    assert!(names.contains(&"LC_ALL") && names.contains(&"PATH"), "{names:?}");
    assert!(output.stdout.contains("API_KEY=sandbox-api-key\n"));
    assert_eq!(output.stderr, "", "what is not inherited is not overridden");
}

#[test]
fn a_new_version_restarts_the_command() {
    let world = World::signed_in();
    let script = r#"printf '%s %s\n' "$API_KEY" "$(cat value)" >>runs; trap 'echo end >>runs; exit 5' TERM; while :; do read line <nothing; done"#;
    put_text(&world, "mounted", "one");
    let words = "secrets exec api-key mounted --mount mounted=value --watch=1s -- sh -c";
    assert!(std::process::Command::new("mkfifo").arg(world.path("nothing")).status().expect("mkfifo").success());
    let mut running = world.nsaccess(words).arg(script).in_own_group().spawn();
    until("its start", || world.exists("runs").then_some(()));
    change(&world, "mounted", "two");
    running.wait_for("new version of mounted: restarting sh");
    until("the second run", || (world.read("runs").lines().count() == 3).then_some(()));
    change(&world, "api-key", "a-new-api-key");
    running.wait_for("new version of api-key: restarting sh");
    until("the third run", || (world.read("runs").lines().count() == 5).then_some(()));
    assert_eq!(world.read("runs"), "sandbox-api-key one\nend\nsandbox-api-key two\nend\na-new-api-key two\n");
    running.signal(Signal::TERM);
    running.finish().exits(5);
    assert!(!world.exists("value"));
}

#[test]
fn what_goes_wrong_meanwhile_is_said_once_and_the_command_goes_on() {
    let world = World::signed_in();
    let words = "secrets exec api-key --watch=1s -- sh -c";
    let script = r#"echo "$API_KEY" >>runs; exec sleep 1000"#;
    let mut running = world.nsaccess(words).arg(script).in_own_group().spawn();
    until("its start", || world.exists("runs").then_some(()));
    let actions = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"];
    actions.iter().for_each(|action| world.control().deny_action("idp-ns-idp-dev", action));
    running.wait_for("warning: cannot look for new versions: not allowed to read secret");
    let calls = world.control().calls("GetSecretValue");
    until("two more looks", || (world.control().calls("GetSecretValue") > calls + 1).then_some(()));
    world.control().allow_actions();
    change(&world, "api-key", "a\0b");
    running.wait_for("warning: cannot use the new version, the command keeps the old one: api-key contains a NUL byte");
    change(&world, "api-key", "a-new-api-key");
    running.wait_for("new version of api-key: restarting sh");
    until("the second run", || (world.read("runs").lines().count() == 2).then_some(()));
    assert_eq!(world.read("runs"), "sandbox-api-key\na-new-api-key\n");
    running.signal(Signal::TERM);
    let output = running.finish().exits(143);
    assert_eq!(output.stderr.matches("cannot look").count(), 1, "{}", output.stderr);
}

#[test]
fn the_end_of_the_command_is_the_end_of_watching() {
    let world = World::signed_in();
    world.nsaccess("secrets exec api-key --watch -- sh -c").arg("exit 7").run().exits(7);
    world.nsaccess("secrets exec api-key --watch -- true").run().success();
    for wrong in ["0", "soon", "-1s"] {
        let exec = world.nsaccess(&format!("secrets exec api-key --watch={wrong} -- true"));
        exec.run().exits(2).one_error().says("try: nsaccess secrets exec NAME --watch=30s -- COMMAND");
    }
}
