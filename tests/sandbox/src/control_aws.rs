//! Controls of AWS: secrets, roles and policies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::control::Control;
use crate::iam::{self, Role};
use crate::secretsmanager::{Encryption, Secret, SecretValue};

/// Changes to secrets, roles and policies.
///
/// ```no_run
/// use sandbox::{Role, Secret, SecretValue, iam, objects};
/// use serde_json::json;
///
/// let (account, region) = ("111122223333", "eu-west-1");
/// let sandbox = sandbox::Sandbox::start();
/// let control = sandbox.control();
/// let old = Secret::new(account, region, "customer/idp-dev/db", r#"{"password":"first"}"#).described("Database");
/// control.put_secret(old.then(SecretValue::Text(r#"{"password":"second"}"#.into())));
/// control.put_many_secrets(account, region, "customer/idp-dev/many-", 5000);
/// control.deny_action("idp-ns-idp-dev", "secretsmanager:BatchGetSecretValue");
/// let read = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
/// let role = Role::new(account, "x").trusting(iam::trust_permission_set(account, "idp-ns-idp-dev")).allowing(read);
/// control.apply("idp-nonprod-1", objects::service_account_with_role("idp-dev", "x", &role.arn()));
/// control.apply("idp-nonprod-1", objects::running_as(objects::pod("idp-dev", "x-0", "x", true), "x"));
/// control.put_role(role);
/// ```
impl Control {
    /// Adds a secret, or replaces the one with its account, region and name.
    pub fn put_secret(&self, secret: Secret) {
        let shared = self.shared();
        let secrets = &mut shared.state().world.secrets;
        let same = |other: &Secret| {
            (&other.account, &other.region, &other.name) == (&secret.account, &secret.region, &secret.name)
        };
        secrets.retain(|other| !same(other));
        secrets.push(secret);
    }

    /// Adds this many secrets, `<prefix>0000` and on, each with its own text.
    pub fn put_many_secrets(&self, account: &str, region: &str, prefix: &str, count: usize) {
        let many = (0..count).map(|number| {
            let mut secret =
                Secret::new(account, region, &format!("{prefix}{number:04}"), &format!("value-{number:04}"));
            secret.created += i64::try_from(number).unwrap_or(0);
            secret
        });
        self.shared().state().world.secrets.extend(many);
    }

    /// Changes a secret. False if the account has none with this name.
    pub fn edit_secret(&self, account: &str, name: &str, edit: impl FnOnce(&mut Secret)) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let found = state.world.secrets.iter_mut().find(|secret| secret.account == account && secret.name == name);
        found.map(edit).is_some()
    }

    /// Removes a secret at once. False if the account has none with this name.
    pub fn remove_secret(&self, account: &str, name: &str) -> bool {
        let shared = self.shared();
        let secrets = &mut shared.state().world.secrets;
        let before = secrets.len();
        secrets.retain(|secret| secret.account != account || secret.name != name);
        secrets.len() < before
    }

    /// Removes all secrets.
    pub fn clear_secrets(&self) {
        self.shared().state().world.secrets.clear();
    }

    /// A copy of a secret, as it is now.
    pub fn secret(&self, account: &str, name: &str) -> Option<Secret> {
        let shared = self.shared();
        let state = shared.state();
        state.world.secrets.iter().find(|secret| secret.account == account && secret.name == name).cloned()
    }

    /// A copy of every secret, as it is now, for a test that searches for leaks.
    pub fn secrets(&self) -> Vec<Secret> {
        self.shared().state().world.secrets.clone()
    }

    /// Sets the policy of a permission set; `None` restores the one that its name implies.
    pub fn set_permission_set_policy(&self, permission_set: &str, policy: Option<Value>) {
        let shared = self.shared();
        let policies = &mut shared.state().world.permission_set_policies;
        match policy {
            Some(policy) => policies.insert(permission_set.to_owned(), policy),
            None => policies.remove(permission_set),
        };
    }

    /// Adds a role, or replaces the one with its name in the account.
    pub fn put_role(&self, role: Role) {
        let shared = self.shared();
        let mut state = shared.state();
        let roles = &mut state.world.roles;
        roles.retain(|other| other.account != role.account || other.name != role.name);
        roles.push(role);
        state.bind_entries(shared.clock.milliseconds());
    }

    /// Changes a role: what it trusts, what it may do. False if the account has none with this name.
    pub fn edit_role(&self, account: &str, name: &str, edit: impl FnOnce(&mut Role)) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let found = state.world.roles.iter_mut().find(|role| role.account == account && role.name == name);
        found.map(edit).is_some()
    }

    /// Removes a role. False if the account has none with this name.
    pub fn remove_role(&self, account: &str, name: &str) -> bool {
        let shared = self.shared();
        let roles = &mut shared.state().world.roles;
        let before = roles.len();
        roles.retain(|role| role.account != account || role.name != name);
        roles.len() < before
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/secret",
        "{\"account\", \"region\", \"name\", \"text\" | \"binary\" (base64), \"previous\"?: [texts, the oldest first], \
         \"description\"?, \"kms_key_id\"?, \"encryption\"?: fine|denied|broken, \"tags\"?: {key: value}, \
         \"created\"?, \"last_changed\"?, \"last_accessed\"?, \"last_rotated\"?, \"deleted\"?: seconds since 1970, \
         \"rotation_days\"?} add or replace",
    ),
    ("POST /_control/secret-version", "{\"account\", \"name\", \"text\"} a new current version"),
    ("POST /_control/secrets", "{\"account\", \"region\", \"prefix\", \"count\"} many secrets at once"),
    ("POST /_control/clear-secrets", "take all secrets away"),
    (
        "POST /_control/role",
        "{\"account\", \"name\", \"path\"?, \"trust\"?: policy or \"trusts\"?: [ARNs of principals], \"external_id\"?, \
         \"mfa\"?: bool, \"policy\"?: policy, \"max_session_duration\"?} add or replace",
    ),
    ("POST /_control/remove-role", "{\"account\", \"name\"}"),
    ("POST /_control/policy", "{\"permission_set\", \"policy\": policy or null for what its name says}"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let mut done = true;
    match path {
        ["secret"] => match secret(input) {
            Ok(secret) => {
                let arn = secret.arn();
                let versions: Vec<String> = secret.versions.iter().map(|version| version.id.clone()).collect();
                control.put_secret(secret);
                return Some(Ok(json!({"ok": true, "arn": arn, "versions": versions})));
            }
            Err(why) => return Some(Err(why)),
        },
        ["secret-version"] => {
            let value = SecretValue::Text(text("text"));
            done = control.edit_secret(&text("account"), &text("name"), |secret| *secret = secret.clone().then(value));
        }
        ["secrets"] => {
            let count = input["count"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
            control.put_many_secrets(&text("account"), &text("region"), &text("prefix"), count);
        }
        ["clear-secrets"] => control.clear_secrets(),
        ["role"] => {
            let role = role(input);
            let arn = role.arn();
            control.put_role(role);
            return Some(Ok(json!({"ok": true, "arn": arn})));
        }
        ["remove-role"] => done = control.remove_role(&text("account"), &text("name")),
        ["policy"] => {
            let policy = Some(input["policy"].clone()).filter(Value::is_object);
            control.set_permission_set_policy(&text("permission_set"), policy);
        }
        _ => return None,
    }
    Some(if done { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}

fn role(input: &Value) -> Role {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let document = |name: &str| Some(input[name].clone()).filter(Value::is_object);
    let usual = Role::new(text("account"), text("name"));
    let trusts = input["trusts"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let role = Role {
        path: input["path"].as_str().unwrap_or("/").to_owned(),
        trust: document("trust").unwrap_or_else(|| iam::policy(json!([]))),
        policy: document("policy").unwrap_or_else(|| iam::policy(json!([]))),
        max_session_duration: input["max_session_duration"].as_i64().unwrap_or(usual.max_session_duration),
        ..usual
    };
    let role = trusts.fold(role, |role, arn| role.trusting(iam::trust_principal(arn)));
    let role = input["external_id"].as_str().into_iter().fold(role, Role::requiring_external_id);
    if input["mfa"] == true { role.requiring_mfa() } else { role }
}

fn secret(input: &Value) -> Result<Secret, String> {
    let text = |name: &str| input[name].as_str().map(str::to_owned);
    let needed = |name: &str| text(name).ok_or_else(|| format!("{name} is missing"));
    let mut values: Vec<SecretValue> = input["previous"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|value| value.as_str().map(|value| SecretValue::Text(value.to_owned())))
        .collect();
    values.push(match (text("text"), text("binary")) {
        (Some(text), _) => SecretValue::Text(text),
        (None, Some(encoded)) => SecretValue::Binary(STANDARD.decode(encoded).map_err(|error| error.to_string())?),
        (None, None) => return Err("text or binary is missing".to_owned()),
    });
    let mut secret = Secret::new(&needed("account")?, &needed("region")?, &needed("name")?, "");
    secret.versions.clear();
    secret = values.into_iter().fold(secret, Secret::then);
    secret.description = text("description");
    secret.kms_key_id = text("kms_key_id");
    secret.encryption = match input["encryption"].as_str() {
        None | Some("fine") => Encryption::Fine,
        Some("denied") => Encryption::Denied,
        Some("broken") => Encryption::Broken,
        Some(other) => return Err(format!("there is no encryption '{other}'")),
    };
    let tags = input["tags"].as_object().into_iter().flatten();
    secret.tags = tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    secret.created = input["created"].as_i64().unwrap_or(secret.created);
    secret.last_changed = input["last_changed"].as_i64().unwrap_or(secret.last_changed);
    secret.last_accessed = input["last_accessed"].as_i64();
    secret.last_rotated = input["last_rotated"].as_i64();
    secret.deleted = input["deleted"].as_i64();
    secret.rotation_days = input["rotation_days"].as_i64();
    Ok(secret)
}
