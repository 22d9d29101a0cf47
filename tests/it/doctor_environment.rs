//! `doctor`: what it finds in the environment.

use crate::support::World;
use crate::support::doctor::{examine, is_repaired_by_its_try, is_repaired_in_its_shell};

const ENVIRONMENT: &str = "--only environment";

#[track_caller]
fn with(name: &str, value: &str) -> World {
    let mut world = World::signed_in();
    world.set(name, &value.replace("$HOME", &world.home().display().to_string()));
    world
}

#[test]
fn another_identity_than_the_namespace_s_is_told() {
    let mut world = World::signed_in();
    let config = world.read(".aws/config");
    world.write(".aws/config", format!("{config}\n[profile admin]\nregion = eu-west-1\n"));
    world.write(".aws/credentials", "[keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n");
    world.chmod(".aws/credentials", 0o600);
    for (variable, name, id) in [
        ("AWS_PROFILE", "admin", "environment.other-profile"),
        ("AWS_PROFILE", "keys", "environment.other-profile"),
        ("AWS_DEFAULT_PROFILE", "admin", "environment.other-profile"),
        ("AWS_PROFILE", "other", "environment.missing-profile"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE", "environment.keys"),
    ] {
        world.set(variable, name);
        is_repaired_in_its_shell(&world, ENVIRONMENT, id, "warn");
        world.set(variable, "");
    }
    world.set("AWS_PROFILE", "idp-ns-idp-dev");
    examine(&world, ENVIRONMENT).is_well();
}

#[test]
fn what_a_shell_of_ours_sets_is_no_trap() {
    let world = World::signed_in();
    let ours = env!("CARGO_BIN_EXE_nsaccess");
    let output =
        world.run(&format!("exec -n idp-dev -- {ours} doctor idp-dev --only environment,kubectl,profile -o json"));
    let report = output.success().json();
    assert_eq!(report["result"], "ok", "{report:#}");
    let mut world = World::signed_in();
    world.set("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
    world.set("NSACCESS_INSIDE", "idp-dev:reader");
    examine(&world, ENVIRONMENT).is_well();
    world.set("NSACCESS_INSIDE", "other");
    examine(&world, ENVIRONMENT).finds_only("environment.keys", "warn");
}

#[test]
fn another_region_is_told() {
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        is_repaired_in_its_shell(&with(variable, "us-east-1"), ENVIRONMENT, "environment.other-region", "warn");
        examine(&with(variable, "eu-west-1"), ENVIRONMENT).is_well();
    }
}

#[test]
fn a_missing_configuration_is_one_failure() {
    let world = with("AWS_CONFIG_FILE", "$HOME/gone");
    let words = "--only environment,profile,kubectl";
    is_repaired_in_its_shell(&world, words, "environment.aws-config-missing", "fail");
    examine(&with("AWS_SHARED_CREDENTIALS_FILE", "$HOME/gone"), ENVIRONMENT).is_well();
    examine(&with("AWS_CONFIG_FILE", "$HOME/.aws/config"), ENVIRONMENT).is_well();
}

#[test]
fn where_calls_go_is_told() {
    let world = with("AWS_ENDPOINT_URL", "http://localhost:4566");
    is_repaired_in_its_shell(&world, ENVIRONMENT, "environment.endpoint-url", "warn");
    let world = with("AWS_ENDPOINT_URL", "http://aws.corp");
    is_repaired_in_its_shell(&world, "--only environment,profile", "environment.endpoint-unusable", "fail");
}

#[test]
fn the_files_of_kubeconfig_are_there_and_can_be_read() {
    let world = with("KUBECONFIG", "$HOME/.kube/config:$HOME/gone");
    is_repaired_in_its_shell(&world, ENVIRONMENT, "environment.kubeconfig-missing", "warn");
    let world = with("KUBECONFIG", "~/.kube/config");
    let words = "--only environment,kubectl.context";
    is_repaired_in_its_shell(&world, words, "environment.kubeconfig-all-missing", "fail");
    is_repaired_by_its_try(&with("KUBECONFIG", "$HOME/new"), words, "kubectl.context-missing", "fail");
    let mut world = with("KUBECONFIG", "$HOME/.kube/config:$HOME/my broken");
    world.write("my broken", "apiVersion: v1\ncontexts: [\n");
    let editor = world.script("bin/editor", r#"echo "apiVersion: v1" > "$2""#);
    world.set("EDITOR", &editor.display().to_string());
    is_repaired_by_its_try(&world, words, "environment.kubeconfig-broken", "fail");
}

#[test]
fn what_the_credentials_file_says_under_the_profile_s_name_is_told() {
    for (line, id, result) in [
        ("aws_access_key_id = AKIAEXAMPLE", "environment.static-identity", "warn"),
        ("region = us-east-1", "environment.static-region", "warn"),
        ("no key and no value", "environment.credentials-unreadable", "fail"),
    ] {
        let mut world = World::signed_in();
        world.write(".aws/credentials", format!("[idp-ns-idp-dev]\n{line}\n"));
        world.chmod(".aws/credentials", 0o600);
        let editor = world.script("bin/editor", r#"sed -i "${1#+}d" "$2""#);
        world.set("EDITOR", &editor.display().to_string());
        is_repaired_by_its_try(&world, ENVIRONMENT, id, result);
    }
}
