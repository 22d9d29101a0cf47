//! Controls of those who administer: a platform team's keys, and IAM users.

use serde_json::{Value, json};

use crate::cluster::AccessEntry;
use crate::control::Control;
use crate::credentials::Credentials;
use crate::iam::{self, User, reserved};

/// The permission set of an administrator.
const ADMINISTRATOR: &str = "AdministratorAccess";

impl Control {
    /// The environment of an administrator of an account: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
    /// `AWS_SESSION_TOKEN` of the permission set `AdministratorAccess`, whose role there has an access entry with
    /// `AmazonEKSClusterAdminPolicy` in all clusters of the account.
    pub fn administrator_keys(&self, account: &str) -> Vec<(String, String)> {
        self.provision_permission_set(account, ADMINISTRATOR);
        let principal = self.role_path_arn(account, ADMINISTRATOR);
        for cluster in self.clusters_of(account) {
            self.edit_cluster(&cluster, |cluster| {
                if !cluster.access_entries.iter().any(|entry| entry.is_of(&principal)) {
                    cluster.access_entries.push(administrator_entry(&principal));
                }
            });
        }
        self.mint(account, ADMINISTRATOR).environment()
    }

    /// The environment of a session of any permission set in an account, whether it is assigned to the person or not.
    pub fn permission_set_keys(&self, account: &str, permission_set: &str) -> Vec<(String, String)> {
        self.mint(account, permission_set).environment()
    }

    /// Makes the role of a permission set in an account, as IAM Identity Center does when anybody is assigned to it
    /// there: IAM shows it, and the portal does not offer it to the person. Returns its ARN, with its path.
    pub fn provision_permission_set(&self, account: &str, permission_set: &str) -> String {
        let shared = self.shared();
        {
            let mut state = shared.state();
            let role = reserved::of(&state.reserved_roles, account, permission_set);
            state.reserved_roles.insert((account.to_owned(), permission_set.to_owned()), role);
            state.bind_entries(shared.clock.milliseconds());
        }
        self.role_path_arn(account, permission_set)
    }

    /// Assigns a permission set in an account to the person, who can choose it in the portal from then on. False if
    /// there is no such account.
    pub fn assign_permission_set(&self, account: &str, permission_set: &str) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let Some(found) = state.world.account_mut(account) else { return false };
        if !found.permission_sets.iter().any(|name| name == permission_set) {
            found.permission_sets.push(permission_set.to_owned());
        }
        true
    }

    /// Adds an IAM user, or replaces the one with its name in the account. Keys that it had are gone.
    pub fn put_user(&self, user: User) {
        let shared = self.shared();
        self.remove_user(&user.account, &user.name);
        let mut state = shared.state();
        state.world.users.push(user);
        state.bind_entries(shared.clock.milliseconds());
    }

    /// Removes an IAM user with its keys. False if the account has none with this name.
    pub fn remove_user(&self, account: &str, name: &str) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let is_it = |user: &User| user.account == account && user.name == name;
        let Some(position) = state.world.users.iter().position(is_it) else { return false };
        let arn = state.world.users.remove(position).arn();
        state.credentials.retain(|_, keys| keys.user.as_ref() != Some(&arn));
        true
    }

    /// The environment of an IAM user: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` of a new long-lived key. A user
    /// without rights is made if there is none with this name.
    pub fn user_keys(&self, account: &str, name: &str) -> Vec<(String, String)> {
        let shared = self.shared();
        let known =
            shared.state().world.users.iter().find(|user| user.account == account && user.name == name).cloned();
        let user = known.unwrap_or_else(|| {
            let user = User::new(account, name);
            self.put_user(user.clone());
            user
        });
        let keys = Credentials::of_user(&shared.random, &user);
        shared.state().credentials.insert(keys.access_key_id.clone(), keys.clone());
        keys.environment()
    }

    /// The environment of a session of an IAM role, as if somebody had assumed it. None if the account has no role with
    /// this name.
    pub fn role_keys(&self, account: &str, name: &str) -> Option<Vec<(String, String)>> {
        let shared = self.shared();
        let role =
            shared.state().world.roles.iter().find(|role| role.account == account && role.name == name).cloned()?;
        let keys = crate::sts::mint(&shared, &role, "ada", 3600);
        crate::sts::keep(&shared, &keys);
        Some(keys.environment())
    }

    /// Disables a key, as an administrator of IAM does, or enables it again: AWS answers as if there were no such key.
    /// False if there is none with this `AWS_ACCESS_KEY_ID`.
    pub fn disable_keys(&self, access_key_id: &str, disabled: bool) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        state.credentials.get_mut(access_key_id).map(|keys| keys.known = !disabled).is_some()
    }

    /// A bearer token for a cluster that is signed with keys of the sandbox, by their `AWS_ACCESS_KEY_ID`. None if there
    /// is no such cluster or no such key.
    pub fn token_of_keys(&self, cluster: &str, access_key_id: &str) -> Option<String> {
        let shared = self.shared();
        let state = shared.state();
        let region = &state.world.clusters.iter().find(|candidate| candidate.name == cluster)?.region;
        let keys = state.credentials.get(access_key_id)?;
        Some(crate::kube::token::token(keys, cluster, region, shared.clock.seconds()))
    }

    /// The names of the clusters of an account.
    pub(crate) fn clusters_of(&self, account: &str) -> Vec<String> {
        let shared = self.shared();
        let state = shared.state();
        let own = state.world.clusters.iter().filter(|cluster| cluster.account == account);
        own.map(|cluster| cluster.name.clone()).collect()
    }
}

/// The entry of an administrator, as `eksctl` makes it: with EKS's default username.
fn administrator_entry(principal: &str) -> AccessEntry {
    let username = crate::eks::default_username(principal);
    AccessEntry::new(principal, &username, &[]).with_policy("AmazonEKSClusterAdminPolicy", None)
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/administrator",
        "{\"account\"} an administrator's variables; cluster admin in the account's clusters",
    ),
    ("POST /_control/keys", "{\"account\", \"permission_set\"} the variables of a session, assigned or not"),
    (
        "POST /_control/provision",
        "{\"account\", \"permission_set\"} make its role there, which IAM shows and the portal does not offer",
    ),
    ("POST /_control/assign", "{\"account\", \"permission_set\"} offer it in the portal from now on"),
    ("POST /_control/user", "{\"account\", \"name\", \"path\"?, \"policy\"?: policy} an IAM user: add or replace"),
    ("POST /_control/remove-user", "{\"account\", \"name\"} with its keys"),
    ("POST /_control/user-keys", "{\"account\", \"name\"} the variables of a new long-lived key of an IAM user"),
    ("POST /_control/role-keys", "{\"account\", \"name\"} the variables of a session of an IAM role"),
    (
        "POST /_control/disable-keys",
        "{\"access_key_id\", \"disabled\"?: bool} a key that AWS no longer knows, or again",
    ),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let (account, name, permission_set) = (text("account"), text("name"), text("permission_set"));
    let variables = |list: Vec<(String, String)>| -> Value {
        list.into_iter().map(|(name, value)| (name, json!(value))).collect::<serde_json::Map<_, _>>().into()
    };
    let done = match path {
        ["administrator"] => return Some(Ok(variables(control.administrator_keys(account)))),
        ["keys"] => return Some(Ok(variables(control.permission_set_keys(account, permission_set)))),
        ["provision"] => {
            return Some(Ok(
                json!({"ok": true, "role_arn": control.provision_permission_set(account, permission_set)}),
            ));
        }
        ["assign"] => control.assign_permission_set(account, permission_set),
        ["user"] => {
            let user = User {
                path: input["path"].as_str().unwrap_or("/").to_owned(),
                policy: Some(input["policy"].clone())
                    .filter(Value::is_object)
                    .unwrap_or_else(|| iam::policy(json!([]))),
                ..User::new(account, name)
            };
            let arn = user.arn();
            control.put_user(user);
            return Some(Ok(json!({"ok": true, "arn": arn})));
        }
        ["remove-user"] => control.remove_user(account, name),
        ["role-keys"] => match control.role_keys(account, name) {
            Some(keys) => return Some(Ok(variables(keys))),
            None => false,
        },
        ["disable-keys"] => control.disable_keys(text("access_key_id"), input["disabled"].as_bool().unwrap_or(true)),
        ["user-keys"] => return Some(Ok(variables(control.user_keys(account, name)))),
        _ => return None,
    };
    Some(if done { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}

#[cfg(test)]
#[path = "control_administrator_tests.rs"]
mod tests;
