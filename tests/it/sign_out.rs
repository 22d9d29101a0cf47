//! The end of a session is the end of everything it gave: however its portal is written, and whatever is under way.

use nsaccess::inside::sso_cache::{assumed_role_file_name, role_credentials_file_name};
use sandbox::FaultKind;

use crate::sign_in::age_token;
use crate::support::{World, until};
use crate::token::age_credentials;

const CREDENTIALS: &str = ".cache/nsaccess/v1/credentials/idp-dev.json";
const TOKEN: &str = "token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1";
const IRSA: &str = "assume-irsa ledger-0 -n idp-dev --export";

/// Nothing gives credentials any more, and nobody was asked for any.
#[track_caller]
fn nothing_answers(world: &World) {
    world.control().reset_calls();
    for verb in [TOKEN, "credentials idp-dev", IRSA, "secrets get api-key -n idp-dev"] {
        world.run(verb).exits(3).one_error();
    }
    world.run("status --check").exits(3);
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    let names = world.files().names();
    let left = |name: &&String| name.contains("/v1/credentials/") || name.contains("/v1/roles/");
    assert_eq!(names.iter().find(left), None, "{names:?}");
    assert!(world.token_file().is_none());
}

#[test]
fn a_start_url_that_is_written_in_another_way_is_the_same_portal() {
    for (of_config, of_settings) in [
        ("https://sandbox.awsapps.com/start/", None),
        ("https://sandbox.awsapps.com/start#/", Some("https://sandbox.awsapps.com/start//")),
    ] {
        let world = World::signed_in();
        world.run(IRSA).success();
        let config = world.read(".aws/config");
        world.write(".aws/config", config.replace("https://sandbox.awsapps.com/start", of_config));
        if let Some(other) = of_settings {
            let settings = world.read(".config/nsaccess/config.toml");
            world.write(".config/nsaccess/config.toml", settings.replace("https://sandbox.awsapps.com/start", other));
        }
        world.run("logout").success().says("removed cached credentials for idp-dev");
        nothing_answers(&world);
    }
}

#[test]
fn credentials_that_arrive_after_the_logout_are_thrown_away() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().fail_next("GetRoleCredentials", 1, FaultKind::Hold);
    let token = world.nsaccess(TOKEN).spawn();
    until("the answer", || (world.control().held_answers() == 1).then_some(()));
    world.run("logout").success();
    world.control().release_answers();
    let output = token.finish().exits(3).one_error().says("because: a sign-out happened during the request");
    output.says("try: nsaccess login idp-dev");
    nothing_answers(&world);
}

#[test]
fn credentials_that_arrive_after_a_logout_and_another_sign_in_are_thrown_away_too() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().fail_next("GetRoleCredentials", 1, FaultKind::Hold);
    let token = world.nsaccess(TOKEN).spawn();
    until("the answer", || (world.control().held_answers() == 1).then_some(()));
    world.run("logout").success();
    world.run("login idp-test --no-browser").success();
    world.control().release_answers();
    token.finish().exits(3).one_error();
    assert!(!world.exists(CREDENTIALS));
    world.run(TOKEN).success();
}

#[test]
fn the_aws_clis_own_logout_counts_too() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().fail_next("GetRoleCredentials", 1, FaultKind::Hold);
    let token = world.nsaccess(TOKEN).spawn();
    until("the answer", || (world.control().held_answers() == 1).then_some(()));
    // All that `aws sso logout` does to these files.
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    let before = world.read(CREDENTIALS);
    world.control().release_answers();
    token.finish().exits(3).one_error();
    assert_eq!(world.read(CREDENTIALS), before);
}

#[test]
fn a_session_that_is_renewed_during_the_logout_does_not_come_back() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    age_token(&world);
    world.control().fail_next("CreateToken", 1, FaultKind::Hold);
    let token = world.nsaccess(TOKEN).spawn();
    until("the answer", || (world.control().held_answers() == 1).then_some(()));
    world.run("logout").success();
    world.control().release_answers();
    token.finish().exits(3).one_error().says("a sign-out happened during the request");
    nothing_answers(&world);
}

#[test]
fn an_assumed_role_that_arrives_after_the_logout_is_thrown_away() {
    let world = World::signed_in();
    world.control().fail_next("AssumeRole", 1, FaultKind::Hold);
    let irsa = world.nsaccess(IRSA).spawn();
    until("the answer", || (world.control().held_answers() == 1).then_some(()));
    world.run("logout").success();
    world.control().release_answers();
    irsa.finish().exits(3).one_error().says("a sign-out happened during the request");
    nothing_answers(&world);
}

#[test]
fn a_session_whose_access_token_is_over_is_ended_on_the_portal_all_the_same() {
    let world = World::signed_in();
    world.control().expire_access_tokens();
    let report = world.run("logout -o json").success().json();
    assert_eq!(report[0]["ended_on_portal"], true);
    let calls: Vec<(String, u16)> =
        world.control().journal().into_iter().map(|call| (call.operation, call.status)).collect();
    let expected = [("Logout", 401), ("CreateToken", 200), ("Logout", 200)];
    assert_eq!(calls, expected.map(|(operation, status)| (operation.to_owned(), status)));
}

#[test]
fn what_the_aws_cli_keeps_goes_with_every_role_of_the_portal() {
    let world = World::signed_in();
    world.run("list --refresh").success();
    let session = nsaccess_session(&world);
    let file = |account: &str, role: &str, session: &str| {
        format!(".aws/cli/cache/{}", role_credentials_file_name(account, role, Some(session), ""))
    };
    let offered = file("444455556666", "idp-ns-idp-prod", &session);
    let other = file("444455556666", "idp-ns-idp-prod", "somebody-elses");
    for name in [&offered, &other] {
        world.write(name, "{}");
    }
    world.run("logout").success();
    assert!(!world.exists(&offered) && world.exists(&other));
}

#[test]
fn roles_that_profiles_assume_from_there_go_too() {
    let world = World::signed_in();
    world.run("assume-irsa ledger-0 -n idp-dev --profile").success();
    let mut config = world.read(".aws/config");
    let arn = |name: &str| format!("role_arn = arn:aws:iam::111122223333:role/{name}\n");
    let (first, last, other) = (arn("first"), arn("last"), arn("other"));
    config.push_str(&format!("\n[profile first]\n{first}source_profile = idp-ns-idp-dev\n"));
    config.push_str(&format!("[profile last]\n{last}source_profile = first\nexternal_id = x\n"));
    config.push_str(&format!("[profile other]\n{other}source_profile = circle\n"));
    config.push_str("[profile circle]\nsource_profile = other\n");
    world.write(".aws/config", config);
    let file = |keys: &[(&str, &str)]| {
        let name = assumed_role_file_name(|key| keys.iter().find(|(name, _)| *name == key).map(|(_, value)| *value));
        format!(".aws/cli/cache/{}", name.expect("a role"))
    };
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let first = file(&[("role_arn", &role("first"))]);
    let last = file(&[("role_arn", &role("last")), ("external_id", "x")]);
    let other = file(&[("role_arn", &role("other"))]);
    for name in [&first, &last, &other] {
        world.write(name, "{}");
    }
    world.run("logout").success();
    assert!(!world.exists(&first) && !world.exists(&last) && world.exists(&other));
}

/// The name of the session that the profile uses.
fn nsaccess_session(world: &World) -> String {
    let config = world.read(".aws/config");
    let line = config.lines().find(|line| line.starts_with("sso_session")).expect("a session");
    line.split('=').nth(1).expect("its name").trim().to_owned()
}

#[test]
fn a_session_of_another_region_is_foreign_and_goes_nowhere() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    let path = world.token_file().expect("a session");
    let text = std::fs::read_to_string(&path).expect("read").replace("eu-west-1", "us-east-1");
    std::fs::write(&path, &text).expect("written");
    for aged in [false, true] {
        if aged {
            age_token(&world);
        }
        let because = "because: the stored session belongs to the region us-east-1, not to eu-west-1";
        world.run("credentials idp-dev").exits(3).one_error().says(because);
        world.run("status --check").exits(3);
    }
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    world.run("login idp-dev").success().says("    code   CODE");
    assert!(std::fs::read_to_string(&path).expect("read").contains("eu-west-1"));
}
