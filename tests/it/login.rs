//! `login`: the main job, as a person meets it.

use crate::support::World;

const FIRST: &str = "------- stderr -------

Sign in to https://sandbox.awsapps.com/start

    code   CODE
    page   http://127.0.0.1:PORT/device?user_code=CODE

No browser was opened (there is no display). Open the page yourself, on any device. Compare the code with the one on the page, then approve.
✓ session      https://sandbox.awsapps.com/start until TIME
✓ role         idp-ns-idp-dev in account 111122223333 until TIME
✓ cluster      idp-nonprod-1 in eu-west-1, Kubernetes 1.33
✓ profile      idp-ns-idp-dev in ~/.aws/config
✓ context      idp-ns-idp-dev in ~/.kube/config, now current
✓ you are      sso:ada-example.com, groups idp-ns-idp-dev
✓ pods         get pods: yes
✓ services     get services: yes
✓ port-forward yes: SPDY only (no get pods/portforward)

Next:  kubectl get pod NAME
       aws --profile idp-ns-idp-dev sts get-caller-identity
[exit status: 0]
";

const AWS_CONFIG: &str = "[sso-session nsaccess]
sso_start_url = https://sandbox.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile idp-ns-idp-dev]
sso_session = nsaccess
sso_account_id = 111122223333
sso_role_name = idp-ns-idp-dev
region = eu-west-1
";

#[test]
fn a_first_login_says_each_stage_and_what_to_type_next() {
    let world = World::new();
    world.login("idp-dev").run().is(FIRST);
}

#[test]
fn a_first_login_writes_these_files_and_no_others() {
    let world = World::new();
    world.login("idp-dev").run().success();
    assert_eq!(world.read(".aws/config"), AWS_CONFIG);
    assert_eq!(
        world.read(".config/nsaccess/config.toml"),
        "start_url = \"https://sandbox.awsapps.com/start\"\nsso_region = \"eu-west-1\"\n"
    );
    let files = world.files();
    let mut names: Vec<String> = files.names().into_iter().filter(|name| !name.starts_with(".aws/sso/cache")).collect();
    names.retain(|name| !name.starts_with(".cache/nsaccess/v1/portal/"));
    assert_eq!(
        names,
        [
            ".aws/config",
            ".cache/nsaccess/v1/clusters/idp-dev.json",
            ".cache/nsaccess/v1/credentials/idp-dev.json",
            ".cache/nsaccess/v1/handed/idp-dev",
            ".config/nsaccess/config.toml",
            ".kube/config",
        ]
    );
    assert_eq!(files.names().len(), names.len() + 3, "token, registration, portal index: {:?}", files.names());
    for (name, (mode, _)) in &files.0 {
        assert_eq!(*mode, 0o600, "{}", name.display());
    }
    assert_eq!(world.mode(".cache/nsaccess"), 0o700);
    assert_eq!(world.mode(".config/nsaccess"), 0o700);
}

#[test]
fn the_kubeconfig_that_a_login_writes_is_complete() {
    let world = World::new();
    world.login("idp-dev").run().success();
    let endpoint = world.sandbox.kube_endpoint("idp-nonprod-1").expect("a cluster");
    let text = world.read(".kube/config");
    for line in [
        "current-context: idp-ns-idp-dev",
        "    namespace: idp-dev",
        "      apiVersion: client.authentication.k8s.io/v1",
        "      interactiveMode: IfAvailable",
        "      provideClusterInfo: false",
        "    certificate-authority-data: ",
        "      installHint: ",
        &format!("    server: {endpoint}"),
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn a_second_login_asks_neither_the_person_nor_the_portals_lists() {
    let world = World::signed_in();
    world.run("login idp-dev").success().says("(unchanged)").says_not("code");
    for operation in [
        "RegisterClient",
        "StartDeviceAuthorization",
        "CreateToken",
        "ListAccounts",
        "ListAccountRoles",
        "ListClusters",
        "GetRoleCredentials",
    ] {
        assert_eq!(world.control().calls(operation), 0, "{operation} in {:?}", world.control().counts());
    }
}

#[test]
fn a_second_namespace_needs_no_second_sign_in_and_no_second_reading_of_the_portal() {
    let world = World::signed_in();
    world.run("login idp-test").success().says("✓ context      idp-ns-idp-test in ~/.kube/config, now current");
    for operation in ["StartDeviceAuthorization", "CreateToken", "ListAccounts", "ListAccountRoles"] {
        assert_eq!(world.control().calls(operation), 0, "{operation}");
    }
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
}

#[test]
fn a_login_of_other_flags_keeps_the_profile_of_the_other_namespace() {
    let world = World::signed_in();
    world.run("login idp-test").success();
    let config = world.read(".aws/config");
    assert!(config.starts_with(AWS_CONFIG), "{config}");
    assert!(config.contains("\n[profile idp-ns-idp-test]\nsso_session = nsaccess\n"), "{config}");
}

#[test]
fn no_switch_leaves_the_current_context() {
    let world = World::signed_in();
    world
        .run("login idp-test --no-switch")
        .success()
        .says("idp-ns-idp-test in ~/.kube/config, not made current")
        .says("Next:  kubectl --context idp-ns-idp-test get pod NAME");
    assert!(world.read(".kube/config").contains("current-context: idp-ns-idp-dev\n"));
}

#[test]
fn json_goes_to_standard_output_and_the_stages_do_not() {
    let world = World::new();
    let output = world.login("idp-dev -o json").run().success();
    let report = output.json();
    assert_eq!(report["namespace"], "idp-dev");
    assert_eq!(report["context"], "idp-ns-idp-dev");
    assert_eq!(report["cluster"], "idp-nonprod-1");
    assert_eq!(report["account"], "111122223333");
    assert_eq!(
        report["permissions"][0],
        serde_json::json!({"verb": "get", "resource": "pods", "subresource": null, "allowed": true})
    );
    assert_eq!(report["username"], "sso:ada-example.com");
}

#[test]
fn quiet_says_nothing_but_the_code() {
    let world = World::signed_in();
    world.run("login idp-test -q").is("[exit status: 0]\n");
}

#[test]
fn an_sso_session_of_the_aws_cli_is_used_as_it_is() {
    let world = World::new();
    let config = "# of the platform team\n[sso-session corp]\nsso_start_url = https://sandbox.awsapps.com/start/\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n";
    world.write(".aws/config", config);
    world.run("login idp-dev").success().says("✓ session      https://sandbox.awsapps.com/start/");
    let after = world.read(".aws/config");
    assert!(after.starts_with(config), "{after}");
    assert!(after.ends_with("\n[profile idp-ns-idp-dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = idp-ns-idp-dev\nregion = eu-west-1\n"), "{after}");
    // sha1("corp"): the file in which the AWS CLI looks for the session's token.
    assert!(world.exists(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"));
    assert!(!world.exists(".config/nsaccess/config.toml"), "what ~/.aws/config says need not be said twice");
}

#[test]
fn a_profile_of_the_aws_cli_names_the_account_and_the_portal_is_not_asked() {
    let world = World::new();
    world.write(".aws/config", AWS_CONFIG);
    world.run("login idp-dev").success();
    assert_eq!(world.control().calls("ListAccounts"), 0);
    assert_eq!(world.read(".aws/config"), AWS_CONFIG);
}

#[test]
fn a_profile_with_another_account_is_believed_until_it_is_refused_and_a_login_asks_the_portal() {
    let world = World::new();
    let config = AWS_CONFIG.replace("111122223333", "999900001111");
    world.write(".aws/config", &config);
    world.login("idp-test").run().success();
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    world.write(".aws/config", &config);
    world
        .run("credentials idp-dev")
        .exits(4)
        .one_error()
        .says("error: cannot get credentials for the role idp-ns-idp-dev in account 999900001111")
        .says("try: nsaccess login idp-dev   # asks the portal where it is now");
    assert_eq!(world.read(".aws/config"), config);
    assert!(!world.exists(".kube/config"));
    world.run("login idp-dev").success().says("idp-dev is now idp-ns-idp-dev in account 111122223333");
    assert_eq!(world.read(".aws/config"), AWS_CONFIG);
}

#[test]
fn a_legacy_profile_of_the_same_name_becomes_one_with_a_session() {
    let world = World::new();
    let legacy = "[profile idp-ns-idp-dev]\nsso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = idp-ns-idp-dev\nregion = eu-west-1\noutput = json\n";
    world.write(".aws/config", legacy);
    world.login("idp-dev").run().success();
    let session = "[sso-session nsaccess]\nsso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n";
    assert_eq!(world.read(".aws/config"), format!("{legacy}sso_session = nsaccess\n\n{session}"));
}

#[test]
fn the_flag_names_the_namespace_of_every_verb() {
    let world = World::new();
    world.login("-n idp-dev").run().success().says("✓ context      idp-ns-idp-dev");
    for words in [
        "-n idp-dev status",
        "status -n idp-dev",
        "token -n idp-dev",
        "credentials -n idp-dev",
        "kubeconfig -n idp-dev",
        "use -n idp-dev",
    ] {
        world.nsaccess(words).run_trusted().success();
    }
}
