//! `login` as somebody else than before: a role, a profile's own identity, a portal's permission set; and what the settings
//! name.

use crate::support::World;
use crate::support::corp::{PLACE, ROLE, USER, by_role, corp, logged_in, map, role};

const PINNED: &str = "[namespace.idp-dev]
role_arn = \"arn:aws:iam::111122223333:role/k8s-devs-role\"
source_profile = \"corp\"
cluster = \"idp-nonprod-1\"
region = \"eu-west-1\"
";

/// Who the cluster says the person is.
#[track_caller]
fn is(world: &World, who: &str) {
    world.run("whoami -n idp-dev -o wide").success().prints(who);
}

#[test]
fn what_the_settings_name_needs_no_flag_and_replaces_nothing() {
    let world = corp();
    world.write(".config/nsaccess/config.toml", PINNED);
    world.run("login idp-dev").success().says("✓ role         k8s-devs-role in account 111122223333");
    world.run("kubeconfig idp-dev").success();
    is(&world, "developer");
    assert_eq!(world.read(".config/nsaccess/config.toml"), PINNED);
}

#[test]
fn another_role_than_the_settings_name_would_not_last() {
    let world = corp();
    let other = "arn:aws:iam::111122223333:role/other";
    world.control().put_role(role("other"));
    map(&world, other);
    world.write(".config/nsaccess/config.toml", PINNED);
    world
        .run(&by_role("idp-dev", other))
        .exits(2)
        .one_error()
        .says("error: the settings have a different role for idp-dev")
        .says("try: nsaccess config unset namespace.idp-dev.role_arn");
    assert!(!world.exists(".aws/config") && !world.exists(".kube/config"));
}

#[test]
fn a_role_becomes_a_profiles_own_identity_and_back() {
    let world = logged_in();
    map(&world, USER);
    let own = format!("login idp-dev --source-profile corp {PLACE}");
    world
        .run(&own)
        .exits(2)
        .one_error()
        .says("idp-ns-idp-dev is set up for k8s-devs-role in account 111122223333, assumed by the profile corp");
    world.run(&format!("{own} --replace")).success().says("✓ identity     the profile corp");
    is(&world, USER);
    // The profile of the name is nobody else meanwhile.
    assert!(!world.read(".aws/config").contains("role_arn"), "{}", world.read(".aws/config"));
    world.run(&own).success();
    world.run(&by_role("idp-dev", ROLE)).exits(2).one_error().says("set up for the profile corp, and not for");
    world.run(&format!("{} --replace", by_role("idp-dev", ROLE))).success();
    is(&world, "assumed-role/k8s-devs-role");
    assert!(!world.read(".config/nsaccess/config.toml").contains("source_profile"));
}

#[test]
fn a_role_becomes_a_permission_set_and_back() {
    let world = logged_in();
    let portal = world.login("idp-dev").run();
    portal.exits(2).one_error().says("set up for k8s-devs-role");
    world.login("idp-dev --replace").run().success().says("✓ role         idp-ns-idp-dev in account 111122223333");
    is(&world, "AWSReservedSSO_idp-ns-idp-dev");
    world.run("login idp-dev").success().says("✓ session");
    world.run(&by_role("idp-dev", ROLE)).exits(2).one_error();
    world.run(&format!("{} --replace", by_role("idp-dev", ROLE))).success();
    is(&world, "assumed-role/k8s-devs-role");
}

#[test]
fn a_login_that_reaches_no_cluster_replaces_nothing() {
    let world = logged_in();
    let before = [".aws/config", ".kube/config"].map(|name| world.read(name));
    world.control().set_way_to_all("111122223333", sandbox::Way::Refused);
    world
        .run(&format!("login idp-dev --source-profile corp {PLACE} --replace"))
        .exits(6)
        .one_error()
        .says("nothing was written");
    assert_eq!([".aws/config", ".kube/config"].map(|name| world.read(name)), before);
    assert!(!world.exists(".config/nsaccess/config.toml"));
}

#[test]
fn purge_leaves_what_a_person_wrote() {
    let world = corp();
    world.write(".config/nsaccess/config.toml", PINNED);
    world.run("login idp-dev").success();
    world.run("logout -n idp-dev --purge").success().says("removed contexts and profiles: idp-ns-idp-dev");
    assert_eq!(world.read(".config/nsaccess/config.toml"), PINNED);
    world.run("login idp-dev").success();
}

#[test]
fn a_sign_out_finds_the_role_of_the_settings() {
    let world = corp();
    world.write(".config/nsaccess/config.toml", PINNED);
    world.run("token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1").success();
    let kept = || {
        let files = std::fs::read_dir(world.home().join(".aws/cli/cache")).into_iter().flatten().flatten();
        files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json")).count()
    };
    assert_eq!(kept(), 1);
    world.run("logout -n idp-dev").success().says("removed cached credentials for idp-dev");
    assert_eq!(kept(), 0, "the AWS CLI would go on with it");
}

#[test]
fn a_login_with_a_cluster_that_there_is_not_leaves_what_is_known_of_the_other() {
    let world = World::signed_in();
    let before = world.files();
    world.run("login idp-dev --cluster nope").exits(5).says("nope");
    assert_eq!(world.files(), before);
    assert!(world.exists(".cache/nsaccess/v1/clusters/idp-dev.json"));
}
