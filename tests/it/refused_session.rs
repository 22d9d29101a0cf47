//! A session that its service has refused is over for every process, whatever its file says.

use sandbox::FaultKind;

use crate::sign_in::age_token;
use crate::support::{World, until};
use crate::token::age_credentials;

/// The stored session as JSON.
fn stored(world: &World) -> serde_json::Value {
    let text = std::fs::read_to_string(world.token_file().expect("a session")).expect("read");
    serde_json::from_str(&text).expect("JSON")
}

fn store(world: &World, token: &serde_json::Value) {
    std::fs::write(world.token_file().expect("a session"), token.to_string()).expect("written");
}

/// Nobody is signed in, everybody knows, and nobody asks again; a login helps.
#[track_caller]
fn is_known_to_be_over(world: &World) {
    world.control().reset_calls();
    for verb in
        ["credentials idp-dev", "token idp-dev", "pods -n idp-test", "list --refresh", "secrets list -n idp-dev"]
    {
        world.run(verb).exits(3).one_error();
    }
    world.run("status --check").exits(3).one_error().says("try: nsaccess login");
    assert_eq!(world.run("status -o json").success().json()["session"]["state"], "expired");
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    world.run("login idp-dev").success().says("    code   CODE");
    world.run("status --check").success();
    world.run("credentials idp-dev").success();
}

#[test]
fn a_session_that_was_ended_on_the_portal() {
    let world = World::signed_in();
    world.control().end_session();
    world.run("status --check").success();
    age_credentials(&world, "idp-dev");
    world.run("credentials idp-dev").exits(3).one_error();
    is_known_to_be_over(&world);
}

#[test]
fn a_session_that_came_without_a_refresh_token() {
    let world = World::signed_in();
    let mut token = stored(&world);
    token.as_object_mut().expect("fields").remove("refreshToken");
    store(&world, &token);
    world.control().end_session();
    age_credentials(&world, "idp-dev");
    world.run("credentials idp-dev").exits(3).one_error().says("the portal no longer accepts the stored session");
    is_known_to_be_over(&world);
}

#[test]
fn a_session_that_can_no_longer_be_renewed() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    age_token(&world);
    world.control().revoke_refresh_tokens();
    world.run("credentials idp-dev").exits(3).one_error().says("CreateToken returned InvalidGrantException");
    is_known_to_be_over(&world);
}

#[test]
fn a_list_that_is_refused_says_so_too() {
    let world = World::signed_in();
    world.control().end_session();
    world.run("list --refresh").exits(3).one_error();
    age_credentials(&world, "idp-dev");
    is_known_to_be_over(&world);
}

#[test]
fn a_service_that_does_not_answer_has_refused_nothing() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    age_token(&world);
    assert!(world.control().reachable("oidc", false));
    world.run("credentials idp-dev").exits(6).one_error();
    world.run("status --check").success();
    assert!(world.control().reachable("oidc", true));
    world.run("credentials idp-dev").success();
}

#[test]
fn a_refresh_token_that_is_refused_does_not_end_an_access_token_that_still_serves() {
    let world = World::signed_in();
    let mut token = stored(&world);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(4);
    token["expiresAt"] = soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
    store(&world, &token);
    world.control().revoke_refresh_tokens();
    for _ in 0..3 {
        age_credentials(&world, "idp-dev");
        world.run("credentials idp-dev").success();
    }
    assert_eq!(world.control().calls("CreateToken:refresh_token"), 1);
    world.run("status --check").success();
}

#[test]
fn a_refresh_token_that_another_tool_has_used_meanwhile_is_no_reason_to_sign_in() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    let fresh = stored(&world);
    age_token(&world);
    let refused = FaultKind::Error { status: 400, code: "InvalidGrantException".into(), message: "used".into() };
    world.control().fail_next("CreateToken", 1, refused);
    world.control().fail_next("CreateToken", 1, FaultKind::Hold);
    let credentials = world.nsaccess("credentials idp-dev").spawn();
    until("the answer", || (world.control().held_answers() == 1).then_some(()));
    let mut renewed = fresh;
    renewed["refreshToken"] = "the next one, which the other tool has stored".into();
    store(&world, &renewed);
    world.control().release_answers();
    credentials.finish().success();
}
