//! Identity Center in several regions: a token is for its start URL and its region, and one of another region is one sign-in.

use crate::support::World;
use crate::token::age_credentials;

const REGION: &str = "us-east-1";

/// Says in the stored token that it is of another region, as a tool there would have written it under the same name.
fn move_token(world: &World, region: &str) {
    let path = world.token_file().expect("a session");
    let text = std::fs::read_to_string(&path).expect("it");
    let mut token: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    token["region"] = region.into();
    std::fs::write(&path, token.to_string()).expect("written");
}

#[test]
fn a_token_of_another_region_is_one_sign_in_and_no_loop() {
    let world = World::signed_in();
    move_token(&world, REGION);
    age_credentials(&world, "idp-dev");
    let reason = "the stored session belongs to the region us-east-1, not to eu-west-1";
    world.run("token idp-dev").exits(3).one_error().says(reason).says("try: nsaccess login idp-dev");
    world.run("pods -n idp-dev").exits(3).one_error().says(reason);
    world.run("status").success().prints(reason);
    assert_eq!(world.control().calls("GetRoleCredentials"), 0, "the foreign token was sent");
    // Two terminals at once: one of them signs in.
    let logins = [world.nsaccess("login idp-dev").spawn(), world.nsaccess("login idp-dev").spawn()];
    for login in logins {
        login.finish().success();
    }
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
    world.run("login idp-dev").success();
    world.run("token idp-dev").success();
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
}

#[test]
fn who_moves_to_another_region_signs_in_there_once() {
    let mut world = World::signed_in();
    assert!(world.control().replicate_portal(&world.sandbox.start_url(), REGION));
    for (name, value) in world.control().regional_env(REGION) {
        world.set(&name, &value);
    }
    let config = world.read(".aws/config").replace("sso_region = eu-west-1", "sso_region = us-east-1");
    world.write(".aws/config", config);
    world.run("config set sso_region us-east-1").success();
    age_credentials(&world, "idp-dev");
    let words = "token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1";
    world.run(words).exits(3).one_error().says("the stored session belongs to the region eu-west-1, not to us-east-1");
    world.run("login idp-dev").success().says("idp-nonprod-1 in eu-west-1");
    for _ in 0..2 {
        world.run(words).success();
        world.run("login idp-dev").success();
        world.run("list --refresh").success();
    }
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
    let token = std::fs::read_to_string(world.token_file().expect("a session")).expect("it");
    assert!(token.contains("us-east-1"));
    world.run("logout").success().says("signed out of");
}
