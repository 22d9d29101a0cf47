//! Forward sets: `port-forward @dev`, from a project's file and one's own.

use crate::support::World;
use crate::support::forward::{FLOOR, Forward, request, world_with};

const PROJECT: &str = "[forwards]\ndev = ['pod/web-0 :8080', 'pod/web-1 :http']\n";

fn world() -> World {
    let world = world_with(FLOOR);
    world.write("nsaccess.toml", PROJECT);
    world
}

#[test]
fn a_set_of_a_trusted_project_is_forwarded_beside_other_targets() {
    let world = world();
    world.run("config trust").is("------- stderr -------
trusted ~/nsaccess.toml as it is now; in its folder and below, it sets:
  forwards.dev = pod/web-0 :8080,pod/web-1 :http
[exit status: 0]
");
    world.write(".config/nsaccess/config.toml", "[forwards]\ndev = 'pod/web-1 :8080'\nown = 'pod/web-1'\n");
    let forward = Forward::start(&world, "pod/web-1 :8080 @dev", 3);
    let names: Vec<String> = (0..3).map(|index| request(forward.port(index), "/name").expect("an answer")).collect();
    assert_eq!(names, ["web-1\n", "web-0\n", "web-1\n"]);
    drop(forward);
    let own = Forward::start(&world, "@own", 1);
    assert_eq!(request(own.port(0), "/name").expect("an answer"), "web-1\n");
    drop(own);
    let command = world.nsaccess("port-forward @dev -- sh -c").arg("echo {port} {port2} | wc -w").run().success();
    assert_eq!(command.stdout.trim(), "2");
}

#[test]
fn a_set_of_an_untrusted_project_is_not_used_and_that_is_said() {
    let world = world();
    world
        .run("port-forward @dev")
        .exits(5)
        .one_error()
        .says("error: forward set \"dev\" not found")
        .says("because: ~/nsaccess.toml sets forwards.dev, but is not trusted")
        .says("try: nsaccess config trust $HOME/nsaccess.toml");
    // Who uses no set of it hears nothing; who has an own one of that name hears which it is.
    world.run("port-forward pod/web-0 :8080 -- true").success().says_not("nsaccess.toml");
    world.run("config set forwards.dev").exits(2);
    world.nsaccess("config set forwards.dev").arg("pod/web-1 :8080").run().success();
    let own = world.run("port-forward @dev -- true").success().says("pod/web-1 port 8080");
    own.says("warning: ignoring forwards.dev in ~/nsaccess.toml, which is not trusted")
        .says("hint: nsaccess config trust");
    let explained = world.run("config --explain forwards").success();
    explained
        .prints("not trusted, so these settings are ignored: forwards.dev = pod/web-0 :8080,pod/web-1 :http")
        .prints("forwards.dev  pod/web-1 :8080  ~/.config/nsaccess/config.toml");
}

#[test]
fn a_set_that_there_is_not_leads_to_those_that_there_are() {
    let world = world_with(FLOOR);
    world
        .run("port-forward @dev")
        .exits(5)
        .one_error()
        .says("because: neither an nsaccess.toml here or above nor your config.toml has [forwards]")
        .says("try: nsaccess config set forwards.dev svc/web,svc/db");
    world.nsaccess("config set forwards.web").arg("svc/web 8080:http").run().success();
    world.nsaccess("config set forwards.databases").arg("svc/db 5432, svc/cache").run().success();
    let near = world.run("port-forward @wbe").exits(5).one_error();
    near.says("because: the forward sets are @databases, @web\n").says("try: nsaccess port-forward @web\n");
    world.run("port-forward @something-else").exits(5).says("try: nsaccess config --explain forwards");
    world.run("port-forward @web 80").exits(2).one_error().says("port \"80\" follows @web");
    world.run("port-forward @web svc/x 8080:80").exits(2).one_error().says("local port 8080 is used twice");
}

#[test]
fn a_wrong_entry_names_its_file_its_set_and_itself() {
    let world = world_with(FLOOR);
    world.write("nsaccess.toml", "[forwards]\ndev = [\n  'svc/web 80',\n  'svc/db http:x',\n]\n");
    world
        .run("port-forward @dev")
        .exits(2)
        .one_error()
        .says("error: cannot read ~/nsaccess.toml")
        .says("because: line 2, column 1: `forwards.dev` has `svc/db http:x`, which is not a target and its ports: ")
        .says("invalid port \"http\"");
}
