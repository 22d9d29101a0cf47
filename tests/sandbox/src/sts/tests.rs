//! Tests of who may assume which role.

use serde_json::{Value, json};

use super::*;
use crate::World;
use crate::iam;
use crate::identity_token::Issuers;
use crate::state::State;

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/target";

fn caller(permission_set: &str) -> Credentials {
    let session = ("ada@example.com", "eu-west-1");
    Credentials::mint(&crate::random::Random::new(), ACCOUNT, permission_set, session, i64::MAX)
}

pub(super) fn with(role: Role) -> State {
    let mut state = State::new(World::default());
    state.world.roles.push(role);
    state
}

fn target(principal: Value) -> Role {
    let statement = json!({"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": principal});
    Role::new(ACCOUNT, "target").trusting(statement)
}

pub(super) fn wanted(more: &[(&str, &str)]) -> Result<Wanted, Refused> {
    let mut pairs = vec![("RoleArn", ROLE), ("RoleSessionName", "ada@example.com")];
    pairs.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    pairs.extend(more);
    let pairs: Vec<(String, String)> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Wanted::read(&pairs)
}

fn seconds(state: &State, permission_set: &str, more: &[(&str, &str)]) -> Result<i64, Refused> {
    by(state, &caller(permission_set), more)
}

pub(super) fn by(state: &State, caller: &Credentials, more: &[(&str, &str)]) -> Result<i64, Refused> {
    let wanted = wanted(more)?;
    let context = assume::context(caller, &wanted, None, NOW);
    assume::decide(state, caller, &wanted, &context).map(|(_, seconds)| seconds)
}

#[test]
fn a_trust_policy_may_name_the_permission_set_by_pattern() {
    let state = with(Role::new(ACCOUNT, "target").trusting(iam::trust_permission_set(ACCOUNT, "idp-ns-idp-dev")));
    assert_eq!(seconds(&state, "idp-ns-idp-dev", &[]), Ok(3600));
    let (status, code, message) = seconds(&state, "idp-ns-idp-test", &[]).expect_err("another namespace");
    let role = crate::role_name(ACCOUNT, "idp-ns-idp-test");
    let words = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/ada@example.com is not authorized to perform: \
         sts:AssumeRole on resource: {ROLE}"
    );
    assert_eq!((status, code, message), (403, "AccessDenied", words));
}

#[test]
fn production_has_no_right_to_assume_a_role_that_trusts_the_account() {
    let root = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
    assert!(seconds(&with(target(root.clone())), "idp-ns-idp-dev", &[]).is_ok());
    assert!(seconds(&with(target(root)), "idp-ns-idp-prod", &[]).is_err());
    let named = json!({"AWS": caller("idp-ns-idp-prod").role_path_arn()});
    assert!(seconds(&with(target(named)), "idp-ns-idp-prod", &[]).is_ok(), "a role that is named needs no policy");
    let without_path = json!({"AWS": caller("idp-ns-idp-prod").role_arn()});
    assert!(seconds(&with(target(without_path)), "idp-ns-idp-prod", &[]).is_err());
}

#[test]
fn a_role_that_is_not_there_looks_forbidden() {
    let state = State::new(World::default());
    assert_eq!(seconds(&state, "idp-ns-idp-dev", &[]).expect_err("none").1, "AccessDenied");
    let (_, code, message) =
        seconds(&state, "idp-ns-idp-dev", &[("RoleArn", "arn:aws:iam::1:target-role")]).expect_err("no ARN");
    assert_eq!((code, message.as_str()), ("ValidationError", "arn:aws:iam::1:target-role is invalid"));
}

#[test]
fn a_chained_session_lasts_an_hour_at_most() {
    let mut role = target(json!("*"));
    role.max_session_duration = 43200;
    let state = with(role);
    assert_eq!(seconds(&state, "idp-ns-idp-dev", &[("DurationSeconds", "900")]), Ok(900));
    let (_, code, message) = seconds(&state, "idp-ns-idp-dev", &[("DurationSeconds", "3601")]).expect_err("too long");
    assert_eq!(code, "ValidationError");
    let words = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
    assert_eq!(message, words);
}

#[test]
fn parameters_are_checked_as_the_model_says() {
    for (name, value, words) in [
        ("DurationSeconds", "899", "greater than or equal to 900"),
        ("DurationSeconds", "43201", "less than or equal to 43200"),
        ("RoleSessionName", "a", "length greater than or equal to 2"),
        ("RoleSessionName", "a b", r"regular expression pattern: [\w+=,.@-]*"),
        ("RoleArn", "short", "length greater than or equal to 20"),
        ("RoleArn", "arn:aws:iam::11112222333x:role/target", "arn:aws:iam::11112222333x:role/target is invalid"),
        ("RoleArn", "arn:aws:iam::111122223333:user/target", "is invalid"),
        ("ExternalId", "x", "at 'externalId' failed to satisfy constraint: Member must have length greater"),
        ("ExternalId", "a b", r"regular expression pattern: [\w+=,.@:\/-]*"),
        ("SerialNumber", "mfa", "at 'serialNumber' failed to satisfy constraint: Member must have length greater"),
        ("SerialNumber", "arn:aws:iam::1:mfa/a b", r"regular expression pattern: [\w+=/:,.@-]*"),
        ("TokenCode", "12345", "at 'tokenCode' failed to satisfy constraint: Member must have length greater"),
        ("TokenCode", "1234567", "length less than or equal to 6"),
        ("TokenCode", "12345x", r"regular expression pattern: [\d]*"),
        ("SourceIdentity", "a/b", "at 'sourceIdentity'"),
        ("Policy", "{}", "not played by the sandbox"),
    ] {
        let (status, code, message) = wanted(&[(name, value)]).expect_err(words);
        assert!((status, code) == (400, "ValidationError") && message.contains(words), "{message}");
    }
    assert!(Wanted::read(&[]).expect_err("nothing").2.contains("Value null at 'roleArn'"));
    assert!(wanted(&[("ExternalId", "corp/dev:1,2=3.@-_+"), ("SerialNumber", "GAHT12345678")]).is_ok());
}

#[test]
fn a_source_identity_takes_a_right_of_its_own() {
    let state = with(target(json!("*")));
    let (_, _, message) = seconds(&state, "idp-ns-idp-dev", &[("SourceIdentity", "ada")]).expect_err("not trusted");
    assert!(message.contains("sts:SetSourceIdentity on resource"), "{message}");
    let statement = json!({"Effect": "Allow", "Action": "sts:SetSourceIdentity", "Principal": "*"});
    let state = with(target(json!("*")).trusting(statement));
    assert_eq!(seconds(&state, "idp-ns-idp-dev", &[("SourceIdentity", "ada")]), Ok(3600));
}

/// The result for a token with these claims, and a role that trusts `idp-dev/billing`.
fn with_token(change: impl FnOnce(&mut World, &mut Value)) -> Result<(String, String), Refused> {
    let mut world = World::default();
    let issuer = world.clusters[0].oidc_issuer();
    let mut claims = json!({"iss": issuer, "aud": ["sts.amazonaws.com"], "exp": NOW + 3600,
        "sub": "system:serviceaccount:idp-dev:billing"});
    change(&mut world, &mut claims);
    let trust = iam::trust_service_account(ACCOUNT, &issuer, "idp-dev", "billing");
    world.roles.push(Role::new(ACCOUNT, "target").trusting(trust));
    let issuers = Issuers::new(world.clusters.iter().map(|cluster| cluster.name.as_str()));
    let token = issuers.sign("idp-nonprod-1", &claims).expect("a token");
    let pairs = [("RoleArn", ROLE), ("RoleSessionName", "ada"), ("WebIdentityToken", token.as_str())];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let state = State::new(world);
    let (admitted, _) = web_identity::decide(&state, &issuers, &pairs, NOW)?;
    Ok((admitted.subject, admitted.provider))
}

#[test]
fn a_service_account_is_admitted_by_its_token() {
    let (subject, provider) = with_token(|_, _| {}).expect("admitted");
    assert_eq!(subject, "system:serviceaccount:idp-dev:billing");
    assert!(provider.starts_with("arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/"));
}

#[test]
fn a_token_that_is_not_good_enough_is_refused_in_aws_words() {
    type Change = fn(&mut World, &mut Value);
    let cases: [(Change, &str, &str); 5] = [
        (|_, claims| claims["aud"] = json!(["kubernetes"]), "InvalidIdentityToken", "Incorrect token audience"),
        (
            |_, claims| claims["iss"] = json!("https://other"),
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://other",
        ),
        (
            |world, _| world.clusters[0].oidc_audiences = None,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://oidc.eks",
        ),
        (
            |_, claims| claims["exp"] = json!(NOW),
            "ExpiredTokenException",
            "Token expired: current date/time 1800000000 must be before the expiration date/time1800000000",
        ),
        (
            |_, claims| claims["sub"] = json!("system:serviceaccount:idp-dev:other"),
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        ),
    ];
    for (change, code, words) in cases {
        let (_, got, message) = with_token(change).expect_err(words);
        assert!(got == code && message.starts_with(words), "{got}: {message}");
    }
}

#[test]
fn another_clusters_key_does_not_count() {
    let state = State::new(World::default());
    let issuers = Issuers::new(["idp-nonprod-1", "tools-1"].into_iter());
    let claims = json!({"iss": state.world.clusters[0].oidc_issuer(), "exp": NOW + 60});
    for (token, words) in [
        (issuers.sign("tools-1", &claims).expect("a token"), "Couldn't retrieve verification key"),
        ("abcd".to_owned(), "is not a valid JWT"),
    ] {
        let pairs = [("RoleArn", ROLE), ("RoleSessionName", "ada"), ("WebIdentityToken", token.as_str())];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (_, code, message) = web_identity::decide(&state, &issuers, &pairs, NOW).expect_err(words);
        assert!(code == "InvalidIdentityToken" && message.contains(words), "{message}");
    }
}
