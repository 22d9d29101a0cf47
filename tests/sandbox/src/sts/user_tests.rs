//! Tests of IAM users who assume roles: by external id, with a code of an MFA device, and from another account.

use serde_json::{Value, json};

use super::tests::{ACCOUNT, NOW, ROLE, by, with};
use super::*;
use crate::iam::{self, MfaDevice, User};
use crate::random::Random;
use crate::state::State;

const ADA: &str = "arn:aws:iam::111122223333:user/ada";

fn role() -> Role {
    Role::new(ACCOUNT, "target").trusting(iam::trust_principal(ADA))
}

fn keys(account: &str, name: &str) -> Credentials {
    Credentials::of_user(&Random::new(), &User::new(account, name))
}

fn denied(arn: &str) -> Refused {
    (403, "AccessDenied", format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"))
}

#[test]
fn a_user_who_is_named_needs_no_policy_in_the_account_and_one_in_another() {
    let ada = keys(ACCOUNT, "ada");
    assert_eq!(by(&with(role()), &ada, &[]), Ok(3600));
    assert_eq!(by(&with(role()), &keys(ACCOUNT, "bob"), &[]), Err(denied("arn:aws:iam::111122223333:user/bob")));
    let abroad = "arn:aws:iam::999988887777:user/ada";
    let mut state = with(Role::new(ACCOUNT, "target").trusting(iam::trust_principal(abroad)));
    let ada = keys("999988887777", "ada");
    assert_eq!(by(&state, &ada, &[]), Err(denied(abroad)));
    let assume = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE});
    state.world.users.push(User::new("999988887777", "ada").allowing(assume));
    assert_eq!(by(&state, &ada, &[]), Ok(3600));
}

#[test]
fn the_external_id_must_be_the_one_of_the_trust_policy() {
    let (state, ada) = (with(role().requiring_external_id("corp-1")), keys(ACCOUNT, "ada"));
    assert_eq!(by(&state, &ada, &[("ExternalId", "corp-1")]), Ok(3600));
    for wrong in [&[][..], &[("ExternalId", "CORP-1")]] {
        assert_eq!(by(&state, &ada, wrong), Err(denied(ADA)));
    }
    assert_eq!(by(&with(role()), &ada, &[("ExternalId", "whatever")]), Ok(3600), "nobody asked for one");
}

#[test]
fn a_session_is_as_long_as_the_role_allows() {
    let (state, ada) = (with(role().lasting(7200)), keys(ACCOUNT, "ada"));
    assert_eq!(by(&state, &ada, &[("DurationSeconds", "7200")]), Ok(7200));
    let words = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    let too_long = by(&state, &ada, &[("DurationSeconds", "7201")]);
    assert_eq!(too_long, Err((400, "ValidationError", words.to_owned())));
}

/// A user with a device, and what STS says to a code.
struct Desk {
    state: State,
    ada: Credentials,
}

impl Desk {
    fn new() -> Desk {
        let mut state = with(role().requiring_mfa());
        let with_device = |name: &str| {
            let mfa_devices = vec![MfaDevice::new(ACCOUNT, name), MfaDevice::hardware(&format!("GAHT-{name}-1"))];
            User { mfa_devices, ..User::new(ACCOUNT, name) }
        };
        state.world.users.extend([with_device("ada"), with_device("bob")]);
        Desk { state, ada: keys(ACCOUNT, "ada") }
    }

    fn take(&mut self, caller: &Credentials, serial: Option<&str>, code: Option<&str>) -> Result<Option<i64>, String> {
        let code = Code { serial_number: serial.map(str::to_owned), token_code: code.map(str::to_owned) };
        mfa::take(&mut self.state, caller, &code, NOW).map_err(|(status, code, message)| {
            assert_eq!((status, code), (403, "AccessDenied"));
            message
        })
    }

    fn code(&self, serial: &str) -> String {
        let mut devices = self.state.world.users.iter().flat_map(|user| &user.mfa_devices);
        devices.find(|device| device.serial == serial).expect("a device").codes(NOW).remove(0)
    }
}

const DEVICE: &str = "arn:aws:iam::111122223333:mfa/ada";

#[test]
fn a_code_is_of_a_device_of_the_user_and_good_once() {
    let mut desk = Desk::new();
    let ada = desk.ada.clone();
    assert_eq!(desk.take(&ada, None, None), Ok(None));
    for serial in [DEVICE, "GAHT-ada-1"] {
        let code = desk.code(serial);
        assert_eq!(desk.take(&ada, Some(serial), Some(&code)), Ok(Some(NOW)));
        let again = desk.take(&ada, Some(serial), Some(&code));
        assert_eq!(again, Err("MultiFactorAuthentication failed with invalid MFA one time pass code. ".to_owned()));
    }
    let both = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    assert_eq!(desk.take(&ada, Some(DEVICE), None), Err(both.to_owned()));
    assert_eq!(desk.take(&ada, None, Some("123456")), Err(both.to_owned()));
}

#[test]
fn a_device_of_somebody_else_is_no_device() {
    let words = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
                 valid and associated with this user.";
    let mut desk = Desk::new();
    let (ada, bob) = (desk.ada.clone(), "arn:aws:iam::111122223333:mfa/bob");
    let code = desk.code(bob);
    assert_eq!(desk.take(&ada, Some(bob), Some(&code)), Err(words.to_owned()));
    assert_eq!(desk.take(&ada, Some("arn:aws:iam::111122223333:mfa/none"), Some(&code)), Err(words.to_owned()));
    let session = ("ada@example.com", "eu-west-1");
    let permission_set = Credentials::mint(&Random::new(), ACCOUNT, "idp-ns-idp-dev", session, i64::MAX);
    let code = desk.code(DEVICE);
    assert_eq!(desk.take(&permission_set, Some(DEVICE), Some(&code)), Err(words.to_owned()), "a role has no device");
    let own = Credentials::of_session(&Random::new(), &ada, i64::MAX);
    assert_eq!(desk.take(&own, Some(DEVICE), Some(&code)), Ok(Some(NOW)), "a session of the user has his devices");
}

/// Whether a trust policy with a condition about MFA holds for a caller, whose request may have a code of its own.
fn holds(condition: &Value, caller: &Credentials, mfa_at: Option<i64>) -> bool {
    let mut role = role();
    role.trust["Statement"][0]["Condition"] = condition.clone();
    let wanted = super::tests::wanted(&[]).expect("a request");
    let context = assume::context(caller, &wanted, mfa_at, NOW);
    assume::decide(&with(role), caller, &wanted, &context).is_ok()
}

#[test]
fn a_trust_policy_may_ask_for_a_code_and_how_old_it_is() {
    let keys = keys(ACCOUNT, "ada");
    let session = Credentials::of_session(&Random::new(), &keys, i64::MAX);
    let with_code = Credentials { mfa_at: Some(NOW - 600), ..session.clone() };
    let present = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let present_if_exists = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": true}});
    let young = json!({"NumericLessThan": {"aws:MultiFactorAuthAge": 300}});
    let set = json!({"Null": {"aws:MultiFactorAuthAge": "false"}});
    for (caller, at, expected) in [
        (&keys, None, [false, true, false, false]),
        (&keys, Some(NOW), [true, true, true, true]),
        (&session, None, [false, false, false, false]),
        (&with_code, None, [true, true, false, true]),
        (&with_code, Some(NOW), [true, true, true, true]),
    ] {
        let held = [&present, &present_if_exists, &young, &set].map(|condition| holds(condition, caller, at));
        assert_eq!(held, expected, "{caller:?} {at:?}");
    }
}
