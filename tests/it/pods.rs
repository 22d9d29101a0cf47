//! `pods` with the least role: by name, and with the rule for everything else.

use crate::support::World;

#[test]
fn pods_are_seen_by_name_and_a_list_is_refused_with_its_rule() {
    let world = World::signed_in();
    let json = world.run("pods web-1 pod/web-0 -o json").success().json();
    assert_eq!((&json[0]["name"], &json[1]["status"]), (&"web-0".into(), &"Running".into()));
    world.run("pods").exits(4).one_error().says("verbs: [list]").says("nsaccess pods NAME");
    world.run("pods web-0 nope").exits(5).says("pod \"nope\" not found in namespace \"idp-dev\"");
    world.run("pods ../x").exits(2).one_error();
}

#[test]
fn a_namespace_in_the_place_of_a_pod_is_moved_behind_its_flag() {
    let world = World::signed_in();
    world.run("list").success();
    world
        .run("pods idp-test")
        .exits(5)
        .one_error()
        .says("try: nsaccess pods -n idp-test   # idp-test is a namespace\n");
    world.run("pods nope").exits(5).says_not("is a namespace");
}
