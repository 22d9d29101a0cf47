//! What `doctor` finds about an access that no portal gives: a role that a profile's credentials assume, or the profile's
//! own identity.

use sandbox::MfaDevice;

use crate::support::World;
use crate::support::corp::{ACCOUNT, PLACE, ROLE, USER, by_role, corp, logged_in, map, role, write_keys};
use crate::support::doctor::{examine, is_repaired_by_its_try};
use crate::support::forward::CLUSTER;

const GRANT: &str = "--only grant";

/// Ada, logged in to `idp-dev` as herself.
fn as_user() -> World {
    let world = corp();
    let users = format!("- userarn: {USER}\n  username: ada\n  groups: [idp-ns-idp-dev]\n");
    assert!(world.control().set_map_users_text(CLUSTER, &users));
    world.run(&format!("login idp-dev --source-profile corp {PLACE}")).success();
    world
}

#[test]
fn nothing_is_wrong_with_a_role_and_no_session_is_looked_for() {
    let world = logged_in();
    let examined = examine(&world, "--skip machine,kubectl.plugin,kubectl.call");
    examined.is_well();
    for id in ["session.token", "session.renewal", "session.region", "profile.sso-session"] {
        let row = examined.row(id);
        assert_eq!(row["result"], "skipped", "{row:#}");
        assert!(row["message"].as_str().is_some_and(|words| words.starts_with("not needed: ")), "{row:#}");
    }
    for id in ["grant.identity", "grant.cached", "cluster.described", "authentication.identity", "aws.secrets"] {
        assert_eq!(examined.result(id), "ok", "{:#}", examined.row(id));
    }
    let values = format!("{ROLE}, assumed by corp, eu-west-1");
    assert_eq!(examined.row("profile.values")["message"], values);
    assert_eq!(world.control().calls("AssumeRole"), 1, "the world is asked, not the cache");
}

#[test]
fn nothing_is_wrong_with_a_profile_s_own_identity() {
    let examined = examine(&as_user(), "--skip machine,kubectl.plugin,kubectl.call");
    examined.is_well();
    assert_eq!(examined.row("profile.exists")["message"], "corp (your own profile)");
    assert_eq!(examined.row("grant.identity")["message"], USER);
}

#[test]
fn the_source_profile_is_not_there() {
    let world = logged_in();
    let text = world.read(".aws/credentials");
    world.write(".aws/credentials", text.replace("[corp]", "[corp-2]"));
    let examined = examine(&world, GRANT);
    let row = examined.finds_only("grant.source-missing", "fail");
    assert_eq!(row["because"][0], "did you mean \"corp-2\"?");
}

#[test]
fn the_source_profile_is_not_complete() {
    let world = logged_in();
    let text = world.read(".aws/credentials");
    world.write(".aws/credentials", text.lines().take(2).collect::<Vec<_>>().join("\n"));
    examine(&world, GRANT).finds_only("grant.source-unusable", "fail");
}

#[test]
fn the_keys_of_the_source_are_not_taken() {
    let world = logged_in();
    let id = write_keys(&world, "corp");
    world.control().disable_keys(&id, true);
    examine(&world, GRANT).finds_only("grant.source-over", "fail");
    let user = as_user();
    let id = write_keys(&user, "corp");
    user.control().disable_keys(&id, true);
    examine(&user, GRANT).finds_only("grant.source-over", "fail");
}

#[test]
fn the_session_of_the_source_is_over() {
    let world = corp();
    let arn = world.control().provision_permission_set(ACCOUNT, "idp-ns-idp-dev");
    world.control().edit_role(ACCOUNT, "k8s-devs-role", |role| {
        *role = role.clone().trusting(sandbox::iam::trust_principal(&arn));
    });
    let config = "[sso-session corp-sso]\nsso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1\n\
                  sso_registration_scopes = sso:account:access\n\n[profile base]\nsso_session = corp-sso\n\
                  sso_account_id = 111122223333\nsso_role_name = idp-ns-idp-dev\n";
    world.write(".aws/config", config);
    world.run(&format!("login idp-dev --role-arn {ROLE} --source-profile base {PLACE}")).success();
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    std::fs::remove_dir_all(world.path(".aws/cli")).expect("removed");
    is_repaired_by_its_try(&world, GRANT, "grant.source-over", "fail");
}

#[test]
fn the_role_is_not_given() {
    let world = corp();
    world.control().put_role(role("ext").requiring_external_id("corp-42"));
    map(&world, "arn:aws:iam::111122223333:role/ext");
    let words = format!("{} --external-id corp-42", by_role("idp-dev", "arn:aws:iam::111122223333:role/ext"));
    world.run(&words).success();
    let config = world.read(".aws/config");
    world.write(".aws/config", config.replace("corp-42", "corp-41"));
    let examined = examine(&world, GRANT);
    let row = examined.finds_only("grant.not-assumed", "fail");
    assert!(row["because"].to_string().contains("the external ID corp-41 was sent"), "{row:#}");
    assert!(row["because"].to_string().contains(USER), "{row:#}");
}

#[test]
fn a_code_is_needed_once_the_session_is_over() {
    let world = corp();
    world.control().put_role(role("mfa").requiring_mfa());
    map(&world, "arn:aws:iam::111122223333:role/mfa");
    let serial = world.control().add_mfa_device(ACCOUNT, "ada", MfaDevice::new(ACCOUNT, "ada")).expect("a user");
    let words = format!("{} --mfa-serial {serial}", by_role("idp-dev", "arn:aws:iam::111122223333:role/mfa"));
    let (child, mut person) = world.nsaccess(&words).on_terminal();
    person.sees("MFA code for");
    person.types(&format!("{}\n", world.control().mfa_code(&serial).expect("a code")));
    person.sees_the_end();
    assert!(child.wait_with_output().expect("our own child").status.success());
    let examined = examine(&world, GRANT);
    examined.is_well();
    let row = examined.row("grant.assignment");
    assert!(row["message"].as_str().is_some_and(|words| words.contains("MFA code required after")), "{row:#}");
    std::fs::remove_dir_all(world.path(".aws/cli")).expect("removed");
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/credentials")).expect("removed");
    let examined = examine(&world, GRANT);
    let row = examined.finds_only("grant.code-needed", "fail");
    assert_eq!(row["try"][0], "nsaccess login idp-dev   # on a terminal");
}

#[test]
fn sts_is_not_reached() {
    let world = logged_in();
    world.control().reachable("sts", false);
    examine(&world, GRANT).finds_only("grant.source-unreachable", "fail");
}

#[test]
fn the_profile_of_a_role_is_wrong() {
    let world = logged_in();
    let config = world.read(".aws/config");
    let profile = "--only profile";
    world.write(".aws/config", config.replace("source_profile = corp\n", ""));
    let examined = examine(&world, profile);
    let row = examined.finds_only("profile.incomplete", "fail");
    assert_eq!(row["try"][0], "nsaccess login idp-dev --source-profile PROFILE");
    world.write(".aws/config", config.replace(ROLE, "k8s-devs-role"));
    examine(&world, profile).finds_only("profile.bad-value", "fail");
    world.run("token idp-dev").exits(2).one_error().says("k8s-devs-role");
    world.write(".aws/config", format!("{config}credential_process = other\n"));
    examine(&world, profile).finds_only("profile.mixed-credentials", "fail");
}
