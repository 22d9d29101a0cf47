//! `login` where the way to the clusters is shut: without a VPN, EKS answers and no cluster does.

use sandbox::Way;

use crate::support::World;

const ACCOUNT: &str = "111122223333";

/// Two clusters in the account, and none that can be reached.
fn without_vpn() -> World {
    let world = World::new();
    let shut = world.control().set_way_to_all(ACCOUNT, Way::Refused);
    assert!(shut.len() >= 2, "{shut:?}");
    world
}

#[test]
fn what_is_known_is_written_and_the_next_login_finds_the_rest() {
    let world = without_vpn();
    let output = world.login("idp-dev").run().exits(6).one_error();
    output
        .says("clusters that may have namespace \"idp-dev\" did not respond")
        .says("tools-1 in eu-west-1: unreachable: ")
        .says("because: usually, the VPN is not connected")
        .says("because: the AWS profile was written")
        .says("try: connect the VPN, then: nsaccess login idp-dev")
        .says("try: nsaccess login idp-dev --cluster tools-1 --region eu-west-1   # if it is this one");
    assert!(world.read(".aws/config").contains("[profile idp-ns-idp-dev]"));
    assert!(!world.exists(".kube/config"));
    // What needs no cluster works.
    world.run("credentials idp-dev").success();
    world.control().set_way_to_all(ACCOUNT, Way::Open);
    world.run("login idp-dev").success().says("now current");
    assert!(world.read(".kube/config").contains("idp-ns-idp-dev"));
    assert!(world.read(".aws/config").contains("region = eu-west-1"));
}

#[test]
fn a_cluster_that_is_named_is_written_without_an_answer() {
    let world = without_vpn();
    let named = "login idp-dev --cluster idp-nonprod-1 --region eu-west-1";
    world.login("idp-dev").run().exits(6);
    world
        .run(named)
        .exits(6)
        .one_error()
        .says("profile and context were written, but not verified and not made current");
    assert!(world.read(".kube/config").contains("idp-ns-idp-dev"));
}

#[test]
fn without_the_cache_nothing_is_looked_for_that_our_context_has() {
    let world = World::signed_in();
    std::fs::remove_dir_all(world.home().join(".cache/nsaccess")).expect("the cache");
    world.run("pods web-0 -n idp-dev").success();
    assert_eq!(world.control().calls("ListClusters") + world.control().calls("DescribeCluster"), 0);
}
