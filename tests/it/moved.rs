//! A namespace that moved to another account, or whose permission set got another name.

use crate::support::World;
use crate::token::age_credentials;

/// The namespace's account is replaced by another, with a cluster of its own.
fn moved() -> World {
    let mut of = sandbox::World::default();
    let found = of.clusters.iter().find(|cluster| cluster.name == "idp-nonprod-1").expect("a cluster").clone();
    let entries = found.access_entries.iter().map(|entry| sandbox::AccessEntry {
        principal_arn: sandbox::role_path_arn("777788889999", "eu-west-1", "idp-ns-idp-dev"),
        ..entry.clone()
    });
    let access_entries = entries.take(1).collect();
    of.clusters.push(sandbox::Cluster {
        name: "idp-nonprod-2".to_owned(),
        account: "777788889999".to_owned(),
        access_entries,
        ..found
    });
    let world = World::of(of);
    world.login("idp-dev").run().success();
    age_credentials(&world, "idp-dev");
    world.control().remove_account("111122223333");
    world.control().put_account(sandbox::Account::new("777788889999", "idp-new", &["idp-ns-idp-dev"]));
    world.control().reset_calls();
    world
}

#[test]
fn a_login_finds_a_namespace_in_its_new_account() {
    let world = moved();
    world.run("credentials idp-dev").exits(4).one_error().says("try: nsaccess login idp-dev   # asks the portal");
    world
        .run("login idp-dev")
        .success()
        .says("warning: idp-ns-idp-dev in account 111122223333 is no longer assigned to you; idp-dev is now idp-ns-idp-dev in account 777788889999");
    assert!(world.read(".aws/config").contains("sso_account_id = 777788889999"), "{}", world.read(".aws/config"));
    assert!(world.read(".kube/config").contains("idp-nonprod-2"));
    world.run("credentials idp-dev").success();
    world.run("token idp-dev").success();
}

#[test]
fn a_login_finds_a_permission_set_of_another_name() {
    let mut of = sandbox::World::default();
    let developer = |name: &str| sandbox::role_path_arn("111122223333", "eu-west-1", name);
    let cluster = of.clusters.iter_mut().find(|cluster| cluster.name == "idp-nonprod-1").expect("a cluster");
    let entry = cluster.access_entries.iter().find(|entry| entry.principal_arn == developer("idp-ns-idp-dev"));
    let entry = sandbox::AccessEntry { principal_arn: developer("idp-dev-access"), ..entry.expect("an entry").clone() };
    cluster.access_entries.push(entry);
    let world = World::of(of);
    world.login("idp-dev").run().success();
    age_credentials(&world, "idp-dev");
    world.control().put_account(sandbox::Account::new("111122223333", "idp-nonprod", &["idp-dev-access"]));
    world.run("config set patterns.permission_set {namespace}-access").success();
    world.run("login idp-dev").success().says("idp-dev is now idp-dev-access in account 111122223333");
    assert!(world.read(".aws/config").contains("sso_role_name = idp-dev-access"));
}

#[test]
fn what_somebody_named_is_not_overruled_but_said() {
    let world = moved();
    let flag = world.run("login idp-dev --account 111122223333").exits(4).one_error();
    flag.says("because: the account 111122223333 comes from flag --account")
        .says("try: nsaccess login idp-dev --account 777788889999");
    world.run("config set namespace.idp-dev.account 111122223333").success();
    world
        .run("login idp-dev")
        .exits(4)
        .one_error()
        .says(".config/nsaccess/config.toml")
        .says("try: nsaccess config set namespace.idp-dev.account 777788889999");
    world.run("config set namespace.idp-dev.account 777788889999").success();
    world.run("login idp-dev").success();
}

#[test]
fn a_namespace_that_is_nowhere_any_more_stays_refused_without_the_hint_that_led_here() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().remove_account("111122223333");
    world.run("login idp-dev").exits(4).one_error().says("try: nsaccess list --refresh").says_not("asks the portal");
}

/// Ends the credentials, and forgets which cluster they are for.
fn without_cluster(world: &World) {
    age_credentials(world, "idp-dev");
    let name = ".cache/nsaccess/v1/credentials/idp-dev.json";
    let mut file: serde_json::Value = serde_json::from_str(&world.read(name)).expect("JSON");
    file["cluster_name"] = serde_json::Value::Null;
    file["cluster_region"] = serde_json::Value::Null;
    world.write(name, file.to_string());
    std::fs::remove_file(world.path(".cache/nsaccess/v1/clusters/idp-dev.json")).expect("removed");
}

#[test]
fn a_remembered_failure_ends_when_there_are_credentials() {
    let world = World::signed_in();
    without_cluster(&world);
    let account = sandbox::World::default().accounts.into_iter().find(|account| account.id == "111122223333");
    world.control().remove_account("111122223333");
    world.run("token idp-dev").exits(4);
    world.control().reset_calls();
    world.run("token idp-dev").exits(4);
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    world.control().put_account(account.expect("it was there"));
    world.run("token idp-dev").exits(4);
    world.run("credentials idp-dev").success();
    world.run("token idp-dev").success();
}

#[test]
fn a_failure_to_find_the_cluster_is_remembered_beside_good_credentials() {
    let world = World::signed_in();
    without_cluster(&world);
    // Its context would tell the cluster.
    std::fs::remove_file(world.home().join(".kube/config")).expect("there");
    world.control().deny_action("*", "eks:ListClusters");
    world.run("token idp-dev").exits(4);
    world.control().reset_calls();
    world.run("token idp-dev").exits(4);
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
}
