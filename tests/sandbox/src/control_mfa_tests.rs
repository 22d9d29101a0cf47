use super::*;
use crate::Sandbox;

const ACCOUNT: &str = "111122223333";

#[test]
fn a_device_belongs_to_a_user_and_its_codes_to_a_time() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    assert_eq!(control.add_mfa_device(ACCOUNT, "ada", MfaDevice::new(ACCOUNT, "ada")), None, "there is no such user");
    control.user_keys(ACCOUNT, "ada");
    let serial = control.add_mfa_device(ACCOUNT, "ada", MfaDevice::new(ACCOUNT, "ada")).expect("a user");
    assert_eq!(serial, "arn:aws:iam::111122223333:mfa/ada");
    let codes = control.mfa_codes(&serial);
    assert!(codes.len() == 2 && control.mfa_code(&serial).is_some());
    control.set_clock_offset(600);
    assert!(control.mfa_codes(&serial).iter().all(|code| !codes.contains(code)));
    assert!(control.remove_mfa_device(&serial) && !control.remove_mfa_device(&serial));
    assert_eq!(control.mfa_code(&serial), None);
}

#[test]
fn the_controls_over_http_answer() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    control.user_keys(ACCOUNT, "ada");
    let ask = |path: &str, input: Value| handle(&control, &[path], &input).expect("a control");
    let serial = |input: Value| ask("mfa-device", input).map(|answer| answer["serial"].clone());
    assert_eq!(
        serial(json!({"account": ACCOUNT, "user": "ada", "name": "phone"})),
        Ok(json!("arn:aws:iam::111122223333:mfa/phone"))
    );
    assert_eq!(serial(json!({"account": ACCOUNT, "user": "ada", "serial": "GAHT12345678"})), Ok(json!("GAHT12345678")));
    assert!(serial(json!({"account": ACCOUNT, "user": "bob", "name": "phone"})).is_err());
    let codes = ask("mfa-codes", json!({"serial": "GAHT12345678"})).expect("an answer");
    assert_eq!(codes["codes"].as_array().map(Vec::len), Some(2));
    assert!(ask("remove-mfa-device", json!({"serial": "GAHT12345678"})).is_ok());
    assert!(ask("remove-mfa-device", json!({"serial": "GAHT12345678"})).is_err());
}
