//! AWS profiles that have no credentials by the way they are written: what is wrong, and the file where it is mended.

use crate::support::World;

const SSO: &str = "sso_account_id = 111122223333\nsso_role_name = x\n";

#[test]
fn a_profile_that_cannot_have_credentials_says_why() {
    let role = "role_arn = arn:aws:iam::111122223333:role/x\n";
    for (profile, why) in [
        (
            format!("{role}source_profile = other\ncredential_source = Environment\n"),
            "it has both source_profile and credential_source, but only one is allowed",
        ),
        (role.to_owned(), "it has role_arn but neither source_profile nor credential_source"),
        (
            format!("{role}credential_source = Vault\n"),
            "its credential_source is `Vault`; it must be Environment, EcsContainer or Ec2InstanceMetadata",
        ),
        (
            format!("{role}source_profile = other\n[profile other]\n{role}source_profile = one\n"),
            "its source_profile forms a loop: one → other → one",
        ),
        (format!("{SSO}sso_session = none\n"), "its sso_session is none, but [sso-session none] does not exist"),
        (
            format!(
                "{SSO}sso_session = corp\nsso_region = us-east-1\n[sso-session corp]\n\
                 sso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
            ),
            "its sso_region is us-east-1, but its sso-session has eu-west-1",
        ),
    ] {
        let world = World::new();
        world.write(".aws/config", format!("[profile one]\n{profile}"));
        for words in
            ["token --cluster-name c --region eu-west-1 --profile one", "audit --all --profile one --cluster c"]
        {
            world
                .run(words)
                .exits(2)
                .one_error()
                .says("error: AWS profile \"one\" has no usable credentials\n")
                .says(&format!("because: {why}\n"))
                .says("try: ${EDITOR:-vi} $HOME/.aws/config\n");
        }
    }
}

#[test]
fn a_session_without_scopes_is_told_how_to_get_them() {
    let world = World::new();
    let session = "sso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1\n";
    world.write(".aws/config", format!("[sso-session corp]\n{session}"));
    world
        .run("login idp-dev")
        .success()
        .says("warning: [sso-session corp] in ~/.aws/config has no sso_registration_scopes")
        .says("hint: aws configure set sso_registration_scopes sso:account:access --sso-session corp\n");
}
