//! `token --cluster-name …` without a namespace: in the place of `aws eks get-token`.

use crate::support::World;
use crate::token::url_of;

/// The vectors that the AWS CLI made (`tests/it/data/eks-token.json`) are compared to the byte where time stands still,
/// beside the code; here the same keys go through the real command line.
fn vector() -> serde_json::Value {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("data/eks-token.json")).expect("JSON");
    let with_session = |vector: &&serde_json::Value| vector["session_token"].is_string();
    vectors.as_array().expect("a list").iter().find(with_session).expect("one with a session token").clone()
}

#[test]
fn the_keys_of_the_environment_sign_without_any_call() {
    let mut world = World::new();
    world.go_offline();
    let vector = vector();
    let text = |name: &str| vector[name].as_str().expect("text").to_owned();
    let (cluster, region) = (text("cluster"), text("region"));
    let answer = world
        .nsaccess(&format!("token --cluster-name {cluster} --region {region}"))
        .env("AWS_ACCESS_KEY_ID", text("access_key_id"))
        .env("AWS_SECRET_ACCESS_KEY", text("secret_access_key"))
        .env("AWS_SESSION_TOKEN", text("session_token"))
        .run()
        .success()
        .json();
    let ours = url_of(&answer);
    let theirs = url_of(&serde_json::json!({"status": {"token": vector["expect"]["token"]}}));
    let fixed = |url: &str| -> Vec<String> {
        let (base, query) = url.split_once('?').expect("a query");
        let moving = ["X-Amz-Date=", "X-Amz-Signature=", "X-Amz-Credential="];
        let mut parts: Vec<String> = query
            .split('&')
            .filter(|part| !moving.iter().any(|name| part.starts_with(name)))
            .map(str::to_owned)
            .collect();
        parts.sort();
        parts.push(base.to_owned());
        parts
    };
    assert_eq!(fixed(&ours), fixed(&theirs));
    assert!(ours.contains(&format!("X-Amz-Credential={}%2F", text("access_key_id"))), "{ours}");
    assert_eq!(world.control().counts().len(), 0);
    assert!(world.files().names().is_empty(), "{:?}", world.files().names());
}

#[test]
fn the_region_may_come_from_the_environment_and_the_partition_follows_it() {
    let world = World::new();
    for (region, host) in [
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/?"),
        ("us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/?"),
        ("us-east-1", "https://sts.us-east-1.amazonaws.com/?"),
    ] {
        let answer = world
            .nsaccess("token --cluster-name demo")
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", region)
            .run()
            .success()
            .json();
        assert!(url_of(&answer).starts_with(host), "{region}");
    }
}

#[test]
fn a_profile_that_nsaccess_wrote_serves_here_too() {
    let world = World::signed_in();
    let answer = world
        .nsaccess("token --cluster-name idp-nonprod-1 --region eu-west-1 --profile idp-ns-idp-dev")
        .env("AWS_ACCESS_KEY_ID", "AKIAFROMTHEENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .run()
        .success()
        .json();
    let url = url_of(&answer);
    assert!(url.contains("X-Amz-Credential=ASIA") && !url.contains("AKIAFROMTHEENVIRONMENT"), "{url}");
}

#[test]
fn what_is_missing_is_said() {
    let world = World::new();
    world.run("token").exits(2).one_error().says("try: nsaccess token --cluster-name NAME --region REGION");
    world.run("token --cluster-name demo").exits(2).one_error().says("error: no region specified");
    world
        .run("token --cluster-name demo --region eu-west-1")
        .exits(3)
        .one_error()
        .says("error: no AWS credentials found");
    world
        .run("token --cluster-name demo --region eu-west-1 --profile nope")
        .exits(5)
        .one_error()
        .says("error: AWS profile \"nope\" is not defined in ~/.aws/config");
}
