//! Two organisations side by side: each access belongs to the portal that it was set up with.

use sandbox::{Account, Cluster, Portal};

use crate::support::World;

const OTHER: &str = "https://other.awsapps.com/start";

fn cluster(name: &str, account: &str, namespace: &str) -> Cluster {
    let mut cluster = Cluster::new(name, account, "us-east-1");
    let role = format!("idp-ns-{namespace}");
    cluster.map_permission_set("us-east-1", &role, &role);
    cluster.add_namespace(namespace).grant_floor(namespace, &role);
    cluster
}

/// The default organisation with `idp-dev` set up, and another one with `shop`, `idp-dev`, and `pay` in two accounts.
fn two() -> World {
    let portal = Portal::new(OTHER, "us-east-1")
        .with_account(Account::new("999999999991", "other-shop", &["idp-ns-shop", "idp-ns-pay"]))
        .with_account(Account::new("999999999992", "other-dev", &["idp-ns-idp-dev", "idp-ns-pay"]));
    let of = sandbox::World::default().with_portal(portal);
    let of = of.with_cluster(cluster("shop-1", "999999999991", "shop"));
    let world = World::of(of.with_cluster(cluster("dev-1", "999999999992", "idp-dev")));
    world.login("idp-dev").run().success();
    world
}

/// The same with `shop` set up too.
fn both() -> World {
    let world = two();
    world.run(&format!("login shop --start-url {OTHER} --sso-region us-east-1")).success();
    world
}

fn states(world: &World) -> Vec<(String, String)> {
    let status = world.run("status -o json").success().json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let sessions = status["sessions"].as_array().expect("sessions").iter();
    sessions.map(|session| (text(&session["start_url"]), text(&session["state"]))).collect()
}

#[test]
fn a_login_to_another_portal_touches_nothing_of_the_first() {
    let world = two();
    let first = world.token_file().expect("a session");
    let (token, settings) = (std::fs::read(&first).expect("it"), world.read(".config/nsaccess/config.toml"));
    let profile = world.read(".aws/config");
    world.run(&format!("login shop --start-url {OTHER} --sso-region us-east-1")).success().says(OTHER);
    assert_eq!(std::fs::read(&first).expect("it"), token);
    assert_eq!(world.read(".config/nsaccess/config.toml"), settings);
    let config = world.read(".aws/config");
    assert!(config.starts_with(profile.trim_end()), "{config}");
    assert!(config.contains("[profile idp-ns-shop]\nsso_session = other\n"), "{config}");
    // Each goes on by its name alone, with its own session.
    world.control().reset_calls();
    for name in ["shop", "idp-dev"] {
        world.run(&format!("token {name}")).success();
    }
    world.control().reset_calls();
    for name in ["idp-dev", "shop"] {
        world.run(&format!("token {name}")).success();
        assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    }
    world.run("pods web-0 -n idp-dev").success();
    world.run("pods web-0 -n shop").success();
    world.run("login shop").success().says(OTHER);
    world.run("login idp-dev").success().says("https://sandbox.awsapps.com/start until");
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 0);
    // What was lost of the cache is found again where it belongs.
    std::fs::remove_dir_all(world.path(".cache/nsaccess")).expect("the cache may go");
    world.run("token shop --cluster-name shop-1 --region us-east-1").success();
    world.run("pods web-0 -n shop").success();
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 0);
}

#[test]
fn list_and_status_show_both_and_one_that_is_named() {
    let world = both();
    world.run("list --refresh").success();
    let output = world.run("list").success();
    let has = |line: &str| output.stdout.lines().any(|text| text.split_whitespace().eq(line.split(' ')));
    assert!(has("NAMESPACE ACCOUNT ACCOUNT NAME PORTAL SET UP NOTES"), "{}", output.stdout);
    assert!(has("idp-dev 111122223333 idp-nonprod sandbox.awsapps.com yes"), "{}", output.stdout);
    assert!(has("shop 999999999991 other-shop other.awsapps.com yes"), "{}", output.stdout);
    assert!(has("idp-dev 999999999992 other-dev other.awsapps.com -"), "{}", output.stdout);
    // The region of a portal that is known needs no flag.
    let one = world.run(&format!("list --start-url {OTHER}")).success();
    assert!(!one.stdout.contains("PORTAL") && !one.stdout.contains("idp-test") && one.stdout.contains("shop"));
    world.run(&format!("list --refresh --start-url {OTHER}")).success();
    let status = world.run("status").success();
    assert_eq!(status.stdout.matches("Session          signed in").count(), 2, "{}", status.stdout);
    assert!(status.stdout.contains("PORTAL"), "{}", status.stdout);
    let rows = world.run("status -o json").success().json();
    assert_eq!(rows["namespaces"][1]["start_url"], OTHER);
    assert_eq!(rows["session"]["start_url"], "https://sandbox.awsapps.com/start");
}

#[test]
fn a_logout_ends_the_session_that_is_meant_and_no_other() {
    let world = both();
    world.run("list --refresh").success();
    world
        .run("logout -n shop")
        .success()
        .says("signed out of https://other.awsapps.com/start")
        .says("still signed in to https://sandbox.awsapps.com/start")
        .says("hint: nsaccess logout --start-url https://sandbox.awsapps.com/start");
    world.run("token idp-dev").success();
    world.run("token shop").exits(3).one_error().says("try: nsaccess login shop");
    let (sandbox, other) = ("https://sandbox.awsapps.com/start".to_owned(), OTHER.to_owned());
    let expected = [(sandbox.clone(), "signed_in".to_owned()), (other.clone(), "signed_out".to_owned())];
    assert_eq!(states(&world), expected);
    // What the other portal offers is kept; asked anew it is left out, and said so.
    world.run("list").success().prints("other-shop");
    let output = world.run("list --refresh").success().says("warning: cannot list https://other.awsapps.com/start");
    assert!(output.stdout.contains("idp-test") && !output.stdout.contains("other-shop"), "{}", output.stdout);
    world.run("login shop").success();
    world
        .run("logout --start-url https://sandbox.awsapps.com/start/#/")
        .success()
        .says("removed cached credentials for idp-dev");
    world.run("token shop").success();
    assert_eq!(states(&world), [(sandbox, "signed_out".to_owned()), (other, "signed_in".to_owned())]);
    world
        .run("logout --start-url https://third.awsapps.com/start")
        .exits(5)
        .one_error()
        .says("error: no session for https://third.awsapps.com/start")
        .says("try: nsaccess logout --start-url https://other.awsapps.com/start");
    world.run("logout --start-url https://other.awsapps.com/start --all").exits(2);
}

#[test]
fn the_end_of_one_session_is_not_the_end_of_the_other() {
    let world = both();
    assert!(world.control().end_session_of(OTHER));
    crate::token::age_credentials(&world, "shop");
    crate::token::age_credentials(&world, "idp-dev");
    world.run("token shop").exits(3).one_error().says("try: nsaccess login shop");
    world.run("token idp-dev").success();
    // A remembered failure is that of its own portal.
    world.control().reset_calls();
    world.run("token shop").exits(3).one_error();
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    world.run("login shop").success();
    world.run("token shop").success();
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
}

#[test]
fn the_same_namespace_at_another_portal_is_offered_beside() {
    let world = two();
    let before = world.files();
    let output = world.run(&format!("login idp-dev --start-url {OTHER} --sso-region us-east-1")).exits(2).one_error();
    let command = format!("login idp-dev --as idp-dev-other --start-url {OTHER} --sso-region us-east-1");
    output.says(&format!("try: nsaccess {command}   # sets it up beside"));
    assert_eq!(world.files().names(), before.names());
    world.run(&command).success().says("dev-1 in us-east-1");
    world.run("pods web-0 -n idp-dev-other").success();
    world.run("login idp-dev-other").success().says(OTHER);
    world.run("pods web-0 -n idp-dev").success();
    // Of several accounts there, the commands are for that portal.
    let output = world.run(&format!("login pay --start-url {OTHER} --sso-region us-east-1")).exits(2).one_error();
    output.says(&format!(
        "try: nsaccess login pay --start-url {OTHER} --sso-region us-east-1 --account 999999999992 --as pay-dev"
    ));
}

#[test]
fn a_login_that_wrote_nothing_can_be_signed_out_of() {
    let world = two();
    world.run(&format!("login shop --start-url {OTHER} --sso-region us-east-1 --cluster none")).exits(5);
    assert!(!world.read(".aws/config").contains(OTHER));
    world.run(&format!("logout --start-url {OTHER}")).success().says(&format!("signed out of {OTHER}"));
    world
        .run(&format!("logout --start-url {OTHER}"))
        .exits(5)
        .one_error()
        .says("no session for https://other.awsapps.com/start");
}

#[test]
fn a_pinned_portal_has_the_region_of_its_session() {
    let world = World::signed_in();
    let pin = |url: &str| format!("[namespace.idp-dev]\nstart_url = \"{url}\"\n");
    world.write(".config/nsaccess/config.toml", pin("https://sandbox.awsapps.com/start"));
    world.run("logout -n idp-dev").success().says("signed out of https://sandbox.awsapps.com/start");
    world.write(".config/nsaccess/config.toml", pin("https://elsewhere.awsapps.com/start"));
    world
        .run("logout -n idp-dev")
        .exits(2)
        .one_error()
        .says("https://elsewhere.awsapps.com/start")
        .says("--sso-region");
}
