//! `kubeconfig`: the entry, in whatever files the person has.

use crate::support::World;

const FOREIGN: &str = "# of the platform team\r\napiVersion: v1\r\nkind: Config\r\nclusters:\r\n- cluster: {server: \"https://1.2.3.4\"} # flow\r\n  name: old\r\nusers:\r\n- name: old\r\n  user: &anchor\r\n    token: abc\r\ncontexts:\r\n- context: {cluster: old, user: old}\r\n  name: old\r\ncurrent-context: old\r\nx-unknown: [1,   2]\r\n";

#[test]
fn writing_keeps_every_foreign_byte_and_removing_undoes_it() {
    let world = World::signed_in();
    world.write(".kube/config", FOREIGN);
    world.run("kubeconfig idp-dev").is("------- stderr -------
wrote context idp-ns-idp-dev to ~/.kube/config
[exit status: 0]
");
    let after = world.read(".kube/config");
    for line in FOREIGN.split_inclusive("\r\n") {
        assert!(after.contains(line), "{line:?} is lost from\n{after}");
    }
    assert!(after.contains("- name: idp-ns-idp-dev\r\n"), "{after}");
    assert_eq!(after.replace("\r\n", "").find('\n'), None, "every line ends as the file's own do");
    world.run("kubeconfig idp-dev").is("------- stderr -------
context idp-ns-idp-dev unchanged
[exit status: 0]
");
    world.run("kubeconfig idp-dev --remove").is("------- stderr -------
removed idp-ns-idp-dev from ~/.kube/config
[exit status: 0]
");
    assert_eq!(world.read(".kube/config"), FOREIGN);
    world.run("kubeconfig idp-dev --remove").exits(5).one_error().says("error: no kubeconfig entry \"idp-ns-idp-dev\"");
}

#[test]
fn a_namespace_that_was_set_up_before_needs_no_network() {
    let mut world = World::signed_in();
    let written = world.read(".kube/config");
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    world.go_offline();
    world.run("kubeconfig idp-dev --switch").success();
    assert_eq!(world.read(".kube/config"), written);
    assert_eq!(world.mode(".kube/config"), 0o600);
}

#[test]
fn a_damaged_entry_is_repaired() {
    let world = World::signed_in();
    let written = world.read(".kube/config");
    let damaged = written
        .replace("idp-nonprod-1", "gone-1")
        .replace("    server: https://127.0.0.1", "    server: https://10.0.0.1");
    assert_ne!(damaged, written);
    world.write(".kube/config", damaged);
    world.run("kubeconfig idp-dev").success().says("wrote context");
    assert_eq!(world.read(".kube/config"), written);
}

#[test]
fn print_shows_a_kubeconfig_that_stands_alone_and_writes_nothing() {
    let world = World::signed_in();
    let before = world.files();
    let text = world.run("kubeconfig idp-dev --print").success().stdout.clone();
    assert_eq!(world.files(), before);
    world.write("alone.yaml", &text);
    let alone = world.path("alone.yaml");
    let shown = world.nsaccess("status -o json").env("KUBECONFIG", &alone).run().success().json();
    assert_eq!(shown["current_context"], "idp-ns-idp-dev");
    assert_eq!(shown["namespaces"][0]["context"], "idp-ns-idp-dev");
}

#[test]
fn kubectl_works_with_it() {
    let Some(kubectl) = crate::support::program("kubectl") else {
        return crate::support::skipped("there is no kubectl here");
    };
    let world = World::signed_in();
    let output = world.program(&kubectl, "get pod web-0 -o name").run().success();
    assert_eq!(output.stdout, "pod/web-0\n");
    let output = world.program(&kubectl, "get secrets").run().exits(1);
    assert!(output.stderr.contains("Forbidden"), "{}", output.transcript());
    world.run("logout").success();
    let output = world.program(&kubectl, "get pod web-0").run().exits(1);
    assert!(output.stderr.contains("try: nsaccess login idp-dev"), "{}", output.transcript());
}

#[test]
fn of_a_list_new_entries_go_to_the_first_file_that_exists_and_old_ones_stay_where_they_are() {
    let mut world = World::signed_in();
    let own = world.read(".kube/config").replace("current-context: idp-ns-idp-dev\n", "");
    world.write("k/first.yaml", "apiVersion: v1\nkind: Config\n");
    world.write("k/second.yaml", &own);
    let list = ["k/missing.yaml", "k/first.yaml", "k/second.yaml"].map(|name| world.path(name).display().to_string());
    world.set("KUBECONFIG", &format!("{}:", list.join(":")));
    world.run("login idp-test").success().says("✓ context      idp-ns-idp-test in ~/k/first.yaml, now current");
    assert!(world.read("k/first.yaml").contains("- name: idp-ns-idp-test\n"));
    world.run("login idp-dev").success();
    assert_eq!(world.read("k/second.yaml"), own, "it was right already, where it is");
    assert!(world.read("k/first.yaml").contains("current-context: idp-ns-idp-dev\n"));
    assert!(!world.read("k/first.yaml").contains("- name: idp-ns-idp-dev\n"));
    assert!(!world.exists("k/missing.yaml"));
}

#[test]
fn of_a_list_without_files_the_last_is_made() {
    let mut world = World::signed_in();
    let list = ["k/a.yaml", "k/deep/b.yaml"].map(|name| world.path(name).display().to_string()).join(":");
    world.set("KUBECONFIG", &list);
    world.run("kubeconfig idp-dev").success();
    assert!(!world.exists("k/a.yaml"));
    assert_eq!(world.mode("k/deep/b.yaml"), 0o600);
    assert_eq!(world.mode("k/deep"), 0o755);
}

#[test]
fn the_flag_names_one_file_and_kubeconfig_does_not_count() {
    let world = World::signed_in();
    let output = world.nsaccess("kubeconfig idp-dev --kubeconfig here.yaml").env("KUBECONFIG", "/nowhere/at/all");
    output.run().success();
    assert!(world.read("here.yaml").contains("- name: idp-ns-idp-dev\n"));
}

#[test]
fn a_symbolic_link_and_a_mode_are_kept() {
    let world = World::signed_in();
    world.write("dotfiles/kube", "apiVersion: v1\nkind: Config\n");
    world.chmod("dotfiles/kube", 0o640);
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    std::os::unix::fs::symlink("../dotfiles/kube", world.path(".kube/config")).expect("a link");
    world.run("kubeconfig idp-dev").success();
    assert_eq!(std::fs::read_link(world.path(".kube/config")).expect("a link").to_str(), Some("../dotfiles/kube"));
    assert!(world.read("dotfiles/kube").contains("- name: idp-ns-idp-dev\n"));
    assert_eq!(world.mode("dotfiles/kube"), 0o640);
}

#[test]
fn broken_yaml_is_refused_with_its_line_and_left_alone() {
    for (text, place) in [
        ("apiVersion: v1\nkind: Config\nclusters:\n  - name: a\n - name: b\n", "line 5"),
        ("apiVersion: v1\nusers: [\n", "line"),
        ("apiVersion: v1\nclusters:\n- name: a\n  cluster: {}\n- name: a\n  cluster: {}\n", "line"),
        ("just text\n", "line 1"),
        ("clusters: {}\n", "line 1"),
    ] {
        let world = World::signed_in();
        world.write(".kube/config", text);
        let before = world.files();
        let output = world.run("kubeconfig idp-dev").exits(1).one_error().says("error: cannot ").says("~/.kube/config");
        output.says(place).says("try: kubectl config view");
        assert_eq!(world.files(), before, "{text:?}");
    }
}

#[test]
fn a_login_hears_of_a_broken_kubeconfig_before_anybody_signs_in() {
    let world = World::new();
    world.write(".kube/config", "clusters: [\n");
    world.login("idp-dev").run().exits(1).one_error().says("~/.kube/config");
    assert_eq!(world.control().counts().len(), 0);
    assert_eq!(world.files().names(), [".kube/config"]);
}

#[test]
fn a_lock_that_kubectl_left_behind_is_named_with_what_removes_it() {
    let world = World::signed_in();
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    world.write(".kube/config.lock", "");
    world
        .run("kubeconfig idp-dev")
        .exits(1)
        .one_error()
        .says("error: cannot lock ~/.kube/config")
        .says("try: rm -f $HOME/.kube/config.lock   # if kubectl is not running");
    assert!(!world.exists(".kube/config"));
    std::fs::remove_file(world.path(".kube/config.lock")).expect("removed, as it says");
    world.run("kubeconfig idp-dev").success();
    assert!(!world.exists(".kube/config.lock"));
}

#[test]
fn a_lock_that_goes_away_in_time_is_waited_for() {
    let world = World::signed_in();
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    world.write(".kube/config.lock", "");
    let mut writer = world.nsaccess("kubeconfig idp-dev -o json").spawn();
    // It has come as far as the lock when it has taken a look at the time of the lock file; nothing tells us so from
    // outside, so all that is known is that it has not given up.
    assert!(!writer.has_ended());
    std::fs::remove_file(world.path(".kube/config.lock")).expect("removed");
    writer.finish().success();
    assert!(world.exists(".kube/config"));
}

/// Somebody's own context, on the cluster and user that nsaccess wrote.
fn with_a_context_of_ones_own(world: &World) -> String {
    let own = "- context:\n    cluster: idp-ns-idp-dev\n    namespace: other\n    user: idp-ns-idp-dev\n  name: mine\n";
    let text = world.read(".kube/config").replacen("contexts:\n", &format!("contexts:\n{own}"), 1);
    assert!(text.contains("name: mine"), "{text}");
    world.write(".kube/config", &text);
    text
}

#[test]
fn removing_keeps_the_cluster_and_user_that_another_context_uses() {
    let world = World::signed_in();
    with_a_context_of_ones_own(&world);
    world.run("kubeconfig idp-dev --remove").is("------- stderr -------
removed idp-ns-idp-dev from ~/.kube/config
warning: kept cluster and user idp-ns-idp-dev: still used by the context mine
[exit status: 0]
");
    let left = world.read(".kube/config");
    assert!(!left.contains("namespace: idp-dev\n"), "{left}");
    assert!(left.contains("name: mine\n") && left.contains("server: https://127.0.0.1"), "{left}");
    if let Some(kubectl) = crate::support::program("kubectl") {
        let output = world.program(&kubectl, "--context mine -n idp-dev get pod web-0 -o name").run().success();
        assert_eq!(output.stdout, "pod/web-0\n");
    }
    world.run("kubeconfig idp-dev --remove").is("------- stderr -------
error: cluster and user \"idp-ns-idp-dev\" are still in use
because: by the context mine
try: kubectl config delete-context mine
[exit status: 1]
");
    assert_eq!(world.read(".kube/config"), left);
}

#[test]
fn a_purge_keeps_the_cluster_and_user_that_another_context_uses() {
    let world = World::signed_in();
    with_a_context_of_ones_own(&world);
    world
        .run("logout --purge")
        .success()
        .says("removed contexts and profiles: idp-ns-idp-dev")
        .says("warning: kept cluster and user idp-ns-idp-dev: still used by the context mine");
    assert!(world.read(".kube/config").contains("server: https://127.0.0.1"));
}

#[test]
fn a_context_that_kubectl_could_not_use_is_not_written() {
    let world = World::signed_in();
    let before = world.files();
    let refused = world.run("kubeconfig idp-test --account 111122223333").exits(2).one_error();
    refused
        .says("\"idp-test\" is not set up on this machine")
        .says("try: nsaccess login idp-test --account 111122223333");
    assert_eq!(world.files(), before);
    let switched = world.run("kubeconfig idp-dev --account 111122223333 --switch").success();
    switched.says("switched to idp-ns-idp-dev");
}

/// krew puts a link of this name into `PATH`, and moves what it leads to with every upgrade.
#[test]
fn as_a_plugin_of_kubectl_it_is_called_by_the_name_in_path() {
    let mut world = World::signed_in();
    std::fs::create_dir(world.path("krew")).expect("a folder");
    let link = world.path("krew/kubectl-nsaccess");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_nsaccess"), &link).expect("a link");
    world.set("PATH", &format!("{}:/usr/bin:/bin", world.path("krew").display()));
    world.run("kubeconfig idp-dev").success().says("wrote context");
    assert!(world.read(".kube/config").contains(&format!("command: {}\n", link.display())));
    world.run("kubeconfig idp-dev").success().says("unchanged");
    world.run("doctor idp-dev --only kubectl").success();
    world.run("kubeconfig idp-dev --remove").success();
    world.run("kubeconfig idp-dev --remove").exits(5);
}
