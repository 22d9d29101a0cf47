//! Ends at bad moments: signals, kills, a binary that is replaced. What is held is given back, what is left is swept, and
//! what lies in our memory stays there.

use std::collections::BTreeMap;
use std::path::Path;

use rustix::process::Signal;

use crate::races::pseudo_random;
use crate::support::{World, until};

/// The locks and temporary files in a world.
fn leftovers(world: &World) -> Vec<String> {
    let names = world.files().names();
    names.into_iter().filter(|name| name.ends_with("config.lock") || name.contains(".nsaccess-")).collect()
}

#[test]
fn a_signal_at_any_moment_leaves_no_lock_and_no_temporary_file() {
    let world = World::signed_in();
    world.run("kubeconfig idp-test --cluster idp-nonprod-1").success();
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let moments = pseudo_random(0x51_6a15).map(|number| number % 400_000);
    for (turn, spins) in moments.take(200).enumerate() {
        // Each of them has something to write.
        let (namespace, signal) =
            (["idp-dev", "idp-test"][turn % 2], [Signal::INT, Signal::TERM, Signal::HUP][turn % 3]);
        let writer = world.nsaccess(&format!("use {namespace}")).spawn();
        for _ in 0..spins {
            std::hint::spin_loop();
        }
        writer.signal(signal);
        *ends.entry(writer.finish().status).or_default() += 1;
        let left = leftovers(&world);
        assert!(left.is_empty(), "{left:?} after a signal in turn {turn}; ended so far: {ends:?}");
    }
    assert!(ends.len() > 1, "all ended alike, so the signals were all too early or too late: {ends:?}");
    world.run("use idp-dev").success();
}

#[test]
fn a_lock_of_ours_is_told_from_kubectls_and_goes_with_its_process() {
    let world = World::signed_in();
    world.run("kubeconfig idp-dev --remove").success();
    // As a killed nsaccess leaves it: marked, and locked by nobody.
    world.write(".kube/config.lock", "nsaccess 4194304\n");
    world.run("kubeconfig idp-dev").success();
    assert_eq!(leftovers(&world), [""; 0]);
    // kubectl's is empty, and only a person may decide.
    world.run("kubeconfig idp-dev --remove").success();
    world.write(".kube/config.lock", "");
    world.chmod(".kube/config.lock", 0);
    world.run("kubeconfig idp-dev").exits(1).one_error().says("try: rm -f");
    assert!(world.exists(".kube/config.lock"));
}

#[test]
fn a_sign_out_removes_what_was_left_even_if_nobody_is_signed_in() {
    let world = World::new();
    for (name, text) in [
        (".kube/config.lock", "nsaccess 4194304\n"),
        (".aws/sso/cache/.x.json.nsaccess-0123456789abcdef", "half a secret"),
        (".cache/nsaccess/v1/roles/.y.json.nsaccess-0123456789abcdef", "half a secret"),
    ] {
        world.write(name, text);
    }
    world.run("logout --all --purge").success();
    assert_eq!(leftovers(&world), [""; 0]);
}

#[test]
fn what_a_killed_writer_left_is_swept_by_the_next_and_at_logout() {
    let world = World::signed_in();
    let left = [
        ".kube/.config.nsaccess-0123456789abcdef",
        ".aws/.config.nsaccess-0123456789abcdef",
        ".aws/sso/cache/.x.json.nsaccess-0123456789abcdef",
        ".cache/nsaccess/v1/credentials/.idp-dev.json.nsaccess-0123456789abcdef",
        ".cache/nsaccess/v1/roles/.y.json.nsaccess-0123456789abcdef",
    ];
    left.iter().for_each(|name| world.write(name, "half a secret"));
    world.run("kubeconfig idp-test --cluster idp-nonprod-1").success();
    assert_eq!(leftovers(&world).iter().filter(|name| name.starts_with(".kube")).count(), 0);
    world.run("logout").success();
    assert_eq!(leftovers(&world), [left[1]], "the profile was not written to");
    world.login("idp-test").run().success();
    assert_eq!(leftovers(&world), [""; 0]);
}

#[test]
fn the_kubeconfig_of_a_shell_outlives_a_parent_that_is_killed_and_goes_with_the_child() {
    let world = World::signed_in();
    let line = "echo $KUBECONFIG > kubeconfig.tmp; mv kubeconfig.tmp kubeconfig; while ! test -e end; do sleep 0.05; done; \
                cp $KUBECONFIG seen.tmp; mv seen.tmp seen";
    let parent = world.nsaccess("exec -n idp-dev --").arg("sh").arg("-c").arg(line).spawn();
    let path = until("the child", || std::fs::read_to_string(world.path("kubeconfig")).ok());
    parent.signal(Signal::KILL);
    // Sweeps what is left of others.
    world.run("exec -n idp-dev -- true").success();
    assert!(Path::new(path.trim()).exists(), "swept under a living child");
    world.write("end", "");
    until("the child's last act", || world.exists("seen").then_some(()));
    let _ = parent.finish();
    until("its end", || {
        world.run("exec -n idp-dev -- true").success();
        (!Path::new(path.trim()).exists()).then_some(())
    });
}

#[test]
fn a_binary_that_was_replaced_while_it_ran_is_called_by_its_name() {
    let world = World::new();
    let folder = world.path("opt");
    std::fs::create_dir(&folder).expect("a folder");
    let binary = folder.join("nsaccess");
    // By another process: a file that this one has open for writing cannot be run while a neighbour forks.
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_nsaccess")).arg(&binary).status();
    assert!(copied.expect("cp").success());
    world.control().approve_device_codes(false);
    let words =
        format!("login idp-dev --start-url {} --sso-region {}", world.sandbox.start_url(), world.sandbox.sso_region());
    let mut login = world.program(&binary, &words).spawn();
    login.wait_for("    page   ");
    std::fs::copy(&binary, folder.join("new")).expect("the next version");
    std::fs::rename(folder.join("new"), &binary).expect("put in its place");
    world.control().approve(None);
    login.finish().success();
    let text = world.read(".kube/config");
    assert!(text.contains(&format!("command: {}\n", binary.display())), "{text}");
}

#[test]
fn no_core_file_is_made_of_us_and_children_have_their_own_limit() {
    let world = World::signed_in();
    let line = "ulimit -c; grep -i 'core file size' /proc/$PPID/limits; grep -i 'core file size' /proc/$$/limits";
    let limited = format!("ulimit -S -c 1000; exec {} exec -n idp-dev -- sh -c \"$1\"", env!("CARGO_BIN_EXE_nsaccess"));
    let output = world.program(Path::new("/bin/bash"), "-c").arg(limited).arg("sh").arg(line).run();
    if output.stderr.contains("cannot modify limit") {
        return crate::support::skipped("core files are forbidden here anyway");
    }
    let lines: Vec<Vec<&str>> = output.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let [child, ours, theirs] = lines.as_slice() else { panic!("{}", output.transcript()) };
    assert_ne!(child[0], "0", "{}", output.transcript());
    assert_eq!((ours[4], theirs[4]), ("0", "1024000"), "{}", output.transcript());
}
