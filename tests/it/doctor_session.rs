//! What `doctor` finds about the session, and about what the portal gives.

use sandbox::FaultKind;
use serde_json::Value;

use crate::support::World;
use crate::support::doctor::{examine, is_repaired_by_its_try};

const SESSION: &str = "--only session";
const GRANT: &str = "--only grant";

/// Changes the stored session.
fn edit_token(world: &World, edit: impl FnOnce(&mut Value)) {
    let file = world.token_file().expect("a session");
    let mut token: Value = serde_json::from_slice(&std::fs::read(&file).expect("read")).expect("JSON");
    edit(&mut token);
    std::fs::write(file, token.to_string()).expect("written");
}

fn expire(token: &mut Value) {
    token["expiresAt"] = "2026-01-01T00:00:00Z".into();
}

fn without_refresh(token: &mut Value) {
    token.as_object_mut().expect("an object").remove("refreshToken");
}

fn error(status: u16, code: &str) -> FaultKind {
    FaultKind::Error { status, code: code.to_owned(), message: "no".to_owned() }
}

#[test]
fn a_file_that_is_no_session() {
    let world = World::signed_in();
    std::fs::write(world.token_file().expect("a session"), "{\"accessToken\": ").expect("written");
    is_repaired_by_its_try(&world, SESSION, "session.unreadable", "fail");
}

#[test]
fn nobody_has_signed_in() {
    let world = World::signed_in();
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    is_repaired_by_its_try(&world, SESSION, "session.missing", "fail");
}

#[test]
fn a_session_of_another_portal() {
    let world = World::signed_in();
    edit_token(&world, |token| token["startUrl"] = "https://other.awsapps.com/start".into());
    is_repaired_by_its_try(&world, SESSION, "session.other-portal", "fail");
    edit_token(&world, |token| token["region"] = "us-east-1".into());
    let examined = examine(&world, "--only session.token");
    let row = examined.finds_only("session.other-portal", "fail");
    assert_eq!(row["because"][0], "it belongs to the region us-east-1, not eu-west-1");
}

#[test]
fn a_session_that_has_ended() {
    let world = World::signed_in();
    edit_token(&world, |token| {
        expire(token);
        without_refresh(token);
    });
    is_repaired_by_its_try(&world, SESSION, "session.over", "fail");
}

#[test]
fn a_session_that_ends_with_its_access_token() {
    let world = World::signed_in();
    edit_token(&world, without_refresh);
    is_repaired_by_its_try(&world, SESSION, "session.not-renewable", "warn");
}

#[test]
fn a_session_that_is_renewed_by_looking() {
    let world = World::signed_in();
    edit_token(&world, expire);
    let examined = examine(&world, SESSION);
    examined.is_well();
    assert_eq!(examined.row("session.renewal")["message"], "renewed");
}

#[test]
fn a_renewal_that_is_refused() {
    let world = World::signed_in();
    edit_token(&world, expire);
    world.control().revoke_refresh_tokens();
    is_repaired_by_its_try(&world, SESSION, "session.renewal-refused", "fail");
}

#[test]
fn a_renewal_that_does_not_get_there() {
    let world = World::signed_in();
    edit_token(&world, expire);
    assert!(world.control().reachable("oidc", false), "it is there");
    let examined = examine(&world, "--only session,grant.assignment");
    examined.finds_only("session.unreachable", "fail");
    assert_eq!(examined.row("grant.assignment")["because_of"], "session.unreachable");
    world.control().clear_faults();
    world.control().fail_next("CreateToken", 9, FaultKind::Hang);
    examine(&world, SESSION).finds_only("session.timeout", "unknown");
}

#[test]
fn a_permission_set_that_is_not_assigned() {
    let world = World::signed_in();
    world.control().remove_account("111122223333");
    let examined = examine(&world, "--only grant,cluster.described");
    examined.finds_only("grant.not-assigned", "fail");
    assert_eq!(examined.row("cluster.described")["because_of"], "grant.not-assigned");
}

#[test]
fn a_permission_set_that_has_moved_to_another_account() {
    let world = World::signed_in();
    let mut account = sandbox::World::default().accounts.remove(0);
    assert_eq!(account.id, "111122223333");
    world.control().remove_account(&account.id);
    account.id = "999900001111".to_owned();
    account.permission_sets.retain(|name| name == "idp-ns-idp-dev");
    world.control().put_account(account);
    let examined = examine(&world, GRANT);
    let row = examined.finds_only("grant.moved", "fail");
    assert_eq!(row["try"][0], "nsaccess login idp-dev --account 999900001111 --role idp-ns-idp-dev --replace");
}

#[test]
fn a_permission_set_that_is_mistyped() {
    let world = World::signed_in();
    let config = world.read(".aws/config").replace("sso_role_name = idp-ns-idp-dev", "sso_role_name = idp-ns-idp-dve");
    world.write(".aws/config", config);
    is_repaired_by_its_try(&world, GRANT, "grant.moved", "fail");
}

#[test]
fn a_portal_that_is_busy_or_away() {
    let world = World::signed_in();
    world.control().throttle("portal", Some(0));
    examine(&world, GRANT).finds_only("grant.throttled", "unknown");
    world.control().clear_faults();
    assert!(world.control().reachable("portal", false), "it is there");
    examine(&world, GRANT).finds_only("grant.unreachable", "fail");
}

#[test]
fn credentials_that_aws_knows_otherwise() {
    let world = World::signed_in();
    let arn = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ReadOnly_0123456789abcdef/ada@example.com";
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>x</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    let other = FaultKind::Body { status: 200, content_type: "text/xml".to_owned(), body };
    world.control().fail_next("GetCallerIdentity", 9, other);
    examine(&world, GRANT).finds_only("grant.other-identity", "fail");
}

#[test]
fn an_sts_that_refuses_or_does_not_answer() {
    let world = World::signed_in();
    let only = "--only grant.identity";
    world.control().fail_next("GetCallerIdentity", 9, error(403, "InvalidClientTokenId"));
    examine(&world, only).finds_only("grant.sts-refused", "fail");
    world.control().clear_faults();
    world.control().fail_next("GetCallerIdentity", 9, FaultKind::Hang);
    examine(&world, only).finds_only("grant.sts-timeout", "unknown");
    world.control().clear_faults();
    assert!(world.control().reachable("sts", false), "it is there");
    examine(&world, only).finds_only("grant.sts-unreachable", "fail");
}

#[test]
fn cached_credentials_that_aws_has_forgotten() {
    let world = World::signed_in();
    world.control().forget_role_credentials();
    is_repaired_by_its_try(&world, GRANT, "grant.cached-refused", "warn");
}

/// A service whose certificate this machine does not trust: a cluster's listener, with its own authority.
fn behind_inspection(world: &mut World, variable: &str) {
    let endpoint = world.sandbox.kube_endpoint("idp-nonprod-1").expect("a cluster");
    world.set(variable, &endpoint);
}

#[test]
fn an_organisation_that_reads_along() {
    let mut world = World::signed_in();
    behind_inspection(&mut world, "AWS_ENDPOINT_URL_SSO");
    examine(&world, GRANT).finds_only("grant.untrusted", "fail");
    edit_token(&world, expire);
    behind_inspection(&mut world, "AWS_ENDPOINT_URL_SSO_OIDC");
    examine(&world, SESSION).finds_only("session.untrusted", "fail");
}

#[test]
fn a_renewal_that_is_late_is_stored_all_the_same() {
    let world = World::signed_in();
    edit_token(&world, expire);
    world.control().fail_next("CreateToken", 1, FaultKind::Latency(6000));
    examine(&world, SESSION).finds_only("session.timeout", "unknown");
    // The refresh token was used up: without the next one this would be over.
    examine(&world, SESSION).is_well();
    assert_eq!(world.control().refresh_token_reuses(), 0);
}
