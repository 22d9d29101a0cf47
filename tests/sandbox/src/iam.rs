//! The part of IAM that the services need: roles, what they trust, and what a caller may do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::credentials::Credentials;
use crate::state::State;

mod mfa;
pub(crate) mod policy;
pub(crate) mod reserved;
pub(crate) mod service;
mod user;

pub use mfa::MfaDevice;
pub use user::User;

use policy::{Question, Verdict};

/// An IAM role that does not belong to a permission set.
#[derive(Debug, Clone)]
pub struct Role {
    /// Twelve digits.
    pub account: String,
    /// `/`, or `/with/slashes/`.
    pub path: String,
    /// The name.
    pub name: String,
    /// The trust policy, as IAM spells it.
    pub trust: Value,
    /// The one identity policy, as IAM spells it.
    pub policy: Value,
    /// The longest session in seconds, at least 3600. A chained session still ends after an hour.
    pub max_session_duration: i64,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// How often it was deleted and made again: each time it gets another unique id.
    pub generation: u32,
}

impl Role {
    /// A role without rights, which nobody may assume.
    pub fn new(account: &str, name: &str) -> Role {
        Role {
            account: account.to_owned(),
            path: "/".to_owned(),
            name: name.to_owned(),
            trust: policy(json!([])),
            policy: policy(json!([])),
            max_session_duration: 3600,
            created: reserved::CREATED,
            generation: 0,
        }
    }

    /// Its ARN, with its path.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name)
    }

    /// Adds a statement to the trust policy.
    #[must_use]
    pub fn trusting(mut self, statement: Value) -> Role {
        push(&mut self.trust, statement);
        self
    }

    /// Adds a statement to the identity policy.
    #[must_use]
    pub fn allowing(mut self, statement: Value) -> Role {
        push(&mut self.policy, statement);
        self
    }

    /// Lets the trust policy, as it is so far, hold only for those who give this external id.
    #[must_use]
    pub fn requiring_external_id(self, external_id: &str) -> Role {
        self.requiring("StringEquals", "sts:ExternalId", external_id)
    }

    /// Lets the trust policy, as it is so far, hold only for those who give a code of their MFA device.
    #[must_use]
    pub fn requiring_mfa(self) -> Role {
        self.requiring("Bool", "aws:MultiFactorAuthPresent", "true")
    }

    /// Sets the longest session, in seconds.
    #[must_use]
    pub fn lasting(self, seconds: i64) -> Role {
        Role { max_session_duration: seconds, ..self }
    }

    fn requiring(mut self, operator: &str, key: &str, value: &str) -> Role {
        for statement in self.trust["Statement"].as_array_mut().into_iter().flatten() {
            statement["Condition"][operator][key] = json!(value);
        }
        self
    }
}

fn push(document: &mut Value, statement: Value) {
    if let Some(statements) = document["Statement"].as_array_mut() {
        statements.push(statement);
    }
}

/// A policy document with these statements.
pub fn policy(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The statement of a trust policy that trusts a principal: the ARN of a user, of a role with its path, or
/// `arn:aws:iam::ACCOUNT:root` for an account, which leaves the decision to its own policies.
pub fn trust_principal(arn: &str) -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn}})
}

/// The statement of a trust policy that trusts the roles of a permission set, whatever their suffix: the account is the
/// principal, so that the caller's own policy counts too, and `aws:PrincipalArn` says which of its roles.
pub fn trust_permission_set(account: &str, permission_set: &str) -> Value {
    let pattern =
        format!("arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_{permission_set}_*");
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
        "Condition": {"ArnLike": {"aws:PrincipalArn": pattern}}})
}

/// The statement of a trust policy that `eksctl` and the documentation of IRSA write for a service account.
pub fn trust_service_account(account: &str, issuer: &str, namespace: &str, name: &str) -> Value {
    let provider = issuer.trim_start_matches("https://");
    let subject = format!("system:serviceaccount:{namespace}:{name}");
    json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{provider}")},
        "Condition": {"StringEquals": {format!("{provider}:sub"): subject, format!("{provider}:aud"): "sts.amazonaws.com"}}})
}

/// The policy of a namespace's developer: list all names, read below `customer/<namespace>/`, and assume roles, which
/// production does not grant.
pub fn namespace_policy(namespace: &str) -> Value {
    let mut statements = vec![
        json!({"Effect": "Allow", "Action": ["secretsmanager:ListSecrets", "secretsmanager:BatchGetSecretValue"],
            "Resource": "*"}),
        json!({"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecretVersionIds"],
            "Resource": format!("arn:aws:secretsmanager:*:*:secret:customer/{namespace}/*")}),
    ];
    if !namespace.ends_with("-prod") {
        statements.push(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/*"}));
    }
    policy(json!(statements))
}

/// The policy of a permission set: the one that was set, else the one that its name implies. If the name is not a
/// namespace's, it is what AWS's `AdministratorAccess` allows, or else what `ReadOnlyAccess` does.
fn permission_set_policy(set: &BTreeMap<String, Value>, name: &str) -> Value {
    if let Some(own) = set.get(name) {
        return own.clone();
    }
    match name.strip_prefix("idp-ns-") {
        Some(namespace) => namespace_policy(namespace),
        None if name == "AdministratorAccess" => policy(json!([{"Effect": "Allow", "Resource": "*", "Action": "*"}])),
        None => policy(json!([{"Effect": "Allow", "Resource": "*",
            "Action": ["secretsmanager:List*", "secretsmanager:Describe*", "secretsmanager:GetResourcePolicy",
                "eks:List*", "eks:Describe*", "iam:Get*", "iam:List*"]}])),
    }
}

/// What a platform lets all permission sets do, besides what their policies say.
const EVERYBODY: &[&str] = &["eks:ListClusters", "eks:DescribeCluster", "eks:ListPodIdentityAssociations"];

/// What a caller's own policy says about an action. An action that
/// [`Control::deny_action`](crate::Control::deny_action) removed is in no policy.
pub(crate) fn verdict(
    state: &State,
    caller: &Credentials,
    (action, resource): (&str, &str),
    context: &[(String, String)],
) -> Verdict {
    let concerns = |who: &str| who == "*" || who == caller.permission_set;
    let mut rulings = state.rulings.iter().rev();
    let ruling = rulings.find(|it| concerns(&it.permission_set) && policy::matches(&it.action, action));
    match ruling {
        Some(ruling) if ruling.allowed => return Verdict::Allowed,
        Some(_) => return Verdict::Silent,
        None => {}
    }
    let document = match (&caller.user, &caller.role) {
        (Some(arn), _) => {
            let user = state.world.users.iter().find(|user| user.arn() == *arn);
            user.map_or(Value::Null, |user| user.policy.clone())
        }
        (None, Some(arn)) => {
            let role = state.world.roles.iter().find(|role| role.arn() == *arn);
            role.map_or(Value::Null, |role| role.policy.clone())
        }
        (None, None) => permission_set_policy(&state.world.permission_set_policies, &caller.permission_set),
    };
    let is_permission_set = caller.user.is_none() && caller.role.is_none();
    match policy::judge(&document, &Question { action, resource: Some(resource), context, ..Question::default() }) {
        Verdict::Silent if is_permission_set && EVERYBODY.contains(&action) => Verdict::Allowed,
        verdict => verdict,
    }
}

/// Allows an action or refuses it in AWS's words. `shown` is how the message names the resource, if it does.
pub(crate) fn authorize(
    state: &State,
    caller: &Credentials,
    action: &str,
    (resource, shown): (&str, Option<&str>),
) -> Result<(), String> {
    let why = match verdict(state, caller, (action, resource), &caller.context()) {
        Verdict::Allowed => return Ok(()),
        Verdict::Silent => format!("because no identity-based policy allows the {action} action"),
        Verdict::Denied => "with an explicit deny in an identity-based policy".to_owned(),
    };
    let place = shown.map(|shown| format!(" on resource: {shown}")).unwrap_or_default();
    Err(format!("User: {} is not authorized to perform: {action}{place} {why}", caller.caller_arn()))
}
