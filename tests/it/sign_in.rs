//! Signing in by the device flow, and all that can happen to a session.

use sandbox::FaultKind;

use crate::support::process::Running;
use crate::support::world::interrupt;
use crate::support::{World, until};

/// A login whose person has not said anything yet.
fn waiting(world: &World) -> Running {
    world.control().approve_device_codes(false);
    let mut login = world.login("idp-dev").spawn();
    login.wait_for("    page   ");
    until("the code", || (!world.control().pending().is_empty()).then_some(()));
    login
}

fn error(status: u16, code: &str) -> FaultKind {
    FaultKind::Error { status, code: code.to_owned(), message: "words of the service".to_owned() }
}

#[test]
fn the_code_on_the_screen_is_the_code_that_is_approved() {
    let world = World::new();
    world.control().approve_device_codes(false);
    let mut login = world.login("idp-dev").spawn();
    let line = login.wait_for("    code   ");
    let code = line.trim().trim_start_matches("code").trim().to_owned();
    let page = login.wait_for("    page   ");
    assert!(page.trim().ends_with(&format!("/device?user_code={code}")), "{page}");
    assert_eq!(world.control().approve(Some(&code)), 1);
    login.finish().success().says("✓ session");
}

#[test]
fn a_denied_sign_in_ends_with_3() {
    let world = World::new();
    let login = waiting(&world);
    assert_eq!(world.control().deny(None), 1);
    login.finish().exits(3).one_error().says("error: the sign-in was denied");
    assert!(!world.exists(".aws/config") && !world.exists(".kube/config"));
    assert!(world.token_file().is_none());
}

#[test]
fn a_code_that_nobody_approves_ends_with_3() {
    let world = World::new();
    world.control().settings(|settings| settings.device_code_lifetime = 1);
    world.control().approve_device_codes(false);
    world.login("idp-dev").run().exits(3).one_error().says("error: the sign-in was not approved in time");
}

#[test]
fn slow_down_and_passing_trouble_do_not_end_the_wait() {
    let world = World::new();
    world.control().fail_next("CreateToken", 1, error(500, "InternalServerException"));
    world.control().fail_next("CreateToken", 1, error(400, "SlowDownException"));
    world.login("idp-dev").run().success();
    assert!(world.control().calls("CreateToken") >= 3);
}

#[test]
fn polls_that_get_no_usable_answer_are_said_and_then_given_up() {
    let world = World::new();
    world.control().fail_next("CreateToken", u32::MAX, FaultKind::Garbage);
    let ended = world.login("idp-dev").run().exits(6).one_error().says("error: cannot sign in");
    ended.says("warning: cannot ask whether you have approved: CreateToken got no usable response");
    assert_eq!(world.control().calls("CreateToken"), 5);
}

#[test]
fn a_registration_that_ended_on_the_server_is_made_anew_once() {
    let world = World::signed_in();
    world.run("logout").success();
    world.control().expire_registrations();
    world.control().reset_calls();
    world.run("login idp-dev").success();
    assert_eq!(world.control().calls("RegisterClient"), 1);
}

#[test]
fn a_registration_that_no_new_one_helps_is_given_up() {
    let world = World::new();
    world.control().fail_next("StartDeviceAuthorization", 9, error(401, "InvalidClientException"));
    world.login("idp-dev").run().exits(1).one_error().says("the client registration that it has just created");
    assert_eq!(world.control().calls("RegisterClient"), 2);
}

#[test]
fn a_wrong_start_url_is_recognised() {
    let world = World::new();
    world
        .run("login idp-dev --start-url https://other.awsapps.com/start --sso-region eu-west-1")
        .exits(1)
        .one_error()
        .says("error: cannot sign in to https://other.awsapps.com/start")
        .says("because: the start URL or its region (eu-west-1) is probably wrong");
    assert!(!world.exists(".config/nsaccess/config.toml"), "a wrong start URL must not be remembered");
}

#[test]
fn no_start_url_at_all_says_how_to_give_one() {
    let world = World::new();
    world
        .run("login idp-dev")
        .exits(2)
        .one_error()
        .says("error: no start URL configured\n")
        .says("try: nsaccess login idp-dev --start-url https://YOURS.awsapps.com/start --sso-region REGION");
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn an_access_token_that_ends_is_renewed_silently_and_its_refresh_token_rotates() {
    let world = World::signed_in();
    let token = |world: &World| -> serde_json::Value {
        let text = std::fs::read_to_string(world.token_file().expect("a session")).expect("read");
        serde_json::from_str(&text).expect("JSON")
    };
    let before = token(&world);
    age_token(&world);
    world.run("login idp-test").success().says_not("code");
    let after = token(&world);
    assert_eq!(world.control().calls("CreateToken:refresh_token"), 1);
    for field in ["accessToken", "refreshToken"] {
        assert_ne!(before[field], after[field], "{field}");
    }
    for field in ["startUrl", "region", "clientId", "clientSecret", "registrationExpiresAt"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    assert_eq!(world.control().refresh_token_reuses(), 0);
}

/// Makes the stored access token one that ended an hour ago.
pub(crate) fn age_token(world: &World) {
    let path = world.token_file().expect("a session");
    let mut token: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("read")).expect("JSON");
    token["expiresAt"] = "2020-01-01T00:00:00Z".into();
    std::fs::write(path, token.to_string()).expect("written");
}

#[test]
fn a_token_that_dies_before_its_time_is_renewed_and_the_call_repeated() {
    let world = World::signed_in();
    world.control().expire_access_tokens();
    world.run("login idp-test").success().says_not("code");
    assert_eq!(world.control().calls("CreateToken:refresh_token"), 1);
    assert_eq!(world.control().calls("GetRoleCredentials"), 2);
}

#[test]
fn a_revoked_refresh_token_leads_to_a_new_sign_in() {
    let world = World::signed_in();
    world.control().expire_access_tokens();
    world.control().revoke_refresh_tokens();
    world.run("login idp-test").success().says("    code   CODE");
    assert_eq!(world.control().calls("CreateToken:refresh_token"), 1);
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
}

#[test]
fn a_plain_login_inherits_the_sessions_end_and_force_does_not() {
    let world = World::signed_in();
    world.run("login idp-dev --force").success().says("    code   CODE");
    let calls: Vec<String> = world.control().journal().into_iter().map(|call| call.operation).collect();
    let place =
        |name: &str| calls.iter().position(|call| call == name).unwrap_or_else(|| panic!("{name} in {calls:?}"));
    assert!(place("Logout") < place("StartDeviceAuthorization"), "{calls:?}");
    assert!(place("StartDeviceAuthorization") < place("GetRoleCredentials"), "{calls:?}");
}

#[test]
fn ctrl_c_while_waiting_ends_with_130_and_leaves_nothing() {
    let world = World::new();
    let login = waiting(&world);
    interrupt(&login);
    let output = login.finish();
    assert!(output.stderr.ends_with("interrupted\n"), "{}", output.transcript());
    output.exits(130).says_not("error:");
    let names = world.files().names();
    assert!(names.iter().all(|name| name.starts_with(".aws/sso/cache/")), "only the registration: {names:?}");
    // Nothing holds a lock: another sign-in goes straight through.
    world.control().approve_device_codes(true);
    world.login("idp-dev").run().success().says_not("waiting for another");
}

#[test]
fn the_browser_of_the_environment_gets_the_page() {
    let mut world = World::new();
    let browser = world.script("bin/browser", "printf '%s' \"$1\" > \"$HOME/opened\"; echo chatter; echo chatter >&2");
    world.set("BROWSER", &browser.display().to_string());
    world.login("idp-dev").run().success().says("Your browser opens the page.").says_not("chatter");
    let opened =
        until("the browser", || std::fs::read_to_string(world.path("opened")).ok().filter(|url| !url.is_empty()));
    assert!(opened.contains("/device?user_code="), "{opened}");
}

#[test]
fn no_browser_is_opened_where_none_is_wanted() {
    let mut world = World::new();
    let browser = world.script("bin/browser", "touch \"$HOME/opened\"");
    world.set("BROWSER", &browser.display().to_string());
    world.login("idp-dev --no-browser").run().success().says("No browser was opened (as asked).");
    world.run("logout").success();
    world.set("BROWSER", "");
    world.set("SSH_CONNECTION", "1 2 3 4");
    world.run("login idp-dev").success().says("No browser was opened (this is an SSH session without a display)");
    assert!(!world.exists("opened"));
}

#[test]
fn a_token_of_the_aws_cli_serves_and_garbage_in_its_place_does_not_stand_in_the_way() {
    let world = World::signed_in();
    let path = world.token_file().expect("a session");
    // What two AWS CLIs leave behind that write at once (boto/botocore#3213).
    let mut text = std::fs::read_to_string(&path).expect("read");
    text.push_str("\"}");
    std::fs::write(&path, text).expect("written");
    world.run("login idp-test").success().says("    code   CODE");
    serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string(&path).expect("read")).expect("JSON again");
}
