//! `login` where something is set up under the same name: what works keeps working.

use sandbox::Account;

use crate::support::World;

/// What other tools go by.
fn files(world: &World) -> [String; 3] {
    [".aws/config", ".kube/config", ".config/nsaccess/config.toml"].map(|name| world.read(name))
}

/// A namespace that two accounts have, set up for the first of them.
fn shop() -> World {
    let world = World::new();
    world.login("shop-dev --account 111122223333").run().success();
    world.control().reset_calls();
    world
}

#[track_caller]
fn signs_as(world: &World, role: &str) {
    let token = world.nsaccess("token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1").run_trusted();
    assert_eq!(world.signer(&token.success()), role);
}

#[test]
fn a_role_that_the_cluster_does_not_know_leaves_what_worked() {
    let mut of = sandbox::World::default();
    of.accounts[0].permission_sets.push("Unmapped".to_owned());
    let world = World::of(of);
    world.login("idp-dev").run().success();
    world.run("login idp-test").success();
    let before = files(&world);
    world
        .run("login idp-dev --role Unmapped --cluster idp-nonprod-1")
        .exits(4)
        .one_error()
        .says("error: the cluster idp-nonprod-1 does not recognize the role Unmapped")
        .says("because: nothing was written; profile, context and current context are unchanged")
        .says("try: nsaccess login idp-dev --role Unmapped --cluster idp-nonprod-1 --no-verify");
    assert_eq!(files(&world), before);
    signs_as(&world, "idp-ns-idp-dev");
    world.run("pods web-0 -n idp-dev").success();
    // Another cluster, where the role has nothing: the one that worked stays the namespace's.
    assert!(world.control().set_access_entries("tools-1", Vec::new()));
    world.run("login idp-dev --cluster tools-1 --replace").exits(4).one_error();
    assert_eq!(files(&world), before);
    world.run("pods web-0 -n idp-dev").success();
    // The person insists.
    world
        .run("login idp-dev --role Unmapped --cluster idp-nonprod-1 --no-verify")
        .success()
        .says("warning: not verified: the cluster idp-nonprod-1 does not recognize the role Unmapped");
    assert!(world.read(".aws/config").contains("sso_role_name = Unmapped\n"));
    signs_as(&world, "Unmapped");
}

#[test]
fn a_cluster_that_does_not_answer_leaves_what_worked_and_the_person_may_insist() {
    let world = World::signed_in();
    let before = files(&world);
    assert!(world.control().reachable("kube:idp-nonprod-1", false));
    world
        .run("login idp-dev --role idp-ns-idp-test --cluster idp-nonprod-1")
        .exits(6)
        .one_error()
        .says("because: nothing was written")
        .says("try: nsaccess login idp-dev --role idp-ns-idp-test --cluster idp-nonprod-1 --no-verify");
    assert_eq!(files(&world), before);
    let output =
        world.run("login idp-dev --role idp-ns-idp-test --cluster idp-nonprod-1 --no-verify -o json").success();
    assert_eq!(output.json()["username"], serde_json::Value::Null);
    assert!(world.read(".aws/config").contains("sso_role_name = idp-ns-idp-test\n"));
}

#[test]
fn profile_and_context_are_written_both_or_neither() {
    let world = World::signed_in();
    let before = files(&world);
    world.chmod(".kube/config", 0o400);
    world.run("login idp-dev --cluster tools-1 --replace").exits(1).one_error().says("the file is read-only");
    world.run("login idp-test").exits(1).one_error().says("the file is read-only");
    assert_eq!(files(&world), before);
    world.chmod(".kube/config", 0o600);
    world.run("login idp-test").success();
}

#[test]
fn another_account_under_the_same_name_is_refused_before_anything_is_written() {
    let world = shop();
    let before = world.files();
    world
        .run("login shop-dev --account 777788889999")
        .exits(2)
        .one_error()
        .says("error: idp-ns-shop-dev is set up for account 111122223333, and not for account 777788889999")
        .says("try: nsaccess login shop-dev --as shop-dev-777788889999 --account 777788889999   # sets it up beside\n")
        .says("try: nsaccess login shop-dev --account 777788889999 --replace   # replaces what is there\n");
    assert_eq!(world.files(), before);
    let output = world.nsaccess("login shop-dev").env("NSACCESS_ACCOUNT", "777788889999").run();
    output.exits(2).one_error().says("try: nsaccess login shop-dev --replace   # replaces what is there\n");
    // A context that would lead to another account than its profile is the same.
    let output = world.run("kubeconfig shop-dev --account 777788889999 --cluster idp-nonprod-1 --region eu-west-1");
    output.exits(2).one_error();
    assert_eq!(world.files(), before);
}

#[test]
fn on_a_terminal_the_person_chooses() {
    let mut of = sandbox::World::default();
    let mut cluster = sandbox::Cluster::new("shop-1", "777788889999", "eu-west-1");
    cluster.map_permission_set("eu-west-1", "idp-ns-shop-dev", "idp-ns-shop-dev");
    cluster.add_namespace("shop-dev").grant_floor("shop-dev", "idp-ns-shop-dev");
    of = of.with_cluster(cluster);
    let world = World::of(of);
    world.login("shop-dev --account 111122223333").run().success();
    let before = files(&world);
    let (child, mut person) = world.nsaccess("login shop-dev --account 777788889999").on_terminal();
    person.sees("idp-ns-shop-dev is set up for account 111122223333:");
    person.types("\r");
    let screen = person.sees_the_end();
    assert_eq!(child.wait_with_output().expect("our own child").status.code(), Some(130), "{screen}");
    assert_eq!(files(&world), before, "{screen}");
    let (child, mut person) = world.nsaccess("login shop-dev --account 777788889999").on_terminal();
    person.sees("replace it by account 777788889999");
    person.types("\x1b[B\x1b[B\r");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("our own child").status.success(), "{screen}");
    assert!(world.read(".aws/config").contains("sso_account_id = 777788889999\n"), "{screen}");
    world.run("login shop-dev --account 111122223333 --replace").success();
    assert!(world.read(".aws/config").contains("sso_account_id = 111122223333\n"));
}

#[test]
fn an_account_that_the_portal_no_longer_gives_is_no_loss() {
    let mut of = sandbox::World::default();
    of.accounts.push(Account::new("888899990000", "new", &["idp-ns-idp-dev"]));
    let world = World::of(of);
    world.login("idp-dev --account 111122223333").run().success();
    let moved = world.read(".aws/config").replace("111122223333", "999900001111");
    world.write(".aws/config", moved);
    world.run("login idp-dev --account 111122223333").success();
    assert!(world.read(".aws/config").contains("sso_account_id = 111122223333\n"));
}

#[test]
fn another_portal_under_the_same_name_is_refused_before_anybody_signs_in() {
    let world = World::signed_in();
    let before = world.files();
    world
        .run("login idp-dev --start-url https://other.awsapps.com/start --sso-region eu-west-1")
        .exits(2)
        .one_error()
        .says("is set up for https://sandbox.awsapps.com/start, and not for https://other.awsapps.com/start")
        .says(
            "try: nsaccess login idp-dev --start-url https://other.awsapps.com/start --sso-region eu-west-1 --replace",
        );
    assert_eq!(world.files(), before);
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    // Another spelling is no other portal.
    world.run("login idp-dev --start-url https://sandbox.awsapps.com/start/# --sso-region eu-west-1").success();
}

#[test]
fn an_access_that_is_set_up_belongs_to_its_own_portal() {
    let world = World::signed_in();
    let (config, kubeconfig) = (world.read(".aws/config"), world.read(".kube/config"));
    // A second organisation becomes the one that is meant where nothing else is said.
    world.write(
        ".aws/config",
        format!(
            "{config}\n[sso-session other]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n"
        ),
    );
    world.run("config set start_url https://other.awsapps.com/start").success();
    world.run("config set sso_region us-east-1").success();
    let with_both = world.read(".aws/config");
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/credentials")).expect("the cache may go");
    for variable in ["", "https://third.awsapps.com/start"] {
        let words = "token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1";
        world.nsaccess(words).env("NSACCESS_START_URL", variable).run_trusted().success();
        world.nsaccess("login idp-dev").env("NSACCESS_START_URL", variable).run().success();
        world.nsaccess("pods web-0").env("NSACCESS_START_URL", variable).run().success();
    }
    assert_eq!((world.read(".aws/config"), world.read(".kube/config")), (with_both, kubeconfig));
    world.run("status idp-dev").success();
    let status = world.run("status idp-dev -o json").success().json();
    assert_eq!(status["session"]["start_url"], "https://sandbox.awsapps.com/start");
    // What is not set up yet signs in where the settings say.
    let settings = world.read(".config/nsaccess/config.toml");
    world.run("token idp-test").exits(3).one_error();
    assert_eq!(world.read(".config/nsaccess/config.toml"), settings);
}

#[test]
fn a_profile_from_before_there_were_sessions_belongs_to_its_own_portal_too() {
    let world = World::new();
    let legacy = "[profile idp-ns-idp-dev]\nsso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = idp-ns-idp-dev\n";
    world.write(".aws/config", legacy);
    world.run("config set start_url https://other.awsapps.com/start").success();
    world.run("config set sso_region us-east-1").success();
    world.run("login idp-dev").success().says("✓ session      https://sandbox.awsapps.com/start");
    assert!(
        world
            .read(".aws/config")
            .contains("[sso-session nsaccess]\nsso_start_url = https://sandbox.awsapps.com/start\n")
    );
}
