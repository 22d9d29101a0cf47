//! `doctor` about the region of the portal.

use sandbox::StartPage;

use crate::support::World;
use crate::support::doctor::{examine, is_repaired_by_its_try};

const ONLY: &str = "--only session.region";

/// A machine whose way to the start page is the sandbox's.
fn world() -> World {
    let mut world = World::signed_in();
    world.write("start-page.pem", world.sandbox.start_page_ca_pem());
    let bundle = world.path("start-page.pem").display().to_string();
    world.set("AWS_CA_BUNDLE", &bundle);
    let proxy = world.sandbox.start_page_proxy();
    world.set("HTTPS_PROXY", &proxy);
    world
}

#[test]
fn the_start_page_says_in_which_region_the_portal_is() {
    let world = world();
    examine(&world, ONLY).is_well();
    for page in [StartPage::Silent, StartPage::Missing] {
        world.control().set_start_page(page);
        examine(&world, ONLY).is_well();
    }
    world.control().set_start_page(StartPage::Region("us-east-1".to_owned()));
    examine(&world, ONLY).finds_only("session.wrong-region", "fail");
    // It is right if the portal works there.
    examine(&world, "--only session,grant").is_well();
}

#[test]
fn a_wrong_region_is_repaired_by_signing_in_with_the_right_one() {
    let world = world();
    let config = world.read(".aws/config").replace("sso_region = eu-west-1", "sso_region = us-east-1");
    world.write(".aws/config", config);
    is_repaired_by_its_try(&world, ONLY, "session.wrong-region", "fail");
}

#[test]
fn two_regions_of_one_start_url_are_a_warning_if_nothing_tells_which_is_right() {
    let world = World::signed_in();
    let config = world.read(".aws/config");
    let start_url = world.sandbox.start_url();
    let other = format!("[sso-session old]\nsso_start_url = {start_url}\nsso_region = us-east-1\n");
    world.write(".aws/config", format!("{config}\n{other}"));
    examine(&world, ONLY).finds_only("session.two-regions", "warn");
}
