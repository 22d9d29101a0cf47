//! A newer release that the settings know of.

use crate::support::World;

fn status_on_screen(world: &World) -> String {
    let (child, person) = world.nsaccess("status").on_screen();
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success());
    screen
}

#[test]
fn a_person_is_told_once_a_day_and_a_program_never() {
    let world = World::signed_in();
    let told = "nsaccess 99.0.0 is available; this is ";
    world.run("config set latest_version 99.0.0").success();
    world.run("config set upgrade_command").exits(2);
    world.nsaccess("config set upgrade_command").arg("brew upgrade nsaccess").run().success();
    world.run("status").success().says_not("is available");
    let first = status_on_screen(&world);
    assert!(first.contains(told) && first.contains("brew upgrade nsaccess"), "{first}");
    assert!(!status_on_screen(&world).contains("is available"));
    let note = ".cache/nsaccess/v1/hints/newer-release.json";
    world.write(note, "\"2001-01-01T00:00:00Z\"");
    assert!(status_on_screen(&world).contains(told), "a day later");
    let explained = world.run("config --explain latest_version").success();
    assert!(explained.stdout.contains("99.0.0"), "{}", explained.stdout);
    std::fs::remove_file(world.path(note)).expect("removed");
    world.run("config set latest_version 0.0.1").success();
    assert!(!status_on_screen(&world).contains("is available"), "it is older");
    world.run("config set latest_version soon").exits(2).one_error().says("a version such as 1.2.3");
}
