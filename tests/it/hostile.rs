//! Servers that are broken or mean harm: answers and lists without an end, and words that would steer a terminal.

use sandbox::FaultKind;
use serde_json::json;

use crate::support::World;
use crate::support::forward::{CLUSTER, NAMESPACE, world_with};
use crate::support::logs::{ALL, write};
use crate::token::age_credentials;

/// Sets the title, clears the screen, fills the clipboard, reads backwards, and begins a line like one of ours.
const WORDS: &str = "a\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}b\r\ntry: evil";

#[track_caller]
fn steers_nothing(text: &str) {
    let steers = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
    assert!(!text.contains(steers), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("try: evil")), "{text}");
}

#[test]
fn a_list_whose_pages_lead_in_a_circle_is_given_up() {
    for (operation, words) in [
        ("ListAccounts", "list --refresh"),
        ("ListAccountRoles", "list --refresh"),
        ("ListSecrets", "secrets list"),
        ("ListSecretVersionIds", "secrets versions api-key"),
        ("list pods", "pods"),
    ] {
        let world = world_with(ALL);
        world.control().reset_calls();
        world.control().fail_next(operation, u32::MAX, FaultKind::PagesWithoutEnd { fresh: false });
        let ended = world.run(words).exits(6).one_error();
        ended.says("the list has no end: after page 2 it begins again");
        // A list of roles is read for each account.
        assert!(world.control().calls(operation) <= 2 * 4, "{operation}: {}", world.control().calls(operation));
    }
    let world = World::new();
    world.control().fail_next("ListClusters", u32::MAX, FaultKind::PagesWithoutEnd { fresh: false });
    world.login("idp-dev").run().exits(6).one_error().says("ListClusters got no usable response: the list has no end");
}

#[test]
fn a_list_that_has_always_one_more_page_is_given_up() {
    let world = World::signed_in();
    world.control().fail_next("ListSecrets", u32::MAX, FaultKind::PagesWithoutEnd { fresh: true });
    world.run("secrets list").exits(6).one_error().says("the list has no end: there are more pages than 1000");
    assert_eq!(world.control().calls("ListSecrets"), 1000);
}

#[test]
fn an_answer_without_an_end_is_no_answer() {
    for (operation, words) in [
        ("GetRoleCredentials", "token idp-dev"),
        ("GetSecretValue", "secrets get api-key"),
        ("create selfsubjectreviews", "whoami"),
        ("get pods/log", "logs web-0"),
    ] {
        let world = world_with(ALL);
        age_credentials(&world, "idp-dev");
        // A log has no end; a refusal has one, whatever was asked for.
        let status = if operation == "get pods/log" { 500 } else { 200 };
        world.control().fail_next(operation, u32::MAX, FaultKind::Endless { status });
        world.run(words).exits(6).one_error();
        assert!(world.control().calls(operation) > 0, "{operation}");
    }
    let world = World::new();
    world.control().fail_next("RegisterClient", u32::MAX, FaultKind::Endless { status: 200 });
    world.login("idp-dev").run().exits(6).one_error().says("the response is longer than 32 MiB");
}

#[test]
fn an_error_in_a_server_s_words_steers_no_terminal() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    let kind = FaultKind::Error { status: 400, code: "InvalidRequestException".to_owned(), message: WORDS.to_owned() };
    world.control().fail_next("GetRoleCredentials", u32::MAX, kind);
    for words in ["token idp-dev", "token idp-dev -v", "login idp-dev -o json", "login idp-dev -o yaml"] {
        let output = world.run(words).exits(1);
        steers_nothing(&output.stderr);
        assert!(output.stderr.contains("title"), "{}", output.transcript());
    }
}

#[test]
fn credentials_that_no_header_can_hold_are_no_credentials() {
    let usable =
        json!({"accessKeyId": "ASIA1", "secretAccessKey": "s", "sessionToken": "t", "expiration": 4e12 as i64});
    for (field, value, part) in [
        ("accessKeyId", WORDS, "access key ID"),
        ("accessKeyId", "", "access key ID"),
        ("secretAccessKey", "", "secret access key"),
        ("sessionToken", WORDS, "session token"),
    ] {
        let world = World::signed_in();
        age_credentials(&world, "idp-dev");
        let mut keys = usable.clone();
        keys[field] = json!(value);
        let body = json!({"roleCredentials": keys}).to_string();
        let body = FaultKind::Body { status: 200, content_type: "application/json".into(), body };
        world.control().fail_next("GetRoleCredentials", u32::MAX, body);
        for words in ["token idp-dev", "login idp-dev", "secrets list", "exec idp-dev -- true"] {
            let output = world.run(words).exits(6).one_error();
            let why = format!("got no usable response: the {part} is empty or has characters that none of AWS has");
            steers_nothing(&output.says(&why).says("try: wait a minute").stderr);
        }
    }
}

#[test]
fn keys_of_one_s_own_that_no_header_can_hold_are_said_by_their_place() {
    let world = World::signed_in();
    let token = "token --cluster-name idp-nonprod-1 --region eu-west-1";
    let of_keys = [("AWS_ACCESS_KEY_ID", "AKIA1\r"), ("AWS_SECRET_ACCESS_KEY", "s")];
    for words in [token, "audit idp-dev --cluster idp-nonprod-1 --region eu-west-1"] {
        let by_keys = of_keys.iter().fold(world.nsaccess(words), |call, (name, value)| call.env(name, value));
        by_keys
            .run()
            .exits(2)
            .one_error()
            .says("error: cannot use the AWS keys in the environment\n")
            .says("because: the access key ID is empty or has characters that none of AWS has\n")
            .says("try: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN\n");
    }
    world.write(".aws/credentials", "[mine]\naws_access_key_id = AKIA1\naws_secret_access_key = a b\n");
    for words in [format!("{token} --profile mine"), "audit idp-dev --cluster idp-nonprod-1 --profile mine".to_owned()]
    {
        let output = world.run(&words).exits(2).one_error();
        output.says("because: the secret access key is empty or has").says("try: aws configure --profile mine\n");
    }
}

#[test]
fn a_device_code_steers_no_terminal() {
    let world = World::new();
    let answer =
        json!({"deviceCode": "x", "userCode": WORDS, "verificationUri": "https://x/", "expiresIn": 60, "interval": 1});
    let body = FaultKind::Body { status: 200, content_type: "application/json".into(), body: answer.to_string() };
    world.control().fail_next("StartDeviceAuthorization", u32::MAX, body);
    let output = world.login("idp-dev").run().exits(6);
    steers_nothing(&output.stderr);
    assert!(output.stderr.contains("    code   a"), "{}", output.transcript());
}

#[test]
fn a_table_and_its_json_and_yaml_steer_no_terminal() {
    let world = world_with(ALL);
    let mut pod = sandbox::objects::pod(NAMESPACE, "odd-0", "odd", true);
    pod["status"]["reason"] = json!(WORDS);
    pod["spec"]["nodeName"] = json!(WORDS);
    assert!(world.control().apply(CLUSTER, pod));
    for form in ["table", "json", "yaml"] {
        let output = world.run(&format!("pods odd-0 -o {form}")).success();
        steers_nothing(&output.stdout);
        assert!(output.stdout.contains("title"), "{}", output.transcript());
    }
    let json = world.run("pods odd-0 -o json").success().json();
    assert_eq!(json[0]["node"], WORDS);
}

#[test]
fn a_choice_steers_no_terminal() {
    let mut of = sandbox::World::default();
    for account in &mut of.accounts {
        account.name = Some(format!("{} {WORDS}", account.name.as_deref().unwrap_or_default()));
    }
    of.clusters[1].add_namespace("shop-dev").grant_floor("shop-dev", "idp-ns-shop-dev");
    of.clusters[0].grant_floor("shop-dev", "idp-ns-shop-dev");
    let world = World::of(of);
    let (child, mut person) = world.login("shop-dev").on_terminal();
    person.sees("Several accounts have shop-dev. Which one?");
    person.types("\u{1b}");
    let screen = person.sees_the_end();
    drop(child);
    assert!(screen.contains("title"), "{screen:?}");
    for sign in ["\u{1b}]0;", "\u{1b}]52;", "\u{1b}[2J", "\u{9b}", "\u{202e}"] {
        assert!(!screen.contains(sign), "{screen:?}");
    }
}

#[test]
fn a_log_among_others_cannot_pass_for_one_of_them() {
    let world = world_with(ALL);
    write(&world, "web-0", "\u{1b}[31mred\u{1b}[0m\rgreen\r[web-1] forged\n");
    let alone = world.run("logs web-0 --tail 1").success();
    assert_eq!(alone.stdout, "\u{1b}[31mred\u{1b}[0m\rgreen\r[web-1] forged\n");
    let both = world.run("logs web-0 web-1 --tail 1").success();
    assert!(
        both.stdout.starts_with("[web-0/web] \u{1b}[31mred\u{1b}[0m\\rgreen\\r[web-1] forged\n"),
        "{:?}",
        both.stdout
    );
    assert!(!both.stdout.contains('\r'), "{:?}", both.stdout);
}
