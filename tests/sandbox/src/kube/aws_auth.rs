//! The ConfigMap `kube-system/aws-auth`, as aws-iam-authenticator reads it.

use serde_json::{Value, json};
use serde_saphyr::DuplicateKeyPolicy;

use crate::cluster::RoleMapping;
use crate::objects;

/// The namespace of the ConfigMap.
pub(crate) const NAMESPACE: &str = "kube-system";
/// Its name.
pub(crate) const NAME: &str = "aws-auth";

/// What the ConfigMap says about roles, users and accounts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AwsAuth {
    pub(crate) roles: Vec<RoleMapping>,
    /// The same for users: the ARN is a user's.
    users: Vec<RoleMapping>,
    accounts: Vec<String>,
}

impl AwsAuth {
    /// Reads a ConfigMap. What is no YAML maps nobody, and leaves the other lists as they are.
    pub(crate) fn of(config_map: &Value) -> AwsAuth {
        let data = |key: &str| read(config_map["data"][key].as_str().unwrap_or_default());
        let accounts = data("mapAccounts").into_iter().filter_map(|account| match account {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        let mapped = |key: &str, arn: &str| -> Vec<RoleMapping> {
            data(key).iter().map(|item| mapping(item, arn)).filter(|it| !it.role_arn.is_empty()).collect()
        };
        AwsAuth {
            roles: mapped("mapRoles", "rolearn"),
            users: mapped("mapUsers", "userarn"),
            accounts: accounts.collect(),
        }
    }

    /// The mapping of a principal by its canonical ARN: a role's without a path, a user's with it. Roles come before
    /// users, and neither list looks at the kind of the principal. Of duplicates the last wins. In an account that is
    /// mapped as a whole, everybody is a user without groups.
    pub(crate) fn find(&self, canonical_arn: &str, account: &str) -> Option<RoleMapping> {
        let of = |list: &[RoleMapping]| {
            list.iter().rfind(|mapping| mapping.role_arn.eq_ignore_ascii_case(canonical_arn)).cloned()
        };
        let whole = || RoleMapping::new("", canonical_arn, &[]);
        of(&self.roles)
            .or_else(|| of(&self.users))
            .or_else(|| self.accounts.iter().any(|mapped| mapped == account).then(whole))
    }
}

fn read(text: &str) -> Vec<Value> {
    // Go's YAML takes the last of keys that are there twice.
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::LastWins };
    match serde_saphyr::from_str_with_options::<Value>(text, options) {
        Ok(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// An item of `mapRoles` or `mapUsers`, as Go's JSON decoder reads it: keys have no case, and what has a wrong type is
/// left out.
fn mapping(item: &Value, arn: &str) -> RoleMapping {
    let value = |name: &str| {
        let mut members = item.as_object().into_iter().flatten();
        members.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let text = |name: &str| value(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let groups = value("groups").and_then(Value::as_array).into_iter().flatten();
    RoleMapping {
        role_arn: text(arn),
        username: text("username"),
        groups: groups.filter_map(|group| group.as_str().map(str::to_owned)).collect(),
    }
}

/// `mapRoles` with these roles.
pub(crate) fn map_roles(roles: &[RoleMapping]) -> String {
    let quoted = |text: &str| json!(text).to_string();
    let mut yaml = String::new();
    for role in roles {
        yaml += &format!("- rolearn: {}\n  username: {}\n", quoted(&role.role_arn), quoted(&role.username));
        if !role.groups.is_empty() {
            yaml += "  groups:\n";
            yaml.extend(role.groups.iter().map(|group| format!("    - {}\n", quoted(group))));
        }
    }
    yaml
}

/// The ConfigMap with this `mapRoles`.
pub(crate) fn config_map(map_roles: &str) -> Value {
    objects::config_map(NAMESPACE, NAME, json!({"mapRoles": map_roles}))
}

#[cfg(test)]
#[path = "aws_auth_tests.rs"]
mod tests;
