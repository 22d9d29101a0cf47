//! `token --cluster-name …` with a profile or a role: as warm as for a namespace, and shared with the AWS CLI.

use sandbox::{MfaDevice, Role, iam};

use crate::support::{World, until};
use crate::token::url_of;

const ACCOUNT: &str = "111122223333";
const V1: &str =
    r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}"#;
const PROD: &str = "token --cluster-name idp-nonprod-1 --region eu-west-1 --profile prod";
const CODED: &str = "token --cluster-name idp-nonprod-1 --region eu-west-1 --profile coded";
const KEYED: &str = "token --cluster-name idp-nonprod-1 --region eu-west-1 --profile corp";

/// A person with a session and an IAM user's keys, and profiles of roles that either may assume.
fn world() -> World {
    let world = World::signed_in();
    let control = world.control();
    let keys: std::collections::BTreeMap<_, _> = control.user_keys(ACCOUNT, "ada").into_iter().collect();
    world.write(
        ".aws/credentials",
        format!(
            "[corp]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]
        ),
    );
    let serial = control.add_mfa_device(ACCOUNT, "ada", MfaDevice::new(ACCOUNT, "ada")).expect("a user");
    let ada = || iam::trust_principal(&format!("arn:aws:iam::{ACCOUNT}:user/ada"));
    control.put_role(Role::new(ACCOUNT, "k8s").trusting(iam::trust_permission_set(ACCOUNT, "idp-ns-idp-dev")));
    control.put_role(Role::new(ACCOUNT, "partner").trusting(ada()).requiring_external_id("corp-1"));
    control.put_role(Role::new(ACCOUNT, "coded").trusting(ada()).requiring_mfa());
    let config = world.read(".aws/config");
    world.write(
        ".aws/config",
        format!(
            "{config}\n[profile prod]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/k8s\nsource_profile = idp-ns-idp-dev\n\
             [profile coded]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/coded\nsource_profile = corp\nmfa_serial = {serial}\n\
             [profile process]\ncredential_process = {}\n",
            world
                .script(
                    "keys",
                    "echo >> \"$HOME/ran\"; echo '{\"Version\": 1, \"AccessKeyId\": \"ASIAPROCESS\", \"SecretAccessKey\": \"not-in-any-word\", \"SessionToken\": \"nor-in-a-path\", \"Expiration\": \"2040-01-01T00:00:00Z\"}'"
                )
                .display()
        ),
    );
    control.reset_calls();
    world
}

fn files_in(world: &World, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(world.path(folder)).into_iter().flatten().flatten();
    entries.map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy())).collect()
}

/// The text of the files that are shared with the AWS CLI.
fn sessions(world: &World) -> String {
    files_in(world, ".aws/cli/cache").iter().map(|file| world.read(file)).collect()
}

#[test]
fn twenty_processes_assume_a_role_once_and_the_next_makes_no_call() {
    let mut world = world();
    let started: Vec<_> = (0..20).map(|_| world.nsaccess(PROD).spawn()).collect();
    for running in started {
        running.finish().success();
    }
    let counts = world.control().counts();
    assert_eq!((counts["AssumeRole"], counts["GetRoleCredentials"]), (1, 1), "{counts:?}");
    world.go_offline();
    world.control().reset_calls();
    let before = world.files();
    world.run(PROD).success();
    assert_eq!(world.files(), before, "the warm path writes nothing");
    assert_eq!(world.control().counts().len(), 0);
    assert!(sessions(&world).contains("assumed-role/k8s/ada@example.com"), "it is named after the person");
    for file in ["signers", "credentials"].map(|kind| format!(".cache/nsaccess/v1/{kind}")) {
        assert!(files_in(&world, &file).iter().all(|file| world.mode(file) == 0o600), "{file}");
    }
}

#[test]
fn the_aws_clis_cache_is_written_and_read() {
    let mut world = world();
    world.run(PROD).success();
    let shared = files_in(&world, ".aws/cli/cache");
    assert_eq!(shared.len(), 2, "the permission set's and the role's: {shared:?}");
    assert!(shared.iter().all(|file| world.mode(file) == 0o600));
    std::fs::remove_dir_all(world.path(".cache/nsaccess")).expect("forgotten");
    world.go_offline();
    world.control().reset_calls();
    world.run(PROD).success();
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn a_change_of_the_files_decides_anew() {
    let world = world();
    let key = |answer: serde_json::Value| {
        let url = url_of(&answer);
        let key = url.split("X-Amz-Credential=").nth(1).and_then(|rest| rest.split('%').next()).expect("a key");
        key.to_owned()
    };
    let role = key(world.run(PROD).success().json());
    assert_eq!(key(world.run(PROD).success().json()), role);
    let config = world.read(".aws/config");
    world.write(
        ".aws/config",
        config.replace("role_arn = arn:aws:iam::111122223333:role/k8s\n", "region = eu-west-1\n"),
    );
    world.run(PROD).exits(2).one_error().says("AWS profile \"prod\" has no usable credentials");
    world.write(".aws/config", config);
    assert_eq!(key(world.run(PROD).success().json()), role);
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn keys_that_are_written_down_are_read_there_and_stored_nowhere_else() {
    let mut world = world();
    world.go_offline();
    let before = world.files();
    let url = url_of(&world.run(KEYED).success().json());
    assert!(url.contains("X-Amz-Credential=AKIA"), "{url}");
    assert_eq!(world.files(), before);
}

#[test]
fn what_a_process_gives_is_kept_to_its_end() {
    let world = world();
    let words = "token --cluster-name idp-nonprod-1 --region eu-west-1 --profile process";
    for _ in 0..2 {
        assert!(url_of(&world.run(words).success().json()).contains("X-Amz-Credential=ASIAPROCESS"));
    }
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/signers")).expect("forgotten");
    world.run(words).success();
    assert_eq!(world.read("ran").lines().count(), 1);
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/signers")).expect("forgotten");
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/profiles")).expect("forgotten");
    world.script("keys", "echo 'the vault is locked' >&2; exit 1");
    let refused = world.run(words).exits(3).one_error();
    refused.says("credential_process").says("try: aws configure export-credentials --profile process");
}

#[test]
fn a_role_with_an_external_id_is_assumed_with_it_and_refused_without() {
    let world = world();
    let role = format!("{KEYED} --role-arn arn:aws:iam::{ACCOUNT}:role/partner");
    let right = format!("{role} --external-id corp-1 --session-name deploy");
    world.run(&right).success();
    assert!(sessions(&world).contains("assumed-role/partner/deploy"));
    world.control().reset_calls();
    let denied = world.run(&role).exits(4).one_error();
    denied
        .says("not allowed to assume the role partner")
        .says("you are arn:aws:iam::111122223333:user/ada, with the credentials of the profile corp")
        .says("no external ID was sent")
        .says("try: aws sts get-caller-identity --profile corp")
        .says("aws iam get-role --role-name partner");
    let calls = world.control().calls("AssumeRole");
    world.run(&role).exits(4).one_error().says("no external ID was sent");
    assert_eq!(world.control().calls("AssumeRole"), calls, "a program that polls does not ask AWS each time");
    world.run(&format!("{role} --external-id corp-2")).exits(4).one_error().says("the external ID corp-2 was sent");
    world.run(&right).success();
}

#[test]
fn a_client_that_comes_back_at_once_gets_credentials_that_live() {
    let world = world();
    let asks = || {
        let url = url_of(&world.nsaccess(PROD).env("KUBERNETES_EXEC_INFO", V1).run().success().json());
        url.split("X-Amz-Credential=").nth(1).and_then(|rest| rest.split('%').next()).expect("a key").to_owned()
    };
    let first = asks();
    world.control().forget_role_credentials();
    let second = asks();
    assert_ne!(first, second, "they were checked and renewed, and so was their source");
    assert_eq!(world.control().calls("AssumeRole"), 3, "{:?}", world.control().counts());
    let checks = world.control().calls("GetCallerIdentity");
    for _ in 0..3 {
        assert_eq!(asks(), second);
    }
    assert_eq!(world.control().calls("GetCallerIdentity"), checks, "a cluster with reasons of its own makes no storm");
}

#[test]
fn a_sign_out_forgets_what_the_session_gave_everywhere() {
    let world = world();
    world.run(PROD).success();
    // Of a role that no profile names.
    let source = PROD.replace("--profile prod", "--profile idp-ns-idp-dev");
    world.run(&format!("{source} --role-arn arn:aws:iam::{ACCOUNT}:role/k8s")).success();
    world.run("logout").success();
    assert!(files_in(&world, ".aws/cli/cache").is_empty());
    assert!(files_in(&world, ".cache/nsaccess/v1/signers").is_empty());
    world.run(PROD).exits(3).one_error().says("not signed in").says("try: aws sso login --sso-session nsaccess");
    world.login("idp-dev").run().success();
    world.run(PROD).success();
}

#[test]
fn a_code_is_asked_on_a_terminal_and_serves_those_without_one() {
    let world = world();
    world
        .nsaccess(CODED)
        .env("KUBERNETES_EXEC_INFO", V1)
        .run()
        .exits(3)
        .one_error()
        .says("the role coded requires an MFA code")
        .says("try: aws sts get-caller-identity --profile coded");
    let (child, mut person) =
        world.nsaccess(CODED).env("KUBERNETES_EXEC_INFO", V1.replace("false", "true")).on_terminal();
    person.sees("MFA code for arn:aws:iam::111122223333:mfa/ada");
    let code = until("a code", || world.control().mfa_code("arn:aws:iam::111122223333:mfa/ada"));
    person.types(&format!("{code}\r"));
    let screen = person.sees_the_end();
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "{screen}");
    // The refusal is remembered no longer than until there are credentials.
    world.nsaccess(CODED).env("KUBERNETES_EXEC_INFO", V1).run().success();
    assert_eq!(world.control().calls("AssumeRole"), 1);
}
