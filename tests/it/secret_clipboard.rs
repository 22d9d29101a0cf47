//! `secrets get --copy`: the desktop's clipboard and its clearing, and the terminal's.

use base64::Engine as _;
use sha2::{Digest, Sha256};

use crate::secret_values::put_text;
use crate::support::{World, until};

const VALUE: &str = "sandbox-api-key";

/// A desktop whose `xclip` keeps the clipboard in a file, and notes how it was called and by whom.
fn desktop() -> World {
    let mut world = World::signed_in();
    world.script(
        "bin/xclip",
        "echo \"$@\" >> ~/calls
case $3 in
-in) cat > ~/clipboard.new; mv ~/clipboard.new ~/clipboard;;
-out) cat ~/clipboard; mkdir ~/asker.new
    cp /proc/$PPID/cmdline /proc/$PPID/environ /proc/$PPID/stat ~/asker.new; mv ~/asker.new ~/asker;;
esac",
    );
    let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
    world.set("PATH", &path);
    world.set("DISPLAY", ":0");
    world
}

/// Waits for the process that looked at the clipboard to end. Returns its number and its session's.
fn asker_ends(world: &World) -> (String, String) {
    until("a look at the clipboard", || world.exists("asker").then_some(()));
    let stat = world.read("asker/stat");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    let id = stat.split(' ').next().expect("a number").to_owned();
    until("its end", || {
        let now = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // Where nobody collects orphans, one that has ended stays as a zombie.
        (now.is_empty() || now.contains(") Z ")).then_some(())
    });
    (id, fields[3].to_owned())
}

#[test]
fn a_value_is_copied_by_standard_input_and_cleared() {
    let world = desktop();
    let output = world
        .run("secrets get api-key --copy --clear-after 0s")
        .success()
        .says("copied to the clipboard; clearing it in 0s");
    assert_eq!(output.stdout, "");
    let (id, session) = asker_ends(&world);
    assert_eq!(world.read("clipboard"), "");
    assert_eq!(world.read("calls"), "-selection clipboard -in\n-selection clipboard -out\n-selection clipboard -in\n");
    assert_eq!(id, session, "the end of a terminal does not reach it");
    let digest: String = Sha256::digest(VALUE).iter().map(|byte| format!("{byte:02x}")).collect();
    for name in ["asker/cmdline", "asker/environ"] {
        let text = String::from_utf8_lossy(&std::fs::read(world.path(name)).expect("the file")).into_owned();
        assert!(text.contains("nsaccess") || name.ends_with("environ"), "{text}");
        assert!(!text.contains(VALUE) && !text.contains(&digest), "{name}: {text}");
    }
}

#[test]
fn a_field_can_be_copied_and_45_seconds_are_usual() {
    let world = desktop();
    world
        .run("secrets get billing/database --field password --copy")
        .success()
        .says("copied to the clipboard; clearing it in 45s");
    assert_eq!(world.read("clipboard"), "sandbox-third");
}

#[test]
fn what_was_copied_since_is_left_alone() {
    let world = desktop();
    // Whoever reads the clipboard finds that something else was copied a moment ago.
    world.write("bin/other", "something else");
    let script = std::fs::read_to_string(world.path("bin/xclip")).expect("the script");
    world.write(
        "bin/xclip",
        script.replace("-out) cat ~/clipboard;", "-out) cp ~/bin/other ~/clipboard; cat ~/clipboard;"),
    );
    world.run("secrets get api-key --copy --clear-after 0s").success();
    asker_ends(&world);
    assert_eq!(world.read("clipboard"), "something else");
    assert_eq!(world.read("calls").lines().count(), 2, "copied and looked at, not cleared");
}

#[test]
fn a_tool_that_fails_and_bytes_that_are_no_text_are_said() {
    let world = desktop();
    world.run("secrets get keystore --copy").exits(1).one_error().says("the clipboard cannot hold binary data");
    world.script("bin/xclip", "exit 1");
    world.run("secrets get api-key --copy").exits(1).one_error().says("xclip does not accept the value");
    let world = World::signed_in();
    world.run("secrets get api-key --copy").exits(1).one_error().says("no clipboard available");
    assert_eq!(world.control().calls("GetSecretValue"), 0, "said before the value was asked for");
}

#[test]
fn over_ssh_the_terminal_takes_it() {
    let mut world = desktop();
    world.set("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22");
    put_text(&world, "short", "an ünusual value");
    let (child, person) = world.nsaccess("secrets get short --copy").on_screen();
    let screen = person.sees_the_end();
    let encoded = base64::engine::general_purpose::STANDARD.encode("an ünusual value");
    assert!(screen.starts_with(&format!("\x1b]52;c;{encoded}\x07")), "{screen:?}");
    assert!(screen.contains("it stays in the clipboard until you copy something else"), "{screen:?}");
    assert!(child.wait_with_output().expect("its end").status.success());
    assert!(!world.exists("calls"), "the clipboard here is nobody's");
    put_text(&world, "long", &"x".repeat(60_000));
    let (child, person) = world.nsaccess("secrets get long --copy").on_screen();
    assert!(person.sees_the_end().contains("too long for a terminal's clipboard"));
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(1));
}
