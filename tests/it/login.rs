//! `login`: the main job, as a person meets it.

use crate::support::World;

#[test]
fn a_first_login_sets_everything_up_and_says_so() {
    let world = World::new();
    world.login("idp-dev").run().is("");
}
