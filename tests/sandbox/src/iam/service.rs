//! IAM itself, in the query protocol: `GetRole`, `ListRoles` and `GetUser`. There is one IAM, in us-east-1.

mod get_user;
mod list_roles;

use serde_json::{Value, json};

use super::reserved::{self, ReservedRole, role_id};
use super::{Role, authorize};
use crate::credentials::reserved_arn;
use crate::message::{Reply, Request};
use crate::query::{self, element};
use crate::sigv4::{Caller, Refusal};
use crate::state::{Shared, State};
use crate::text::{first, percent_encode};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// A refusal: the status, the code and the message.
type Refused = (u16, &'static str, String);

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let pairs = query::parameters(request);
    let caller = match shared.caller(request, "iam", 5) {
        Ok(caller) if caller.region != "us-east-1" => {
            let scope = "Credential should be scoped to a valid region. ".to_owned();
            return query::refused(NAMESPACE, Refusal::Scope(scope));
        }
        Ok(caller) => caller,
        Err(refusal) => return query::refused(NAMESPACE, refusal),
    };
    let action = first(&pairs, "Action").filter(|_| first(&pairs, "Version") == Some("2010-05-08")).unwrap_or_default();
    let state = shared.state();
    let result = match action {
        "GetRole" => get_role(&state, &caller, first(&pairs, "RoleName").unwrap_or_default()),
        "ListRoles" => list_roles::list_roles(&state, &caller, &pairs),
        "GetUser" => get_user::get_user(&state, &caller, first(&pairs, "UserName")),
        _ => return query::invalid_action(NAMESPACE, &pairs),
    };
    match result {
        Ok(result) => query::answer(NAMESPACE, action, &result, &shared.random.uuid()),
        Err((status, code, message)) => error(status, code, &message),
    }
}

/// An error as this service spells it.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    query::error(NAMESPACE, status, code, message)
}

fn get_role(state: &State, caller: &Caller, name: &str) -> Result<String, Refused> {
    check_name("roleName", name)?;
    let account = &caller.credentials.account;
    let found = find(state, account, name);
    let arn = found.as_ref().map_or_else(|| format!("arn:aws:iam::{account}:role/{name}"), Role::arn);
    authorize(state, &caller.credentials, "iam:GetRole", (&arn, Some(&format!("role {name}"))))
        .map_err(|message| (403, "AccessDenied", message))?;
    let role = found.ok_or_else(|| (404, "NoSuchEntity", format!("The role with name {name} cannot be found.")))?;
    Ok(format!("<Role>{}</Role>", show(&role)))
}

fn check_name(parameter: &str, name: &str) -> Result<(), Refused> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(is_name) {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value at '{parameter}' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: [\\w+=,.@-]+"
    );
    Err((400, "ValidationError", message))
}

/// A role of an account. IAM's names have no case.
fn find(state: &State, account: &str, name: &str) -> Option<Role> {
    roles(state, account).into_iter().find(|role| role.name.eq_ignore_ascii_case(name))
}

/// The roles of an account: its own, and those of the permission sets that are assigned or provisioned in it.
fn roles(state: &State, account: &str) -> Vec<Role> {
    let assigned = state.world.all_accounts().filter(|candidate| candidate.id == account);
    let mut permission_sets: Vec<&str> =
        assigned.flat_map(|account| &account.permission_sets).map(String::as_str).collect();
    let provisioned = state.reserved_roles.keys().filter(|(candidate, _)| candidate == account);
    permission_sets.extend(provisioned.map(|(_, permission_set)| permission_set.as_str()));
    permission_sets.sort_unstable();
    permission_sets.dedup();
    let own = state.world.roles.iter().filter(|role| role.account == account).cloned();
    let sso_region = state.world.sso_region_of(state.world.portal_with(account));
    let reserved = permission_sets.into_iter().map(|permission_set| {
        let role = reserved::of(&state.reserved_roles, account, permission_set);
        reserved_role(account, sso_region, permission_set, &role)
    });
    own.chain(reserved).collect()
}

/// The role of a permission set, as IAM Identity Center makes it.
fn reserved_role(account: &str, sso_region: &str, permission_set: &str, role: &ReservedRole) -> Role {
    let name = format!("AWSReservedSSO_{permission_set}_{}", role.suffix);
    let arn = reserved_arn(account, sso_region, &name);
    let path = arn.split_once(":role").map(|(_, path)| path.trim_end_matches(name.as_str()).to_owned());
    let provider = format!("arn:aws:iam::{account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE");
    let trust = json!([{"Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Principal": {"Federated": provider},
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}]);
    Role {
        path: path.unwrap_or_default(),
        trust: super::policy(trust),
        policy: Value::Null,
        max_session_duration: 43200,
        created: role.created,
        generation: role.generation,
        ..Role::new(account, &name)
    }
}

fn show(role: &Role) -> String {
    let created = crate::clock::format(role.created, "%Y-%m-%dT%H:%M:%SZ");
    let elements = [
        element("Path", &role.path),
        element("RoleName", &role.name),
        element("RoleId", &role_id(&role.arn(), role.generation)),
        element("Arn", &role.arn()),
        element("CreateDate", &created),
        element("AssumeRolePolicyDocument", &percent_encode(&role.trust.to_string())),
        element("MaxSessionDuration", &role.max_session_duration.to_string()),
    ];
    elements.concat()
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
