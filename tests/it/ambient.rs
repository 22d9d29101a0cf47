//! Credentials that the machine gives: a container's endpoint, the environment, a token in a file.

use sandbox::{Role, iam};

use crate::support::World;
use crate::support::http::serve;

const ACCOUNT: &str = "111122223333";
const AUDIT: &str = "audit idp-dev --cluster idp-nonprod-1 --region eu-west-1 -q";
const TOKEN: &str = "token --cluster-name idp-nonprod-1 --region eu-west-1 --profile box";

/// The endpoint of a container, which gives these keys to whoever asks.
fn container(keys: &[(String, String)]) -> String {
    let of = |name: &str| keys.iter().find(|(known, _)| known == name).expect("a key").1.clone();
    let body = serde_json::json!({
        "AccessKeyId": of("AWS_ACCESS_KEY_ID"), "SecretAccessKey": of("AWS_SECRET_ACCESS_KEY"),
        "Token": of("AWS_SESSION_TOKEN"), "Expiration": "2040-01-01T00:00:00Z",
    })
    .to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    format!("http://{}/", serve(head + &body))
}

/// A profile whose role is assumed with what this source gives.
fn profile(world: &World, source: &str) {
    world
        .control()
        .put_role(Role::new(ACCOUNT, "k8s").trusting(iam::trust_permission_set(ACCOUNT, "AdministratorAccess")));
    let role = format!("role_arn = arn:aws:iam::{ACCOUNT}:role/k8s");
    world.write(".aws/config", format!("[profile box]\n{role}\ncredential_source = {source}\nregion = eu-west-1\n"));
}

#[test]
fn a_container_gives_the_identity_of_an_administrator() {
    let world = World::new();
    let url = container(&world.control().administrator_keys(ACCOUNT));
    world.nsaccess(AUDIT).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url).run().success().prints("Findings:");
    profile(&world, "EcsContainer");
    world.nsaccess(TOKEN).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url).run_trusted().success();
    assert_eq!(world.control().calls("AssumeRole"), 1);
    let world = World::new();
    profile(&world, "EcsContainer");
    world
        .nsaccess(TOKEN)
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/")
        .run()
        .exits(3)
        .one_error()
        .says("error: cannot get credentials from the container\n")
        .says("because: the profile box has credential_source = EcsContainer\n");
}

#[test]
fn the_environment_gives_the_keys_that_assume_a_role() {
    let world = World::new();
    profile(&world, "Environment");
    world
        .run(TOKEN)
        .exits(3)
        .one_error()
        .says("error: no AWS credentials in the environment\n")
        .says("because: the profile box has credential_source = Environment\n")
        .says("try: export AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY=KEY\n");
    let keys = world.control().administrator_keys(ACCOUNT);
    let token = keys.iter().fold(world.nsaccess(TOKEN), |command, (name, value)| command.env(name, value));
    token.run_trusted().success();
}

#[test]
fn a_token_that_is_not_there_is_named() {
    let world = World::new();
    world
        .nsaccess(AUDIT)
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token")
        .env("AWS_ROLE_ARN", format!("arn:aws:iam::{ACCOUNT}:role/k8s"))
        .run()
        .exits(3)
        .one_error()
        .says("error: cannot get credentials with the token in $AWS_WEB_IDENTITY_TOKEN_FILE\n")
        .says("try: unset AWS_WEB_IDENTITY_TOKEN_FILE\n");
}
