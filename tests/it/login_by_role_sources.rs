//! Where the credentials come from that assume a role: all that a profile can be; and codes of MFA devices.

use sandbox::MfaDevice;

use crate::support::World;
use crate::support::corp::{ACCOUNT, PLACE, ROLE, by_role, corp, map, role};

const MFA_ROLE: &str = "arn:aws:iam::111122223333:role/mfa";

fn source(profile: &str) -> String {
    format!("login idp-dev --role-arn {ROLE} --source-profile {profile} {PLACE}")
}

/// A role that wants a code of ada's device. Returns the device's serial number.
fn with_mfa(world: &World) -> String {
    let control = world.control();
    control.put_role(role("mfa").requiring_mfa());
    map(world, MFA_ROLE);
    control.add_mfa_device(ACCOUNT, "ada", MfaDevice::new(ACCOUNT, "ada")).expect("a user")
}

#[test]
fn the_source_is_a_permission_set() {
    let world = corp();
    let arn = world.control().provision_permission_set(ACCOUNT, "idp-ns-idp-dev");
    world.control().edit_role(ACCOUNT, "k8s-devs-role", |role| {
        *role = role.clone().trusting(sandbox::iam::trust_principal(&arn));
    });
    let config = "[sso-session corp-sso]\nsso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1\n\
                  sso_registration_scopes = sso:account:access\n\n[profile base]\nsso_session = corp-sso\n\
                  sso_account_id = 111122223333\nsso_role_name = idp-ns-idp-dev\n";
    world.write(".aws/config", config);
    world
        .run(&source("base"))
        .success()
        .says("Sign in to https://sandbox.awsapps.com/start")
        .says("assumed by the profile base");
    let written = world.read(".aws/config");
    assert!(written.starts_with(config) && written.contains("source_profile = base\n"), "{written}");
    // The session is over: a program cannot sign in, and says which login does.
    world.control().end_session();
    std::fs::remove_dir_all(world.path(".aws/cli")).expect("removed");
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/credentials")).expect("removed");
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    world.run("token idp-dev").exits(3).one_error().says("try: nsaccess login idp-dev");
}

#[test]
fn the_source_is_a_role_that_another_profile_assumes() {
    let world = corp();
    world.control().put_role(role("hop"));
    world.control().edit_role(ACCOUNT, "hop", |hop| {
        *hop = hop.clone().allowing(crate::support::corp::allow(&["sts:AssumeRole"]));
    });
    world.control().edit_role(ACCOUNT, "k8s-devs-role", |role| {
        *role = role.clone().trusting(sandbox::iam::trust_principal("arn:aws:iam::111122223333:role/hop"));
    });
    world.write(".aws/config", "[profile hop]\nrole_arn = arn:aws:iam::111122223333:role/hop\nsource_profile = corp\n");
    world.run(&source("hop")).success().says("assumed by the profile hop");
    assert_eq!(world.control().calls("AssumeRole"), 2);
    world.control().reset_calls();
    world.run("token idp-dev").success();
    assert_eq!(world.control().counts().len(), 0);
    let long = world.run(&format!("{} --duration 2h", source("hop"))).exits(2).one_error();
    long.says("lasts at most an hour");
}

#[test]
fn the_source_is_a_process() {
    let world = corp();
    let keys = world.control().user_keys(ACCOUNT, "ada");
    let of = |name: &str| &keys.iter().find(|(key, _)| key == name).expect("a key").1;
    let (id, secret) = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"));
    let text = format!("echo '{{\"Version\": 1, \"AccessKeyId\": \"{id}\", \"SecretAccessKey\": \"{secret}\"}}'");
    let program = world.script("give-keys", &text);
    world.write(".aws/config", format!("[profile tool]\ncredential_process = {}\n", program.display()));
    world.run(&source("tool")).success().says("assumed by the profile tool");
    world.run("token idp-dev").success();
}

#[test]
fn a_code_is_asked_on_a_terminal_and_kept_for_programs() {
    let world = corp();
    let serial = with_mfa(&world);
    let words = format!("{} --mfa-serial {serial}", by_role("idp-dev", MFA_ROLE));
    let (child, mut person) = world.nsaccess(&words).on_terminal();
    person.sees(&format!("MFA code for {serial}:"));
    person.types("12345\n");
    person.sees("an MFA code has six digits");
    person.types("000000\n");
    person.sees("AWS rejected the code");
    person.types(&format!("{}\n", world.control().mfa_code(&serial).expect("a code")));
    let screen = person.sees_the_end();
    assert!(screen.contains("now current"), "{screen}");
    assert!(child.wait_with_output().expect("our own child").status.success());
    assert!(world.read(".aws/config").contains(&format!("mfa_serial = {serial}\n")));
    world.run("token idp-dev").success();
    world.run("login idp-dev").success();
    std::fs::remove_dir_all(world.path(".aws/cli")).expect("removed");
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/credentials")).expect("removed");
    world
        .run("token idp-dev")
        .exits(3)
        .one_error()
        .says("error: the role mfa requires an MFA code")
        .says(&format!("because: it is shown by {serial}, and there is no terminal to ask for it"))
        .says("try: nsaccess login idp-dev   # on a terminal");
}

#[test]
fn elsewhere_a_code_is_refused_with_the_whole_command() {
    let world = corp();
    let serial = with_mfa(&world);
    let words = format!("{} --mfa-serial {serial}", by_role("idp-dev", MFA_ROLE));
    let refused = world.run(&words).exits(3).one_error();
    refused.says(&format!(
        "try: nsaccess login idp-dev --role-arn {MFA_ROLE} --source-profile corp --mfa-serial {serial} {PLACE}   # on a terminal"
    ));
    assert!(!world.exists(".aws/config"));
}
