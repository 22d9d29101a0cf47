//! Controls of the IAM roles of permission sets.

use serde_json::{Value, json};

use crate::control::Control;
use crate::credentials::reserved_arn;
use crate::iam::reserved::{self, ReservedRole};
use crate::text::hex;

impl Control {
    /// The ARN of the role of a permission set as it is now, with its path.
    pub fn role_path_arn(&self, account: &str, permission_set: &str) -> String {
        let shared = self.shared();
        let state = shared.state();
        let role = reserved::of(&state.reserved_roles, account, permission_set);
        let name = format!("AWSReservedSSO_{permission_set}_{}", role.suffix);
        reserved_arn(account, state.world.sso_region_of(state.world.portal_with(account)), &name)
    }

    /// Deletes the role of a permission set, and makes it again under its ARN. Its credentials are no longer known, and
    /// access entries from before are of a role that is gone, though EKS shows them as ever.
    pub fn recreate_role(&self, account: &str, permission_set: &str) {
        self.replace_role(account, permission_set, |_| {});
    }

    /// Deletes the role of a permission set, and makes it again with another suffix, as when its assignments in the
    /// account were removed and made again. Returns the new ARN, with its path.
    pub fn rename_role(&self, account: &str, permission_set: &str) -> String {
        let suffix = hex(&self.shared().random.bytes(8));
        self.replace_role(account, permission_set, |role| role.suffix = suffix);
        self.role_path_arn(account, permission_set)
    }

    fn replace_role(&self, account: &str, permission_set: &str, change: impl FnOnce(&mut ReservedRole)) {
        let shared = self.shared();
        let mut state = shared.state();
        let mut role = reserved::of(&state.reserved_roles, account, permission_set);
        role.generation += 1;
        role.created = shared.clock.seconds();
        change(&mut role);
        state.reserved_roles.insert((account.to_owned(), permission_set.to_owned()), role);
        let of_the_old_one = state.credentials.values_mut().filter(|credentials| {
            credentials.role.is_none() && credentials.account == account && credentials.permission_set == permission_set
        });
        of_the_old_one.for_each(|credentials| credentials.known = false);
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/recreate-role",
        "{\"account\", \"permission_set\"} the same ARN, another id: access entries from before are dead",
    ),
    ("POST /_control/rename-role", "{\"account\", \"permission_set\"} deleted and made again, with another suffix"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let (account, permission_set) = (text("account"), text("permission_set"));
    match path {
        ["recreate-role"] => control.recreate_role(account, permission_set),
        ["rename-role"] => {
            control.rename_role(account, permission_set);
        }
        _ => return None,
    }
    Some(Ok(json!({"ok": true, "role_arn": control.role_path_arn(account, permission_set)})))
}

#[cfg(test)]
#[path = "control_roles_tests.rs"]
mod tests;
