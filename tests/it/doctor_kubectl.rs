//! `doctor`: what kubectl sees.

use crate::support::doctor::{examine, is_repaired_by_its_try, is_repaired_in_its_shell};
use crate::support::{World, program, skipped};

const KUBECTL: &str = "--only kubectl";

/// A namespace that is set up, with a changed kubeconfig.
#[track_caller]
fn with(change: impl Fn(&str) -> String) -> World {
    let world = World::signed_in();
    let before = world.read(".kube/config");
    let after = change(&before);
    assert_ne!(before, after, "nothing was changed");
    world.write(".kube/config", after);
    world
}

#[track_caller]
fn replaced(old: &str, new: &str) -> World {
    with(|text| text.replacen(old, new, 1))
}

/// The context starts this script, whatever its name.
#[track_caller]
fn starting(name: &str, script: &str) -> World {
    let world = World::signed_in();
    let path = world.script(name, script);
    let text = world.read(".kube/config");
    world.write(".kube/config", text.replace(env!("CARGO_BIN_EXE_nsaccess"), &path.display().to_string()));
    world
}

#[test]
fn the_context_is_there_whole_and_starts_in_the_namespace() {
    let world = World::signed_in();
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    is_repaired_by_its_try(&world, KUBECTL, "kubectl.context-missing", "fail");
    let cluster = "cluster: idp-ns-idp-dev\n";
    is_repaired_by_its_try(&replaced(cluster, "cluster: gone\n"), KUBECTL, "kubectl.context-broken", "fail");
    let namespace = "namespace: idp-dev\n";
    is_repaired_by_its_try(&replaced(namespace, "namespace: default\n"), KUBECTL, "kubectl.other-namespace", "warn");
}

#[test]
fn an_entry_of_an_earlier_file_is_a_shadow() {
    for shadow in [
        "users:\n- name: idp-ns-idp-dev\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: aws\n      args:\n      - eks\n",
        "contexts:\n- name: idp-ns-idp-dev\n  context:\n    cluster: other\n    user: other\n",
        "clusters:\n- name: idp-ns-idp-dev\n  cluster:\n    server: https://other\n",
    ] {
        let mut world = World::signed_in();
        world.write("first", format!("apiVersion: v1\nkind: Config\n{shadow}"));
        let (first, second) = (world.path("first"), world.path(".kube/config"));
        world.set("KUBECONFIG", &format!("{}:{}", first.display(), second.display()));
        is_repaired_by_its_try(&world, KUBECTL, "kubectl.shadowed", "fail");
        let text = world.read("first");
        assert!(!text.contains("other") || shadow.contains("contexts"), "{text}");
    }
}

#[test]
fn the_user_starts_nsaccess_in_a_version_that_kubectl_speaks() {
    let exec = |old: &str, new: &str| replaced(old, new);
    let v1 = "apiVersion: client.authentication.k8s.io/v1\n";
    let alpha = "apiVersion: client.authentication.k8s.io/v1alpha1\n";
    is_repaired_by_its_try(&exec(v1, alpha), "--only kubectl.user", "kubectl.protocol", "fail");
    let world = exec("interactiveMode: IfAvailable\n", "interactiveMode: Sometimes\n");
    is_repaired_by_its_try(&world, "--only kubectl.user", "kubectl.no-interactive-mode", "fail");
    let ours = env!("CARGO_BIN_EXE_nsaccess");
    is_repaired_by_its_try(&exec(ours, "aws"), "--only kubectl.user", "kubectl.aws-plugin", "warn");
    is_repaired_by_its_try(&exec(ours, "kubelogin"), "--only kubectl.user", "kubectl.other-plugin", "warn");
    let world = with(|text| {
        let (before, _) = text.split_once("    exec:\n").expect("the user");
        format!("{before}    token: abc\n")
    });
    examine(&world, "--only kubectl.user").finds_only("kubectl.no-plugin", "fail");
}

#[test]
fn kubectl_s_own_settings_may_forbid_the_plugin() {
    let words = "--only kubectl.policy";
    let ours = env!("CARGO_BIN_EXE_nsaccess");
    let mut world = World::signed_in();
    for (text, id, result) in [
        ("credentialPluginPolicy: DenyAll\n", "kubectl.plugins-denied", "fail"),
        (
            "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- name: aws\n",
            "kubectl.plugin-not-listed",
            "fail",
        ),
        ("credentialPluginPolicy: Perhaps\n", "kubectl.kuberc-unreadable", "warn"),
    ] {
        world.write(".kube/kuberc", text);
        let list = format!("credentialPluginPolicy: Allowlist\\ncredentialPluginAllowlist:\\n- name: {ours}\\n");
        let editor = world.script("bin/editor", &format!("printf '{list}' > \"$1\""));
        world.set("EDITOR", &editor.display().to_string());
        is_repaired_by_its_try(&world, words, id, result);
    }
    world.write(".kube/kuberc", "credentialPluginPolicy: DenyAll\n");
    world.set("KUBERC", "off");
    examine(&world, words).is_well();
}

#[test]
fn a_private_endpoint_behind_a_proxy_is_told() {
    let mut world = with(|text| {
        let (before, after) = text.split_once("server: ").expect("a server");
        let (_, after) = after.split_once('\n').expect("its line");
        format!("{before}server: https://10.20.30.40\n{after}")
    });
    let words = "--only kubectl.endpoint";
    examine(&world, words).is_well();
    world.set("HTTPS_PROXY", "http://127.0.0.1:9");
    is_repaired_in_its_shell(&world, words, "kubectl.private-through-proxy", "warn");
    if program("kubectl").is_none() {
        return skipped("there is no kubectl here");
    }
    let world = replaced("    server: ", "    proxy-url: ftp://bastion\n    server: ");
    is_repaired_by_its_try(&world, words, "kubectl.proxy-url", "fail");
}

#[test]
fn the_plugin_is_run_as_kubectl_runs_it() {
    let words = "--only kubectl.plugin";
    let version = env!("CARGO_PKG_VERSION");
    let own = format!("[ \"$1\" = --version ] && echo nsaccess {version} && exit\n");
    let answer = |status: &str| {
        format!(
            "{own}echo '{{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {status}}}'"
        )
    };
    for (script, id, result) in [
        (format!("{own}echo 'error: no' >&2; exit 3"), "kubectl.plugin-failed", "fail"),
        (format!("{own}sleep 1000"), "kubectl.plugin-timeout", "fail"),
        (format!("{own}echo hello"), "kubectl.plugin-answer", "fail"),
        (answer("{}"), "kubectl.plugin-answer", "fail"),
        (answer(r#"{"token": "t", "expirationTimestamp": "2026-01-15T09:30:00Z"}"#), "kubectl.plugin-expired", "fail"),
        (format!("sleep 0.6\n{}", answer(r#"{"token": "t"}"#)), "kubectl.plugin-slow", "warn"),
    ] {
        let world = starting("bin/nsaccess", &script);
        is_repaired_by_its_try(&world, words, id, result);
    }
}

#[test]
fn only_what_kubectl_would_run_is_run() {
    let words = "--only kubectl.plugin";
    let ours = env!("CARGO_BIN_EXE_nsaccess");
    for (command, path) in [("./plugin", "/usr/bin:/bin"), ("plugin", ":/usr/bin:/bin")] {
        let mut world = replaced(ours, command);
        world.script("plugin", "touch \"$HOME/was-run\"");
        world.set("PATH", path);
        examine(&world, words).finds_only("kubectl.plugin-failed", "fail");
        assert!(!world.path("was-run").exists(), "{command}");
    }
    let world = replaced(ours, "./nsaccess");
    std::os::unix::fs::symlink(ours, world.path(".kube/nsaccess")).expect("linked");
    examine(&world, "--only machine.nsaccess,kubectl").is_well();
}

#[test]
fn the_plugin_finds_no_terminal_and_what_kubectl_sets() {
    let checks = r#"case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 9;; esac; [ -t 0 ] && exit 8"#;
    let version = env!("CARGO_PKG_VERSION");
    let answer = r#"echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "k8s-aws-v1.sEcReT"}}'"#;
    let script = format!("[ \"$1\" = --version ] && echo nsaccess {version} && exit\n{checks}\n{answer}");
    let examined = examine(&starting("bin/nsaccess", &script), "--only kubectl.plugin -v");
    examined.is_well();
    assert!(!examined.report.to_string().contains("sEcReT"), "the token is nobody's to see");
}

#[test]
fn a_current_context_that_is_none() {
    let world = World::signed_in();
    let config = world.read(".kube/config");
    let current = "current-context: idp-ns-idp-dev";
    world.write(".kube/config", config.replace(current, "current-context: gone"));
    is_repaired_by_its_try(&world, "--only kubectl.current", "kubectl.current-missing", "fail");
    world.write(".kube/config", config.replace(current, "current-context: ''"));
    is_repaired_by_its_try(&world, "--only kubectl.current", "kubectl.no-current", "warn");
}

#[test]
fn what_only_kubectl_refuses() {
    let mut world = World::signed_in();
    world.script(
        "bin/kubectl",
        "case \"$*\" in *--raw*) echo 'error: illegal base64 data at input byte 3' >&2; exit 1;; esac; echo '{}'",
    );
    let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
    world.set("PATH", &path);
    examine(&world, "--only kubectl").finds_only("kubectl.call-failed", "fail");
    world.script("bin/kubectl", "echo '{}'");
    examine(&world, "--only kubectl").is_well();
}
