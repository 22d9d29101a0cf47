//! `doctor`: what it finds on this machine.

use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::support::doctor::{
    Examined, examine, first_try, is_repaired_by_its_try, is_repaired_in_its_shell, report_in,
};
use crate::support::{World, program, skipped};

const MACHINE: &str = "--only machine";

/// A namespace whose context starts this program.
#[track_caller]
fn starting(command: &str) -> World {
    let world = World::signed_in();
    let ours = env!("CARGO_BIN_EXE_nsaccess");
    let text = world.read(".kube/config");
    assert!(text.contains(ours), "{text}");
    world.write(".kube/config", text.replace(ours, &command.replace("$HOME", &world.home().display().to_string())));
    world
}

#[test]
fn a_machine_in_order_is_well() {
    examine(&World::signed_in(), "--only machine,environment,profile,kubectl").is_well();
}

#[test]
fn the_nsaccess_that_kubectl_starts_is_looked_at() {
    is_repaired_by_its_try(&starting("/opt/gone/nsaccess"), MACHINE, "machine.command-missing", "fail");
    let version = env!("CARGO_PKG_VERSION");
    for (mode, script, id, result) in [
        (0o644, format!("echo nsaccess {version}"), "machine.command-not-executable", "fail"),
        (0o755, "echo oh no >&2; exit 1".to_owned(), "machine.command-broken", "fail"),
        (0o755, "echo nsaccess 0.0.1".to_owned(), "machine.other-version", "warn"),
    ] {
        let world = starting("$HOME/bin/nsaccess");
        world.script("bin/nsaccess", &script);
        world.chmod("bin/nsaccess", mode);
        is_repaired_by_its_try(&world, MACHINE, id, result);
    }
}

#[test]
fn a_second_nsaccess_of_the_same_version_and_other_programs_are_well() {
    let world = starting("$HOME/bin/nsaccess");
    world.script("bin/nsaccess", &format!("echo nsaccess {}", env!("CARGO_PKG_VERSION")));
    examine(&world, MACHINE).is_well();
    examine(&starting("aws"), MACHINE).is_well();
}

#[test]
fn a_kubectl_too_far_from_the_server_is_told() {
    let mut world = World::signed_in();
    world.script("bin/kubectl", r#"echo '{"clientVersion": {"gitVersion": "v1.20.3"}}'"#);
    world.set("PATH", &format!("{}:/usr/bin:/bin", world.path("bin").display()));
    let examined = examine(&world, "--only machine.tools,cluster.described");
    examined.finds_only("machine.kubectl-skew", "warn");
}

#[test]
fn a_wrong_clock_is_one_failure() {
    let world = World::signed_in();
    world.control().set_clock_offset(-20 * 60);
    let examined = examine(&world, "--only machine,session.renewal,grant");
    let row = examined.finds_only("machine.clock-wrong", "fail");
    assert!(!first_try(row).is_empty());
    assert_eq!(examined.row("grant.identity")["because_of"], "machine.clock-wrong");
    examine(&world, "").finds_only("machine.clock-wrong", "fail");
    examine(&world, "--only machine.clock").finds_only("machine.clock-wrong", "fail");
    world.control().set_clock_offset(100);
    examine(&world, "--only machine,session.renewal,grant").finds_only("machine.clock-inexact", "warn");
    world.control().set_clock_offset(0);
    examine(&world, "--only machine,session.renewal,grant").is_well();
}

#[test]
fn what_the_environment_says_of_the_way_out_is_tried() {
    let mut world = World::signed_in();
    world.set("HTTPS_PROXY", "ftp://proxy.corp");
    is_repaired_in_its_shell(&world, MACHINE, "machine.proxy-unusable", "fail");
    let mut world = World::signed_in();
    world.set("AWS_CA_BUNDLE", "/nowhere/ca.pem");
    is_repaired_in_its_shell(&world, MACHINE, "machine.certificates-unusable", "fail");
}

#[test]
fn secrets_that_others_can_read_are_told_unless_a_folder_keeps_them_out() {
    let world = World::signed_in();
    let token = world.token_file().expect("a session");
    let name = token.strip_prefix(world.home()).expect("below home").display().to_string();
    world.chmod(&name, 0o644);
    world.chmod(".aws", 0o700);
    examine(&world, MACHINE).is_well();
    world.chmod(".aws", 0o755);
    is_repaired_by_its_try(&world, MACHINE, "machine.readable-by-others", "warn");
    assert_eq!(world.mode(&name), 0o600);
    world.chmod(&name, 0o644);
    let fixed = report_in(&world, world.run("doctor idp-dev --only machine --fix -o json"));
    fixed.is_well();
    assert_eq!(world.mode(&name), 0o600);
}

#[test]
fn files_that_everybody_can_change_are_told() {
    let world = World::signed_in();
    [".aws", ".config"].iter().for_each(|folder| world.chmod(folder, 0o755));
    for (name, before) in
        [(".kube/config", 0o600), (".aws/config", 0o600), (".config/nsaccess", 0o700), (".kube", 0o755)]
    {
        world.chmod(name, before | 0o020);
        examine(&world, MACHINE).is_well();
        world.chmod(name, before | 0o077);
        is_repaired_by_its_try(&world, MACHINE, "machine.writable-by-others", "warn");
        assert_eq!(world.mode(name) & 0o022, 0);
        world.chmod(name, before);
    }
}

#[test]
fn files_of_somebody_else_and_without_rights_are_told() {
    let world = World::signed_in();
    if !world.give_to_nobody() {
        return skipped("only root can become another user here");
    }
    let examined =
        || -> Examined { report_in(&world, world.nsaccess("doctor idp-dev --only machine -o json").by_nobody().run()) };
    examined().is_well();
    for (name, mode, id, result) in [
        (".aws/config", 0o000, "machine.unreadable", "fail"),
        (".aws", 0o600, "machine.unreadable", "fail"),
        (".kube/config", 0o400, "machine.read-only", "warn"),
    ] {
        let before = world.mode(name);
        world.chmod(name, mode);
        let found = examined();
        let command = first_try(found.finds_only(id, result)).to_owned();
        let typed = world.program("/bin/sh".as_ref(), "-c").arg(command).by_nobody();
        typed.run_trusted().success();
        examined().is_well();
        world.chmod(name, before);
    }
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(world.path(".kube/config"), Some(0), Some(0)).expect("root takes it");
        for (mode, id, result) in [(0o644, "machine.not-owned", "warn"), (0o600, "machine.unreadable", "fail")] {
            world.chmod(".kube/config", mode);
            let found = examined();
            let command = first_try(found.finds_only(id, result));
            assert!(command.starts_with("sudo chown "), "{command}");
        }
    }
}

#[test]
fn a_file_at_fault_hides_only_what_needs_it() {
    let world = World::signed_in();
    if !world.give_to_nobody() {
        return skipped("only root can become another user here");
    }
    let words =
        "doctor idp-dev --only machine.permissions,machine.files,environment,profile,kubectl.context,session.token";
    let examined = || -> Examined { report_in(&world, world.nsaccess(&format!("{words} -o json")).by_nobody().run()) };
    world.write(".aws/sso/cache/other.json", "{}");
    world.chmod(".aws/sso/cache/other.json", 0o000);
    let found = examined();
    found.finds_only("machine.unreadable", "fail");
    for id in ["profile.config", "environment.kubeconfig", "kubectl.context", "session.token"] {
        assert_eq!(found.result(id), "ok", "{id}");
    }
    std::fs::remove_file(world.path(".aws/sso/cache/other.json")).expect("removed");
    for (name, skipped, made) in [
        (".aws/config", "profile.config", "environment.kubeconfig"),
        (".kube/config", "environment.kubeconfig", "session.token"),
    ] {
        world.chmod(name, 0o000);
        let found = examined();
        found.finds_only("machine.unreadable", "fail");
        assert_eq!((found.result(skipped), found.result(made)), ("skipped", "ok"));
        assert_eq!(found.row(skipped)["because_of"], "machine.unreadable");
        world.chmod(name, 0o600);
    }
    let token = world.token_file().expect("a session");
    let token = token.strip_prefix(world.home()).expect("below home").display().to_string();
    world.chmod(&token, 0o000);
    let found = examined();
    found.finds_only("machine.unreadable", "fail");
    assert_eq!((found.result("session.token"), found.result("kubectl.context")), ("skipped", "ok"));
}

#[test]
fn what_is_not_ours_keeps_its_mode() {
    let mut world = World::signed_in();
    world.set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    examine(&world, MACHINE).is_well();
    world.set("AWS_SHARED_CREDENTIALS_FILE", "");
    world.write(".aws/credentials", "");
    world.chmod(".aws", 0o755);
    world.chmod(".aws/credentials", 0o644);
    let fixed = report_in(&world, world.run("doctor idp-dev --only machine --fix -o json"));
    fixed.finds_only("machine.readable-by-others", "warn");
    assert_eq!(world.mode(".aws/credentials"), 0o644);
    is_repaired_by_its_try(&world, MACHINE, "machine.readable-by-others", "warn");
}

#[test]
fn what_is_in_the_way_of_a_file_is_moved_aside() {
    let words = "--only machine.files,machine.permissions";
    let world = World::signed_in();
    std::fs::create_dir(world.path(".aws/credentials")).expect("a folder");
    is_repaired_by_its_try(&world, words, "machine.not-a-file", "fail");
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    let made = Command::new("mkfifo").arg(world.path(".kube/config")).status().expect("mkfifo runs");
    assert!(made.success());
    is_repaired_by_its_try(&world, words, "machine.not-a-file", "fail");
    std::fs::remove_dir_all(world.path(".config/nsaccess")).expect("removed");
    world.write(".config/nsaccess", "no folder");
    is_repaired_by_its_try(&world, words, "machine.not-a-file", "fail");
    std::os::unix::fs::symlink("/nowhere/config", world.path(".kube/config")).expect("linked");
    is_repaired_by_its_try(&world, words, "machine.dangling-link", "fail");
}

#[test]
fn what_is_no_utf_8_is_converted() {
    if program("iconv").is_none() {
        return skipped("there is no iconv here");
    }
    let world = World::signed_in();
    let text = world.read(".aws/config");
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    world.write(".aws/config", utf_16);
    is_repaired_by_its_try(&world, "--only machine,profile", "machine.not-utf-8", "fail");
    assert_eq!(world.read(".aws/config"), text);
}

fn is_old(world: &World, name: &str) {
    let file = std::fs::File::options().write(true).open(world.path(name)).expect("the file");
    file.set_modified(SystemTime::now() - Duration::from_secs(3 * 3600)).expect("its time is set");
}

#[test]
fn what_killed_programs_left_is_removed() {
    let world = World::signed_in();
    world.write(".kube/config.lock", "");
    examine(&world, MACHINE).is_well();
    is_old(&world, ".kube/config.lock");
    is_repaired_by_its_try(&world, MACHINE, "machine.kubectl-lock", "fail");
    for fix in [false, true] {
        world.write(".kube/config.lock", "nsaccess 1\n");
        is_old(&world, ".kube/config.lock");
        repaired(&world, "machine.own-lock", fix);
        world.write(".kube/.config.nsaccess-0123456789abcdef", "a token");
        is_old(&world, ".kube/.config.nsaccess-0123456789abcdef");
        repaired(&world, "machine.temporary-files", fix);
        world.write(".cache/nsaccess/run/dead/lock", "");
        let file = std::fs::File::open(world.path(".cache/nsaccess/run/dead")).expect("the folder");
        file.set_modified(SystemTime::now() - Duration::from_secs(3 * 3600)).expect("its time is set");
        repaired(&world, "machine.temporary-files", fix);
    }
}

#[track_caller]
fn repaired(world: &World, id: &str, fix: bool) {
    if !fix {
        return is_repaired_by_its_try(world, MACHINE, id, "warn");
    }
    examine(world, MACHINE).finds_only(id, "warn");
    report_in(world, world.run("doctor idp-dev --only machine --fix -o json")).is_well();
}
