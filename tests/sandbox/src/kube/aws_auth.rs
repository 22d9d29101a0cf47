//! The ConfigMap `kube-system/aws-auth`, as aws-iam-authenticator reads it.

use serde_json::{Value, json};

use crate::cluster::RoleMapping;
use crate::objects;

/// The namespace of the ConfigMap.
pub(crate) const NAMESPACE: &str = "kube-system";
/// Its name.
pub(crate) const NAME: &str = "aws-auth";

/// What the ConfigMap says about roles and accounts. Users are none of the sandbox's callers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AwsAuth {
    pub(crate) roles: Vec<RoleMapping>,
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
        AwsAuth { roles: data("mapRoles").iter().map(role).collect(), accounts: accounts.collect() }
    }

    /// The mapping of a role by its ARN without a path. Of duplicates the last wins. In an account that is mapped as a
    /// whole, everybody is a user without groups.
    pub(crate) fn find(&self, role_arn: &str, account: &str) -> Option<RoleMapping> {
        let own = self.roles.iter().rfind(|role| role.role_arn.eq_ignore_ascii_case(role_arn)).cloned();
        let whole = || RoleMapping::new("", &role_arn.to_ascii_lowercase(), &[]);
        own.or_else(|| self.accounts.iter().any(|mapped| mapped == account).then(whole))
    }
}

fn read(text: &str) -> Vec<Value> {
    match serde_saphyr::from_str::<Value>(text) {
        Ok(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// An item of `mapRoles`, as Go's JSON decoder reads it: keys have no case, and what has a wrong type is left out.
fn role(item: &Value) -> RoleMapping {
    let value = |name: &str| {
        let mut members = item.as_object().into_iter().flatten();
        members.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let text = |name: &str| value(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let groups = value("groups").and_then(Value::as_array).into_iter().flatten();
    RoleMapping {
        role_arn: text("rolearn"),
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
