//! `secrets exec`: a program with secrets in its environment.

use rustix::process::Signal;
use sandbox::SecretValue;

use crate::secret_values::{put, put_text};
use crate::support::{World, program, skipped, until};

/// `secrets exec WORDS -- sh -c SCRIPT`
fn shell(world: &World, words: &str, script: &str) -> crate::support::Output {
    world.nsaccess(&format!("secrets exec {words} -- sh -c")).arg(script).run()
}

#[test]
fn keys_and_plain_values_are_variables() {
    let world = World::signed_in();
    let script = r#"printf '%s|' "$username" "$password" "$port" "$API_KEY""#;
    let output = shell(&world, "billing/database api-key", script).success();
    assert_eq!(output.stdout, "billing|sandbox-third|5432|sandbox-api-key|");
    assert_eq!(output.stderr, "", "the program's streams are its own");
    assert_eq!(world.control().calls("BatchGetSecretValue"), 1);
    assert_eq!(world.control().counts().len(), 1, "one call: {:?}", world.control().counts());
    let output = shell(&world, "billing/database --prefix DB_", r#"printf %s "$DB_password$password""#).success();
    assert_eq!(output.stdout, "sandbox-third");
}

#[test]
fn values_arrive_whole() {
    let world = World::signed_in();
    let odd = "it's $(here) `and` \\ \"there\"\n\nnext\n";
    put_text(&world, "odd", odd);
    put_text(&world, "large", &"x".repeat(65_536));
    put(&world, "bytes", SecretValue::Binary("text in bytes".into()));
    let printed =
        world.nsaccess("secrets exec odd large bytes -- sh -c").arg(r#"printf %s "$ODD$LARGE$BYTES""#).bytes();
    assert_eq!(String::from_utf8_lossy(&printed), format!("{odd}{}text in bytes", "x".repeat(65_536)));
}

#[test]
fn more_than_a_batch_are_fetched_in_batches_and_one_by_one_where_that_is_denied() {
    let world = World::signed_in();
    let names: Vec<String> = (0..45).map(|number| format!("item-{number:02}")).collect();
    for name in &names {
        put_text(&world, name, &format!("of {name}"));
    }
    let words = names.join(" ");
    let script = r#"printf '%s|' "$ITEM_00" "$ITEM_20" "$ITEM_44"; env | grep -c ^ITEM_"#;
    let expected = "of item-00|of item-20|of item-44|45\n";
    assert_eq!(shell(&world, &words, script).success().stdout, expected);
    assert_eq!((world.control().calls("BatchGetSecretValue"), world.control().calls("GetSecretValue")), (3, 0));
    world.control().reset_calls();
    world.control().deny_action("idp-ns-idp-dev", "secretsmanager:BatchGetSecretValue");
    assert_eq!(shell(&world, &words, script).success().stdout, expected);
    assert_eq!((world.control().calls("BatchGetSecretValue"), world.control().calls("GetSecretValue")), (1, 45));
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_runs() {
    let world = World::signed_in();
    for denied in [false, true] {
        if denied {
            world.control().deny_action("idp-ns-idp-dev", "secretsmanager:BatchGetSecretValue");
        }
        let output = shell(&world, "api-key old-token locked nope", "touch ran").exits(5);
        let errors: Vec<&str> = output.stderr.lines().filter(|line| line.starts_with("error:")).collect();
        assert_eq!(
            errors,
            [
                "error: secret \"old-token\" is scheduled for deletion",
                "error: not allowed to use the KMS key of secret \"locked\"",
                "error: secret \"nope\" not found",
            ]
        );
    }
    assert!(!world.exists("ran"));
}

#[test]
fn collisions_and_what_is_no_variable_are_refused() {
    let world = World::signed_in();
    put_text(&world, "one", r#"{"password":"first-long-value"}"#);
    put_text(&world, "two", r#"{"password":"second-long-value"}"#);
    put_text(&world, "alike", r#"{"a-b":"first-long-value","a.b":"second-long-value"}"#);
    put_text(&world, "zero", "a long\0value");
    shell(&world, "one two", "true").exits(1).one_error().says("two values for $password").says("--prefix A_ --");
    shell(&world, "alike", "true")
        .exits(1)
        .one_error()
        .says(r#"from the key "a-b" of alike and the key "a.b" of alike"#);
    shell(&world, "keystore", "true").exits(1).one_error().says("secret \"keystore\" is not text");
    shell(&world, "zero", "true").exits(1).one_error().says("NUL byte");
    shell(&world, "one one", r#"test "$password" = first-long-value"#).success();
    for prefix in ["1", "A-", "A B", "="] {
        let exec = world.nsaccess("secrets exec one --prefix").arg(prefix).arg("--").arg("true");
        exec.run().exits(2).one_error().says("invalid prefix");
    }
    shell(&world, "one --prefix=", r#"test "$password" = first-long-value"#).success();
}

#[test]
fn a_variable_that_was_there_is_replaced_and_named() {
    let world = World::signed_in();
    let exec = world.nsaccess("secrets exec api-key -- sh -c").arg(r#"printf %s "$API_KEY""#).env("API_KEY", "old");
    let output = exec.run().success().says("warning: $API_KEY from your environment is overridden");
    assert_eq!(output.stdout, "sandbox-api-key");
}

#[test]
fn its_exit_status_is_ours() {
    let world = World::signed_in();
    for code in [0, 1, 7, 42, 255] {
        shell(&world, "api-key", &format!("exit {code}")).exits(code).says_not("error:");
    }
    shell(&world, "api-key", "kill -9 $$").exits(137);
    shell(&world, "api-key", "kill -15 $$").exits(143);
    world.run("secrets exec api-key -- no-such-program").exits(127).one_error().says("no such program");
    world.run("secrets exec api-key -- ./no-such-file").exits(127).one_error().says("no such file");
    world.write("plain", "no program");
    world.chmod("plain", 0o644);
    world.run("secrets exec api-key -- ./plain").exits(126).one_error().says("try: chmod +x ./plain");
    let line = world.nsaccess("secrets exec api-key --").arg("echo $API_KEY").run();
    line.exits(127).one_error().says("try: run the line in a shell: -- sh -c 'echo $API_KEY'");
    world.run("secrets exec api-key").exits(2);
    world.run("secrets exec -- true").exits(2);
}

#[test]
fn signals_are_passed_on() {
    let world = World::signed_in();
    let cases = [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
    ];
    for (signal, name) in cases {
        let script = format!("trap 'exit 9' {name}; touch {name}; while :; do sleep 0.05; done");
        let running = world.nsaccess("secrets exec api-key -- sh -c").arg(script).in_own_group().spawn();
        until("its start", || world.exists(name).then_some(()));
        running.signal(signal);
        running.finish().exits(9);
    }
    let running =
        world.nsaccess("secrets exec api-key -- sh -c").arg("touch up; exec sleep 1000").in_own_group().spawn();
    until("its start", || world.exists("up").then_some(()));
    running.signal(Signal::TERM);
    running.finish().exits(143);
}

#[test]
fn a_terminal_is_the_program_s_and_ctrl_c_reaches_it_once() {
    let world = World::signed_in();
    let (child, person) = world.nsaccess("secrets exec api-key -- sh -c").arg("printf half; exit 3").on_screen();
    assert_eq!(person.sees_the_end(), "half", "what it left on the screen stays");
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(3));
    let Some(setsid) = program("setsid") else {
        return skipped("there is no setsid, which gives a terminal to a program");
    };
    let script = "trap 'echo int >> log' INT; trap 'exit 9' USR1; touch started; while :; do sleep 0.05; done";
    let binary = env!("CARGO_BIN_EXE_nsaccess");
    let words = format!("--ctty {binary} secrets exec api-key -- sh -c");
    let (child, mut person) = world.program(&setsid, &words).arg(script).on_screen();
    until("its start", || world.exists("started").then_some(()));
    person.types("\x03");
    until("the interrupt", || world.exists("log").then_some(()));
    // What we were going to pass on is passed on before this.
    child.signal(Signal::USR1);
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(9));
    assert_eq!(world.read("log"), "int\n");
}

#[test]
fn a_person_chooses_the_secret_and_a_program_is_told_what_to_type() {
    let world = World::signed_in();
    let (child, mut person) = world.nsaccess("secrets exec -- printenv password").on_screen();
    person.sees("Which secret?");
    person.types("billing/database\r");
    let screen = person.sees_the_end();
    assert!(screen.contains("sandbox-third"), "{screen}");
    assert!(child.wait_with_output().expect("its end").status.success());
    world.run("secrets exec -- true").exits(2).one_error().says("try: nsaccess secrets exec NAME -- COMMAND");
}

#[test]
fn a_command_without_dashes_is_put_behind_them() {
    let world = World::signed_in();
    for (line, command) in [
        ("secrets exec", "NAME -- COMMAND"),
        ("secrets exec api-key", "api-key -- COMMAND"),
        ("secrets exec api-key ./server start", "api-key -- ./server start"),
    ] {
        world.run(line).exits(2).one_error().says(&format!("try: nsaccess secrets exec {command}"));
    }
}
