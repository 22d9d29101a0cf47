//! Logins by a role that do not succeed: each says what it was, and what helps.

use sandbox::{MfaDevice, Role};

use crate::support::World;
use crate::support::corp::{ACCOUNT, PLACE, ROLE, USER, by_role, corp, logged_in, role, write_keys};

fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A refusal that leaves no trace.
#[track_caller]
fn refused(world: &World, words: &str, code: i32) -> crate::support::output::Ended {
    let before = world.read(".aws/credentials");
    let output = world.run(words).exits(code).one_error();
    assert!(!world.exists(".aws/config") && !world.exists(".kube/config"), "{words}");
    assert!(!world.exists(".config/nsaccess/config.toml"), "{words}");
    assert_eq!(world.read(".aws/credentials"), before);
    output
}

#[test]
fn the_trust_policy_wants_an_external_id() {
    let world = corp();
    world.control().put_role(role("ext").requiring_external_id("corp-42"));
    let words = by_role("idp-dev", &arn("ext"));
    refused(&world, &words, 4)
        .says("error: not allowed to assume the role ext")
        .says(&format!("because: you are {USER}, with the credentials of the profile corp"))
        .says("no external ID was sent, and no MFA code was sent");
    refused(&world, &format!("{words} --external-id corp-41"), 4).says("the external ID corp-41 was sent");
}

#[test]
fn the_trust_policy_does_not_name_the_caller_or_there_is_no_such_role() {
    let world = corp();
    world.control().put_role(Role::new(ACCOUNT, "strange"));
    for name in ["strange", "missing"] {
        refused(&world, &by_role("idp-dev", &arn(name)), 4)
            .says(&format!("not allowed to assume the role {name}"))
            .says("the role's trust policy does not allow you")
            .says("STS gives the same answer if there is no such role");
    }
    let foreign = by_role("idp-dev", "arn:aws:iam::999900001111:role/x");
    refused(&world, &foreign, 4).says("the role is in account 999900001111, but you are in 111122223333");
}

#[test]
fn a_device_that_is_not_the_caller_s() {
    let world = corp();
    world.control().put_role(role("mfa").requiring_mfa());
    world.control().add_mfa_device(ACCOUNT, "ada", MfaDevice::new(ACCOUNT, "ada")).expect("a user");
    let words = format!("{} --mfa-serial arn:aws:iam::{ACCOUNT}:mfa/eve", by_role("idp-dev", &arn("mfa")));
    let (child, mut person) = world.nsaccess(&words).on_terminal();
    person.sees("MFA code for");
    person.types("123456\n");
    let screen = person.sees_the_end();
    assert!(screen.contains(&format!("arn:aws:iam::{ACCOUNT}:mfa/eve is not an MFA device of {USER}")), "{screen}");
    assert_eq!(child.wait_with_output().expect("our own child").status.code(), Some(4), "{screen}");
    assert!(!world.exists(".aws/config"));
}

#[test]
fn keys_that_aws_does_not_know() {
    let world = corp();
    let id = write_keys(&world, "corp");
    world.control().disable_keys(&id, true);
    refused(&world, &by_role("idp-dev", ROLE), 3)
        .says("AWS does not recognize the access key of the profile corp: it was deleted or deactivated")
        .says("try: aws configure --profile corp");
    refused(&world, &format!("login idp-dev --source-profile corp {PLACE}"), 3)
        .says("error: cannot start a session with the keys of the profile corp")
        .says("AWS does not recognize the access key");
    world.control().disable_keys(&id, false);
    let broken = world.read(".aws/credentials").replace("aws_secret_access_key = ", "aws_secret_access_key = x");
    world.write(".aws/credentials", broken);
    refused(&world, &by_role("idp-dev", ROLE), 3)
        .says("the secret access key of the profile corp does not match its access key");
}

#[test]
fn a_session_of_the_source_that_is_over() {
    let world = corp();
    let keys = world.control().role_keys(ACCOUNT, "k8s-devs-role").expect("a role");
    let of = |name: &str| &keys.iter().find(|(key, _)| key == name).expect("a key").1;
    let text = format!(
        "[corp]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
        of("AWS_ACCESS_KEY_ID"),
        of("AWS_SECRET_ACCESS_KEY"),
        of("AWS_SESSION_TOKEN")
    );
    world.write(".aws/credentials", text);
    world.control().expire_role_credentials();
    refused(&world, &by_role("idp-dev", ROLE), 3)
        .says("the credentials of the profile corp have expired, and nsaccess cannot renew them");
}

#[test]
fn a_source_that_is_not_there_is_said_before_anything_else() {
    let world = corp();
    for words in [
        format!("login idp-dev --role-arn {ROLE} --source-profile crop {PLACE}"),
        format!("login idp-dev --source-profile crop {PLACE}"),
    ] {
        refused(&world, &words, 5)
            .says("error: AWS profile \"crop\" is not defined in ~/.aws/config")
            .says("because: did you mean \"corp\"?")
            .says_not("✓ source");
    }
    refused(&world, &format!("login idp-dev --role-arn {ROLE} {PLACE}"), 2)
        .says("no source profile specified for the role")
        .says("--source-profile PROFILE");
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn a_session_that_is_longer_than_the_role_allows() {
    let world = corp();
    refused(&world, &format!("{} --duration 3h", by_role("idp-dev", ROLE)), 2)
        .says("a session of 10800 seconds is longer than the role's maximum");
}

#[test]
fn flags_that_cannot_be_what_they_should() {
    let world = corp();
    let base = by_role("idp-dev", ROLE);
    for (words, flag, why) in [
        (by_role("idp-dev", "k8s-devs-role"), "--role-arn", "`k8s-devs-role` is not the ARN of an IAM role"),
        (by_role("idp-dev", USER), "--role-arn", &format!("`{USER}` is not the ARN of an IAM role")),
        (by_role("idp-dev", "arn:aws:sts::111122223333:assumed-role/x/ada"), "--role-arn", ""),
        (format!("{base} --external-id x"), "--external-id", "`x` is not an external ID: 2 to 1224"),
        (format!("{base} --session-name a/b"), "--session-name", "`a/b` is not a session's name"),
        (format!("{base} --mfa-serial ada"), "--mfa-serial", "`ada` is not an MFA device"),
        (format!("{base} --duration 13h"), "--duration", "`13h` is not between 15m and 12h"),
        (format!("{base} --duration 5m"), "--duration", "`5m` is not between 15m and 12h"),
        (format!("{base} --duration soon"), "--duration", "`soon` is not a duration such as 1h"),
    ] {
        refused(&world, &words, 2).says(&format!("error: invalid value for {flag}\nbecause: {why}"));
    }
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn flags_that_contradict_each_other() {
    let world = corp();
    let base = by_role("idp-dev", ROLE);
    for flag in
        ["--account 111122223333", "--role x", "--start-url https://x.awsapps.com/start", "--sso-region eu-west-1"]
    {
        refused(&world, &format!("{base} {flag}"), 2).says("cannot be used with");
    }
    for flag in ["--external-id corp-42", "--duration 1h", "--session-name ada", "--mfa-serial GAHT12345678"] {
        let name = flag.split(' ').next().expect("a flag");
        refused(
            &world,
            &format!("login idp-dev {flag} --start-url https://sandbox.awsapps.com/start --sso-region eu-west-1"),
            2,
        )
        .says(&format!("error: {name} needs a role to assume"))
        .says("idp-dev gets its credentials from a portal");
        refused(&world, &format!("login idp-dev --source-profile corp {flag} {PLACE}"), 2)
            .says(&format!("error: {name} needs a role to assume"))
            .says("no role specified");
    }
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn nothing_says_in_which_region_the_cluster_is() {
    let world = corp();
    refused(&world, &format!("login idp-dev --role-arn {ROLE} --source-profile corp"), 2)
        .says("error: no region specified for the cluster")
        .says(&format!("try: nsaccess login idp-dev --role-arn {ROLE} --source-profile corp --region REGION"));
    let output =
        world.nsaccess(&format!("login idp-dev --role-arn {ROLE} --source-profile corp --cluster idp-nonprod-1"));
    output.env("AWS_REGION", "eu-west-1").run().success();
}

#[test]
fn a_portal_does_not_take_the_place_of_a_role_unasked() {
    let world = logged_in();
    let config = world.read(".aws/config");
    world.login("idp-dev").run().exits(2).one_error().says("idp-ns-idp-dev is set up for k8s-devs-role");
    world
        .run(&format!("login idp-dev --role-arn {} --source-profile corp {PLACE}", arn("k8s-devs-rolf")))
        .exits(2)
        .one_error()
        .says("and not for k8s-devs-rolf");
    assert_eq!(world.read(".aws/config"), config);
    world.login("idp-dev --replace").run().success().says("✓ role         idp-ns-idp-dev in account 111122223333");
    let config = world.read(".aws/config");
    for key in ["role_arn", "source_profile"] {
        assert!(!config.contains(key), "{config}");
    }
    // And back.
    world.run(&format!("{} --replace", by_role("idp-dev", ROLE))).success();
    let config = world.read(".aws/config");
    assert!(config.contains(ROLE) && !config.contains("sso_account_id"), "{config}");
}
