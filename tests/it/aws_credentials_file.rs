//! `~/.aws/credentials` lies over `~/.aws/config` for every AWS tool: a section there of our profile's name.

use crate::support::World;

#[test]
fn a_section_that_gives_our_profile_another_identity_is_refused_before_anybody_signs_in() {
    for line in [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        "role_arn = arn:aws:iam::111122223333:role/x",
        "source_profile = default",
        "credential_process = /bin/true",
        "web_identity_token_file = /x",
    ] {
        let world = World::new();
        world.write(".aws/credentials", format!("[default]\naws_access_key_id = x\n[idp-ns-idp-dev]\n{line}\n"));
        let before = world.files();
        world
            .login("idp-dev")
            .run()
            .exits(2)
            .one_error()
            .says("error: AWS tools would not use the profile idp-ns-idp-dev as it is written")
            .says("because: ~/.aws/credentials, line 4: `")
            .says("try: ${EDITOR:-vi} +4 $HOME/.aws/credentials\n");
        assert_eq!(world.files(), before, "{line}");
        assert_eq!(world.control().counts().len(), 0, "{line}");
        world.run("login idp-test --start-url https://sandbox.awsapps.com/start --sso-region eu-west-1").success();
    }
}

#[test]
fn another_account_role_or_session_there_is_refused_and_nothing_is_written() {
    for line in ["sso_account_id = 999900001111", "sso_role_name = Administrator", "sso_session = other"] {
        let world = World::new();
        world.write(".aws/credentials", format!("[idp-ns-idp-dev]\n{line}\n"));
        world.login("idp-dev").run().exits(2).one_error().says("because: ~/.aws/credentials, line 2: `sso_");
        assert!(!world.exists(".aws/config") && !world.exists(".kube/config"), "{line}");
    }
}

#[test]
fn another_region_there_is_told_and_what_is_the_same_is_not() {
    let mut world = World::new();
    world.write("elsewhere", "[idp-ns-idp-dev]\noutput = json\nregion = us-east-1\n");
    world.set("AWS_SHARED_CREDENTIALS_FILE", "~/elsewhere");
    world.login("idp-dev").run().success().says(
        "warning: [idp-ns-idp-dev] in ~/elsewhere (line 3) has region = us-east-1, which AWS tools use instead of eu-west-1 from ~/.aws/config\n",
    );
    world.write("elsewhere", "[idp-ns-idp-dev]\nsso_account_id = 111122223333\nregion = eu-west-1\n");
    world.run("login idp-dev").success().says_not("warning");
}

#[test]
fn the_profile_of_a_workloads_role_is_looked_at_too() {
    let world = World::signed_in();
    let output = world.run("assume-irsa ledger-0 -n idp-dev --profile -o json").success();
    let name = output.json()["profile"].as_str().expect("a name").to_owned();
    let config = world.read(".aws/config");
    world.write(".aws/credentials", format!("[{name}]\naws_access_key_id = x\n"));
    world
        .run("assume-irsa ledger-0 -n idp-dev --profile")
        .exits(2)
        .one_error()
        .says(&format!("AWS tools would not use the profile {name} as it is written"));
    assert_eq!(world.read(".aws/config"), config);
}
