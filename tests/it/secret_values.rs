//! `secrets get`: byte for byte, in every form, to every place.

use base64::Engine as _;
use sandbox::{Secret, SecretValue};

use crate::secret_lists::{ACCOUNT, REGION};
use crate::support::{World, program, skipped};

pub(crate) fn put(world: &World, name: &str, value: SecretValue) {
    let mut secret = Secret::new(ACCOUNT, REGION, &format!("customer/idp-dev/{name}"), "");
    secret.versions[0].value = value;
    world.control().put_secret(secret);
}

pub(crate) fn put_text(world: &World, name: &str, text: &str) {
    put(world, name, SecretValue::Text(text.to_owned()));
}

#[test]
fn a_value_is_printed_byte_for_byte_and_nothing_else() {
    let world = World::signed_in();
    for text in ["plain", "with an end\n", "\n", "two\r\nlines\r\n", "ü € \u{1f511}", " ", "a\0b", "{\"a\": 1 }\n"] {
        put_text(&world, "text", text);
        assert_eq!(world.nsaccess("secrets get text").bytes(), text.as_bytes(), "{text:?}");
    }
    let large: String = ('a'..='z').cycle().take(65_536).collect();
    put_text(&world, "large", &large);
    assert_eq!(world.nsaccess("secrets get large").bytes(), large.as_bytes());
    let bytes: Vec<u8> = (0..=255).cycle().take(65_536).collect();
    put(&world, "binary", SecretValue::Binary(bytes.clone()));
    assert_eq!(world.nsaccess("secrets get binary").bytes(), bytes);
    let output = world.run("secrets get api-key").success();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("sandbox-api-key", ""));
    assert_eq!(world.control().calls("DescribeSecret") + world.control().calls("ListSecrets"), 0);
}

#[test]
fn every_way_to_name_a_secret_means_the_same() {
    let world = World::signed_in();
    let arn = world.control().secret(ACCOUNT, "customer/idp-dev/api-key").expect("the secret").arn();
    for name in ["api-key", "customer/idp-dev/api-key", &arn, arn.rsplit_once('-').expect("its end").0] {
        assert_eq!(world.nsaccess("secrets get").arg(name).bytes(), b"sandbox-api-key", "{name}");
    }
    let elsewhere = |from: &str, to: &str| arn.replace(from, to);
    let other = elsewhere("eu-west-1", "eu-central-1");
    world.nsaccess("secrets get").arg(other).run().exits(2).one_error().says("--region eu-central-1");
    let other = elsewhere(ACCOUNT, "444455556666");
    world.nsaccess("secrets get").arg(other).run().exits(4).one_error().says("it is in account 444455556666");
}

#[test]
fn a_field_is_cut_out_as_it_stands() {
    let world = World::signed_in();
    let text =
        r#"{"a":{"b":"tie\n","n":1234567890123456789012.50,"l":[{"c":null},2]},"spring.datasource.password":"dots"}"#;
    put_text(&world, "json", text);
    for (path, value) in [
        ("a.b", "tie\n"),
        ("a.n", "1234567890123456789012.50"),
        ("a.l", r#"[{"c":null},2]"#),
        ("a.l.1", "2"),
        ("a.l.0.c", ""),
        ("spring.datasource.password", "dots"),
    ] {
        let printed = world.nsaccess("secrets get json --field").arg(path).bytes();
        assert_eq!(String::from_utf8_lossy(&printed), value, "{path}");
    }
    world
        .run("secrets get json --field a.x")
        .exits(5)
        .one_error()
        .says("secret \"json\" has no field \"a.x\"")
        .says("a has the keys b, n, l");
    world.run("secrets get api-key --field a").exits(1).one_error().says("is not a JSON object");
    world.run("secrets get keystore --field a").exits(1).one_error().says("is not a JSON object");
    put_text(&world, "list", r#"["no","object"]"#);
    world.run("secrets get list --field 0").exits(1).one_error().says("is not a JSON object");
}

#[test]
fn other_versions_are_read_by_stage_and_id() {
    let world = World::signed_in();
    let password = |words: &str| world.run(&format!("secrets get billing/database --field password {words}"));
    assert_eq!(password("").success().stdout, "sandbox-third");
    assert_eq!(password("--version-stage AWSPREVIOUS").success().stdout, "sandbox-second");
    let versions = world.run("secrets versions billing/database -o json").success().json();
    let oldest = versions[2]["id"].as_str().expect("an id").to_owned();
    assert_eq!(password(&format!("--version-id {oldest}")).success().stdout, "sandbox-first");
    password(&format!("--version-id {oldest} --version-stage AWSCURRENT"))
        .exits(5)
        .one_error()
        .says(&format!("has no version {oldest} at stage AWSCURRENT"));
}

#[test]
fn the_json_is_a_contract_and_loses_nothing() {
    let world = World::signed_in();
    let json = world.run("secrets get api-key -o json").success().json();
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    let expected = ["name", "full_name", "arn", "version_id", "stages", "created_at", "field", "encoding", "value"];
    assert_eq!(keys, expected);
    assert_eq!((&json["encoding"], &json["value"]), (&"text".into(), &"sandbox-api-key".into()));
    let json = world.run("secrets get keystore -o json").success().json();
    let decoded = base64::engine::general_purpose::STANDARD.decode(json["value"].as_str().expect("text"));
    assert_eq!(decoded.expect("base64"), [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0xff]);
    assert_eq!(json["encoding"], "base64");
    let json = world.run("secrets get billing/database --field port -o json").success().json();
    assert_eq!((&json["field"], &json["value"]), (&"port".into(), &"5432".into()));
    let yaml = world.run("secrets get api-key -o yaml").success();
    assert!(yaml.stdout.contains("value: sandbox-api-key\n"), "{}", yaml.stdout);
}

#[test]
fn a_shell_that_evaluates_the_lines_has_the_values() {
    let world = World::signed_in();
    put_text(&world, "odd", r#"{"a-b":"it's $(here) `and` \\ \"there\"\nnext","n":1.0}"#);
    for (shell, name) in [("sh", "/bin/sh"), ("bash", "/bin/bash"), ("zsh", "/bin/zsh"), ("fish", "/usr/bin/fish")] {
        let Some(path) = program(shell) else {
            skipped(&format!("there is no {shell} here"));
            continue;
        };
        let lines = world.nsaccess("secrets get odd -o env").env("SHELL", name).run().success().stdout.clone();
        let script = format!("{lines}\nprintf '%s|%s' \"$a_b\" \"$n\"");
        let output = world.program(&path, "").arg("-c").arg(script).run_trusted().success();
        assert_eq!(output.stdout, "it's $(here) `and` \\ \"there\"\nnext|1.0", "{shell}");
    }
    assert_eq!(world.run("secrets get api-key -o env").success().stdout, "export API_KEY='sandbox-api-key'\n");
    world.run("secrets get keystore -o env").exits(1).one_error().says("is not text");
    for words in ["secrets list -o env", "status -o env", "secrets describe api-key -o env"] {
        world.run(words).exits(2).one_error().says("-o env is for nsaccess secrets get");
    }
}

#[test]
fn without_a_name_a_person_chooses_and_a_program_is_refused() {
    let world = World::signed_in();
    for verb in ["get", "versions", "describe", "diff"] {
        let refused = world.run(&format!("secrets {verb} -n idp-dev")).exits(2).one_error();
        refused
            .says("error: no secret specified")
            .says(&format!("try: nsaccess secrets {verb} NAME -n idp-dev\n"))
            .says("try: nsaccess secrets list -n idp-dev\n");
    }
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    let (child, mut person) = world.nsaccess("secrets get").on_terminal();
    person.sees("Which secret?");
    person.sees("billing/database");
    person.types("api-key\r");
    let output = child.wait_with_output().expect("it ends");
    let screen = person.sees_the_end();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "sandbox-api-key", "{screen}");
    assert!(!screen.contains("old-token"), "{screen}");
}

#[test]
fn a_file_is_private_and_whole_or_not_there() {
    let world = World::signed_in();
    let output = world.run("secrets get keystore --out keys/store.jks").success();
    assert_eq!((output.stdout.as_str(), world.mode("keys/store.jks"), world.mode("keys")), ("", 0o600, 0o700));
    assert_eq!(std::fs::read(world.path("keys/store.jks")).expect("the file")[..2], [0xfe, 0xed]);
    world.write("open", "old");
    world.chmod("open", 0o644);
    world.run("secrets get api-key --out open").success().says("wrote open (readable only by you)");
    assert_eq!((world.read("open").as_str(), world.mode("open")), ("sandbox-api-key", 0o600));
    world.run("secrets get locked --out open").exits(4);
    assert_eq!(world.read("open"), "sandbox-api-key", "a failure leaves the old file");
    world.run("secrets get billing/database --field port --out port").success();
    assert_eq!(world.read("port"), "5432");
    assert_eq!(world.run("secrets get api-key --out -").success().stdout, "sandbox-api-key");
    let calls = world.control().calls("GetSecretValue");
    for wrong in ["/dev/null", ".", ".."] {
        world.run(&format!("secrets get api-key --out {wrong}")).exits(2).one_error();
    }
    assert_eq!(world.control().calls("GetSecretValue"), calls, "said before the value was asked for");
}

#[test]
fn a_terminal_gets_a_line_end_and_no_bytes_that_it_would_obey() {
    let world = World::signed_in();
    put_text(&world, "escapes", "\u{1b}]0;a title\u{7}");
    let (child, person) = world.nsaccess("secrets get api-key").on_screen();
    assert_eq!(person.sees_the_end(), "sandbox-api-key\r\n");
    assert!(child.wait_with_output().expect("its end").status.success());
    for name in ["keystore", "escapes"] {
        let (child, person) = world.nsaccess(&format!("secrets get {name}")).on_screen();
        let screen = person.sees_the_end();
        assert!(screen.contains("cannot be shown on a terminal") && screen.contains("--out FILE"), "{screen:?}");
        assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(1));
    }
    let (_child, person) = world.nsaccess("secrets get escapes --force").on_screen();
    assert_eq!(person.sees_the_end(), "\u{1b}]0;a title\u{7}");
}
