//! `doctor`: what it finds in the settings and in `~/.aws/config`.

use crate::support::World;
use crate::support::doctor::{examine, is_repaired_by_its_try, is_repaired_in_its_shell};

const PROFILE: &str = "--only profile";

/// A namespace that is set up, with an editor that removes the line that it is opened at.
fn with_editor() -> World {
    let mut world = World::signed_in();
    let editor = world.script("bin/editor", r#"sed -i "${1#+}d" "$2""#);
    world.set("EDITOR", &editor.display().to_string());
    world
}

/// The same with a changed `~/.aws/config`.
#[track_caller]
fn with(change: impl Fn(&str) -> String) -> World {
    let world = with_editor();
    let before = world.read(".aws/config");
    let after = change(&before);
    assert_ne!(before, after, "nothing was changed");
    world.write(".aws/config", after);
    world
}

#[track_caller]
fn replaced(old: &'static str, new: &'static str) -> World {
    with(|config| config.replace(old, new))
}

#[test]
fn settings_that_cannot_be_used_are_told() {
    let world = with_editor();
    let settings = world.read(".config/nsaccess/config.toml");
    world.write(".config/nsaccess/config.toml", format!("flow = 7\n{settings}"));
    is_repaired_by_its_try(&world, PROFILE, "profile.settings-unusable", "fail");
    world.write(".config/nsaccess/config.toml", format!("flwo = 'device'\n{settings}"));
    is_repaired_by_its_try(&world, PROFILE, "profile.settings-unknown-key", "warn");
    let mut world = with_editor();
    world.set("NSACCESS_ACCOUNT", "12");
    is_repaired_in_its_shell(&world, PROFILE, "profile.settings-unusable", "fail");
}

#[test]
fn the_organisation_s_file_is_told_when_it_does_not_count() {
    let mut world = World::signed_in();
    world.write("etc/config.toml", "flow = 'device'\n");
    world.chmod("etc/config.toml", 0o666);
    let path = world.path("etc/config.toml").display().to_string();
    world.set("NSACCESS_SYSTEM_CONFIG", &path);
    if rustix::process::geteuid().is_root() {
        is_repaired_by_its_try(&world, PROFILE, "profile.organisation-not-read", "warn");
    }
}

#[test]
fn a_project_file_that_does_not_count_is_told() {
    let world = World::signed_in();
    world.write("nsaccess.toml", "start_url = 'https://other.awsapps.com/start'\nsso_region = 'us-east-1'\n");
    is_repaired_by_its_try(&world, PROFILE, "profile.project-untrusted", "warn");
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(world.path("nsaccess.toml"), Some(1234), None).expect("root gives it away");
        examine(&world, PROFILE).finds_only("profile.project-foreign", "warn");
    }
}

#[test]
fn a_configuration_that_the_aws_cli_cannot_read_is_one_failure() {
    let words = "--only profile,kubectl,session.token";
    for added in ["region eu-west-1\n", "[profile idp-ns-idp-dev]\n"] {
        let world = with(|config| format!("{config}{added}"));
        is_repaired_by_its_try(&world, words, "profile.config-unreadable", "fail");
    }
}

#[test]
fn a_namespace_without_a_profile_is_logged_in_to() {
    let words = "--only profile,session.renewal,kubectl";
    let world = replaced("[profile idp-ns-idp-dev]", "[profile idp-ns-idp-prod]");
    is_repaired_by_its_try(&world, words, "profile.missing", "fail");
    let world = replaced("[profile idp-ns-idp-dev]", "[profile idp-ns-idp-prod]");
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    is_repaired_by_its_try(&world, words, "profile.missing", "fail");
}

#[test]
fn a_session_that_is_not_there_is_logged_in_to() {
    let words = "--only profile,session.token,session.renewal";
    for name in ["acme-global", "nsacess"] {
        let world = with(|config| config.replace("sso_session = nsaccess", &format!("sso_session = {name}")));
        is_repaired_by_its_try(&world, words, "profile.sso-session-missing", "fail");
    }
}

#[test]
fn a_session_is_whole_and_can_be_renewed() {
    let mut world = replaced("sso_region = eu-west-1\nsso_registration", "sso_registration");
    let editor = world.script("bin/editor", r#"sed -i "${1#+}a sso_region = eu-west-1" "$2""#);
    world.set("EDITOR", &editor.display().to_string());
    is_repaired_by_its_try(&world, PROFILE, "profile.sso-session-incomplete", "fail");
    let mut world = replaced("sso_registration_scopes = sso:account:access\n", "");
    let editor = world.script("bin/editor", r#"sed -i "${1#+}a sso_registration_scopes = sso:account:access" "$2""#);
    world.set("EDITOR", &editor.display().to_string());
    is_repaired_by_its_try(&world, PROFILE, "profile.no-scopes", "warn");
    let world =
        replaced("sso_session = nsaccess", "sso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1");
    is_repaired_by_its_try(&world, PROFILE, "profile.legacy", "warn");
    let world = replaced("sso_session = nsaccess\n", "");
    is_repaired_by_its_try(&world, PROFILE, "profile.no-sso", "fail");
}

#[test]
fn a_profile_has_one_kind_of_credentials() {
    for (line, id, result) in [
        ("role_arn = arn:aws:iam::111122223333:role/x", "profile.mixed-credentials", "fail"),
        ("credential_process = /bin/x", "profile.mixed-credentials", "fail"),
        ("aws_access_key_id = AKIAEXAMPLE", "profile.mixed-credentials", "fail"),
        ("login_session = arn:aws:iam::111122223333:user/x", "profile.login-session", "warn"),
        ("sso_region = us-east-1", "profile.inconsistent", "fail"),
        ("sso_start_url = https://other.awsapps.com/start", "profile.inconsistent", "fail"),
        ("sso_registration_scopes = openid", "profile.inconsistent", "fail"),
    ] {
        let world = with(|config| config.replace("sso_role_name", &format!("{line}\nsso_role_name")));
        is_repaired_by_its_try(&world, PROFILE, id, result);
    }
}

#[test]
fn values_that_cannot_be_are_named_with_their_line() {
    let words = "--only profile,session.token";
    for (old, new) in [
        ("sso_account_id = 111122223333", "sso_account_id = 1111-2222-3333"),
        ("\nregion = eu-west-1", "\nregion = eu-west-1 # Ireland"),
        ("https://sandbox.awsapps.com/start", "sandbox.awsapps.com/start"),
    ] {
        examine(&replaced(old, new), words).finds_only("profile.bad-value", "fail");
    }
    let mut world = replaced("sso_account_id = 111122223333", "sso_account_id = 12");
    let editor = world.script("bin/editor", r#"sed -i "${1#+}s/12/111122223333/" "$2""#);
    world.set("EDITOR", &editor.display().to_string());
    is_repaired_by_its_try(&world, words, "profile.bad-value", "fail");
    let world = replaced("sso_account_id = 111122223333\n", "");
    is_repaired_by_its_try(&world, words, "profile.incomplete", "fail");
}

#[test]
fn two_spellings_of_one_name_are_told() {
    let world = with(|config| format!("[profile 'idp-ns-idp-dev']\n{config}"));
    is_repaired_by_its_try(&world, PROFILE, "profile.duplicate", "warn");
}

#[test]
fn profile_and_context_lead_to_the_same_place() {
    let words = "--only profile";
    for (old, new, id, result) in [
        ("- idp-dev\n", "- idp-test\n", "profile.context-namespace", "fail"),
        ("- eu-west-1\n", "- eu-central-1\n", "profile.context-region", "warn"),
    ] {
        let world = World::signed_in();
        let text = world.read(".kube/config");
        assert!(text.contains(old), "{text}");
        world.write(".kube/config", text.replace(old, new));
        is_repaired_by_its_try(&world, words, id, result);
    }
    let world = World::signed_in();
    let text = world.read(".kube/config");
    world.write(".kube/config", text.replace("- idp-nonprod-1\n", "- tools-1\n"));
    world.run("config set namespace.idp-dev.cluster idp-nonprod-1").success();
    is_repaired_by_its_try(&world, words, "profile.context-cluster", "warn");
}
