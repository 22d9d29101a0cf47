//! IAM users: what has long-lived keys.

use serde_json::{Value, json};

use super::{MfaDevice, policy, reserved};

/// An IAM user.
#[derive(Debug, Clone)]
pub struct User {
    /// Twelve digits.
    pub account: String,
    /// `/`, or `/with/slashes/`.
    pub path: String,
    /// The name.
    pub name: String,
    /// The one identity policy, as IAM spells it.
    pub policy: Value,
    /// Its MFA devices.
    pub mfa_devices: Vec<MfaDevice>,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// How often it was deleted and made again: each time it gets another unique id.
    pub generation: u32,
}

impl User {
    /// A user without rights.
    pub fn new(account: &str, name: &str) -> User {
        User {
            account: account.to_owned(),
            path: "/".to_owned(),
            name: name.to_owned(),
            policy: policy(json!([])),
            mfa_devices: Vec::new(),
            created: reserved::CREATED,
            generation: 0,
        }
    }

    /// Its ARN, with its path.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user{}{}", self.account, self.path, self.name)
    }

    /// Adds a statement to the identity policy.
    #[must_use]
    pub fn allowing(mut self, statement: Value) -> User {
        super::push(&mut self.policy, statement);
        self
    }
}
