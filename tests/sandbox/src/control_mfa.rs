//! Controls of the MFA devices of IAM users.

use serde_json::{Value, json};

use crate::control::Control;
use crate::iam::{MfaDevice, User};

/// A user who assumes a role with a code of a device:
///
/// ```no_run
/// use sandbox::{MfaDevice, Role, iam};
///
/// let account = "111122223333";
/// let sandbox = sandbox::Sandbox::start();
/// let control = sandbox.control();
/// let keys = control.user_keys(account, "ada");
/// let serial = control.add_mfa_device(account, "ada", MfaDevice::new(account, "ada")).expect("a user");
/// let trust = iam::trust_principal("arn:aws:iam::111122223333:user/ada");
/// control.put_role(Role::new(account, "devs").trusting(trust).requiring_external_id("corp").requiring_mfa().lasting(7200));
/// let code = control.mfa_code(&serial).expect("a code");
/// ```
impl Control {
    /// Gives a user an MFA device, and returns its serial number. None if the account has no user with this name.
    pub fn add_mfa_device(&self, account: &str, user: &str, device: MfaDevice) -> Option<String> {
        let shared = self.shared();
        let mut state = shared.state();
        let is_it = |found: &&mut User| found.account == account && found.name == user;
        let found = state.world.users.iter_mut().find(is_it)?;
        let serial = device.serial.clone();
        found.mfa_devices.retain(|other| other.serial != serial);
        found.mfa_devices.push(device);
        Some(serial)
    }

    /// Takes a device from its user. False if there is none with this serial number.
    pub fn remove_mfa_device(&self, serial: &str) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let mut devices = state.world.users.iter_mut().map(|user| &mut user.mfa_devices);
        let has_it = |devices: &&mut Vec<MfaDevice>| devices.iter().any(|device| device.serial == serial);
        devices.find(has_it).map(|devices| devices.retain(|device| device.serial != serial)).is_some()
    }

    /// The codes of a device that are good now and were not used yet: the one that it shows, and the next one. When both
    /// are used, only time brings new ones ([`Control::set_clock_offset`]).
    pub fn mfa_codes(&self, serial: &str) -> Vec<String> {
        let shared = self.shared();
        let state = shared.state();
        let mut devices = state.world.users.iter().flat_map(|user| &user.mfa_devices);
        let device = devices.find(|device| device.serial == serial);
        device.map(|device| device.codes(shared.clock.seconds())).unwrap_or_default()
    }

    /// A code of a device that is good now, if there is one.
    pub fn mfa_code(&self, serial: &str) -> Option<String> {
        self.mfa_codes(serial).into_iter().next()
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/mfa-device",
        "{\"account\", \"user\", \"name\" of a virtual device | \"serial\" of hardware} give it to an IAM user",
    ),
    ("POST /_control/remove-mfa-device", "{\"serial\"} take it away"),
    ("POST /_control/mfa-codes", "{\"serial\"} the codes that are good now: what it shows, and the next one"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let nothing = || "there is nothing of that name".to_owned();
    let answer = match path {
        ["mfa-device"] => {
            let device = match input["serial"].as_str() {
                Some(serial) => MfaDevice::hardware(serial),
                None => MfaDevice::new(text("account"), text("name")),
            };
            let serial = control.add_mfa_device(text("account"), text("user"), device);
            serial.map(|serial| json!({"ok": true, "serial": serial})).ok_or_else(nothing)
        }
        ["remove-mfa-device"] if control.remove_mfa_device(text("serial")) => Ok(json!({"ok": true})),
        ["remove-mfa-device"] => Err(nothing()),
        ["mfa-codes"] => Ok(json!({"codes": control.mfa_codes(text("serial"))})),
        _ => return None,
    };
    Some(answer)
}

#[cfg(test)]
#[path = "control_mfa_tests.rs"]
mod tests;
