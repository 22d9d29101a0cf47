//! `assume-irsa` when it does not work: each cause in its own words.

use sandbox::FaultKind;

use crate::assume_irsa::{ACCOUNT, add_pod};
use crate::assume_irsa_rights::with_tokens;
use crate::support::World;
use crate::support::forward::CLUSTER;

fn error(status: u16, code: &str, message: &str) -> FaultKind {
    FaultKind::Error { status, code: code.to_owned(), message: message.to_owned() }
}

#[test]
fn a_denial_names_both_arns_and_the_two_usual_causes() {
    let world = World::signed_in();
    add_pod(&world, "old");
    assert!(world.control().edit_role(ACCOUNT, "old", |role| role.trust = sandbox::iam::policy(serde_json::json!([]))));
    let refused = world.run("assume-irsa old-0").exits(4).one_error();
    for words in [
        "error: not allowed to assume the role old",
        "AssumeRole returned AccessDenied: User: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_idp-ns-idp-dev_",
        "; the role is arn:aws:iam::111122223333:role/old\n",
        "likely cause 1: the role's trust policy does not allow your role arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_idp-ns-idp-dev_",
        "helm/idp-advanced 2.4.1",
        "likely cause 2: your role lacks sts:AssumeRole, as in production namespaces (idp-dev is not marked as production)",
        "STS gives the same answer if there is no such role",
    ] {
        assert!(refused.stderr.contains(words), "{words}\n{}", refused.stderr);
    }
    assert_eq!(world.control().calls("AssumeRole"), 1, "a refusal is not repeated");
}

#[test]
fn a_role_that_does_not_exist_or_is_elsewhere_is_told_as_such() {
    let world = World::signed_in();
    add_pod(&world, "gone");
    assert!(world.control().remove_role(ACCOUNT, "gone"));
    world.run("assume-irsa gone-0").exits(4).one_error().says("the same answer if there is no such role");
    let role = "arn:aws:iam::999999999999:role/x";
    let refused = world.run(&format!("assume-irsa --role-arn {role}")).exits(4).one_error();
    refused.says("the role is in account 999999999999, but you are in 111122223333");
}

#[test]
fn production_is_said_before_any_call_and_tried_only_by_force() {
    let world = World::signed_in();
    world.login("idp-prod --no-switch").run().success();
    world.control().reset_calls();
    let refused = world.run("assume-irsa web-0 -n idp-prod").exits(4).one_error();
    refused
        .says("idp-prod is a production namespace")
        .says("patterns.production")
        .says("try: nsaccess assume-irsa pod/web-0 --force -n idp-prod");
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    let role = "arn:aws:iam::444455556666:role/x";
    let forced = world.run(&format!("assume-irsa --role-arn {role} -n idp-prod --force")).exits(4).one_error();
    forced.says("warning: idp-prod is a production namespace").says("idp-prod is marked as production");
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn what_is_production_is_a_setting() {
    let world = World::signed_in();
    world.run("config set patterns.production *-live,idp-d*").success();
    world.run("assume-irsa ledger-0").exits(4).one_error().says("idp-dev is a production namespace");
    world.run("assume-irsa ledger-0 --force").success().says("trying anyway");
    world.run("config set namespace.idp-dev.production false").success();
    world.run("assume-irsa ledger-0").success();
}

#[test]
fn tokens_that_sts_does_not_take_have_their_own_words() {
    let world = with_tokens();
    assert!(world.control().edit_cluster(CLUSTER, |cluster| cluster.oidc_audiences = Some(vec!["other".to_owned()])));
    world
        .run("assume-irsa job/reports --via token")
        .exits(1)
        .one_error()
        .says("does not accept tokens for sts.amazonaws.com");
    assert!(world.control().edit_cluster(CLUSTER, |cluster| cluster.oidc_audiences = None));
    let refused = world.run("assume-irsa job/reports --via token").exits(1).one_error();
    refused
        .says("account 111122223333 has no OIDC provider for the cluster idp-nonprod-1")
        .says("this command creates it: eksctl utils associate-iam-oidc-provider --cluster idp-nonprod-1 --approve");
}

#[test]
fn a_role_that_does_not_trust_the_service_account_is_explained() {
    let world = with_tokens();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/idp-demo-billing");
    let refused = world.run(&format!("assume-irsa sa/reports --role-arn {role} --via token")).exits(4).one_error();
    refused
        .says("service account \"reports\" is not allowed to assume the role idp-demo-billing")
        .says("system:serviceaccount:idp-dev:reports")
        .says("try: aws iam get-role --role-name idp-demo-billing");
    // Both ways closed: both answers are told.
    let role = format!("arn:aws:iam::{ACCOUNT}:role/idp-demo-mailer");
    let refused = world.run(&format!("assume-irsa sa/reports --role-arn {role}")).exits(4).one_error();
    refused.says("AssumeRoleWithWebIdentity returned AccessDenied").says("with your own credentials (arn:aws:sts");
}

#[test]
fn expired_credentials_of_the_caller_are_renewed_once() {
    let world = World::signed_in();
    world.control().expire_role_credentials();
    world.run("assume-irsa --role-arn arn:aws:iam::111122223333:role/idp-demo-ledger").success();
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
    // The same when only AssumeRole notices, and not for ever.
    let expired = error(403, "ExpiredToken", "The security token included in the request is expired");
    world.control().fail_next("AssumeRole", 1, expired.clone());
    world.run("assume-irsa ledger-0 --duration 15m").success();
    assert_eq!(world.control().calls("GetRoleCredentials"), 2);
    world.control().fail_next("AssumeRole", 2, expired);
    world.run("assume-irsa ledger-0 --duration 16m").exits(3).one_error().says("AssumeRole returned ExpiredToken");
    assert_eq!(world.control().calls("GetRoleCredentials"), 3);
}

#[test]
fn throttling_and_silence_are_not_denials() {
    let world = World::signed_in();
    world.control().fail_next("AssumeRole", 9, error(400, "Throttling", "Rate exceeded"));
    world.run("assume-irsa ledger-0").exits(6).one_error().says("Rate exceeded").says("try: wait a minute");
    world.control().clear_faults();
    assert!(world.control().reachable("sts", false));
    world.run("assume-irsa ledger-0").exits(6).one_error().says("try: check the network");
    world.control().clear_faults();
    world.control().fail_next("AssumeRole", 9, FaultKind::Garbage);
    world.run("assume-irsa ledger-0").exits(6).one_error();
    world.control().clear_faults();
    world.run("assume-irsa ledger-0").success();
}

#[test]
fn other_refusals_of_sts_keep_their_own_words() {
    let world = World::signed_in();
    let disabled = error(403, "RegionDisabledException", "STS is not activated in this region");
    world.control().fail_next("AssumeRole", 1, disabled);
    let refused = world.run("assume-irsa ledger-0").exits(4).one_error().says("STS is not activated in this region");
    assert!(!refused.stderr.contains("likely cause"), "{}", refused.stderr);
    world.control().set_clock_offset(3600);
    world
        .run("assume-irsa --role-arn arn:aws:iam::111122223333:role/x")
        .exits(4)
        .one_error()
        .says("this machine's clock is 60 minutes behind");
}

#[test]
fn bad_words_are_one_error_each() {
    let world = World::signed_in();
    let role = "arn:aws:iam::111122223333:role/x";
    for words in [
        "svc/web",
        "node/x",
        "deploy/",
        "deploy/a/b",
        "../x",
        "sa/..",
        "UPPER",
        "--role-arn nope",
        "--role-arn arn:aws:iam::111122223333:user/ada",
        "ledger-0 --duration 14m",
        "ledger-0 --duration 2h",
        "ledger-0 --duration soon",
        "sa/ledger -c app",
    ] {
        world.run(&format!("assume-irsa {words}")).exits(2).one_error();
    }
    for name in ["a b", "pod/a b", "", "web\n0", &"x".repeat(254)] {
        world.nsaccess("assume-irsa").arg(name).run().exits(2).one_error();
    }
    world.run(&format!("assume-irsa {role} -c app")).exits(2).one_error().says("has no containers");
    world.run(&format!("assume-irsa {role} --role-arn {role}")).exits(2).one_error().says("specified twice");
    world.run("assume-irsa").exits(2);
    world.run("assume-irsa ledger-0 --profile --export").exits(2);
    world.run("assume-irsa ledger-0 --via magic").exits(2);
    world.run("assume-irsa ledger-0 -n A_B").exits(2).one_error();
    assert_eq!(world.control().counts().len(), 0, "nothing was asked: {:?}", world.control().counts());
}
