//! `doctor` as a whole: its forms, its exit codes, and what it leaves out.

use crate::support::World;

#[test]
fn a_check_that_is_none_is_refused() {
    World::new().run("doctor idp-dev --only machine.flux").exits(2).says("nsaccess doctor --list").one_error();
}
