//! The portal of IAM Identity Center: accounts, roles, role credentials.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::message::{Reply, Request};
use crate::state::{Shared, State};
use crate::world::PortalId;

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/assignment/accounts") => "ListAccounts",
        ("GET", "/assignment/roles") => "ListAccountRoles",
        ("GET", "/federation/credentials") => "GetRoleCredentials",
        ("POST", "/logout") => "Logout",
        _ => "unknown",
    }
}

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let operation = operation(request);
    if operation == "unknown" {
        return error(404, "UnknownOperationException", "Unknown operation");
    }
    let token = request.header("x-amz-sso_bearer_token").unwrap_or_default();
    let (now, region) = (shared.clock.milliseconds(), request.region.as_deref());
    let portal = match shared.state().oidc.portal_session(token, now, region) {
        Ok(session) => session.portal,
        Err(why) => return error(401, "UnauthorizedException", "Session token not found or invalid").because(why),
    };
    let result = match operation {
        "ListAccounts" => accounts(&shared.state(), portal, request),
        "ListAccountRoles" => roles(&shared.state(), portal, request),
        "GetRoleCredentials" => credentials(shared, portal, request),
        _ => {
            shared.state().oidc.log_out(token, now);
            Ok(Reply::new(200, "application/json", ""))
        }
    };
    result.unwrap_or_else(|refusal| refusal)
}

/// An error as this service spells it.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    let kind = format!("com.amazonaws.switchboard.portal#{code}");
    Reply::json(status, &json!({"message": message, "__type": kind})).with("x-amzn-errortype", code)
}

fn invalid(message: &str) -> Reply {
    error(400, "InvalidRequestException", message)
}

fn no_access() -> Reply {
    error(403, "ForbiddenException", "No access")
}

fn accounts(state: &State, portal: PortalId, request: &Request) -> Result<Reply, Reply> {
    let all: Vec<Value> = state
        .world
        .accounts_of(portal)
        .iter()
        .map(|account| {
            let mut shown = json!({"accountId": account.id});
            if let Some(name) = &account.name {
                shown["accountName"] = json!(name);
            }
            if let Some(email) = &account.email {
                shown["emailAddress"] = json!(email);
            }
            shown
        })
        .collect();
    let (page, next) = page(&all, request, state.world.settings.page_size, "ListAccounts")?;
    Ok(Reply::json(200, &json!({"accountList": page, "nextToken": next})))
}

fn roles(state: &State, portal: PortalId, request: &Request) -> Result<Reply, Reply> {
    let id = account_id(request)?;
    let accounts = state.world.accounts_of(portal);
    let account = accounts.iter().find(|account| account.id == id).ok_or_else(no_access)?;
    let all: Vec<Value> =
        account.permission_sets.iter().map(|name| json!({"roleName": name, "accountId": account.id})).collect();
    let (page, next) = page(&all, request, state.world.settings.page_size, &id)?;
    Ok(Reply::json(200, &json!({"roleList": page, "nextToken": next})))
}

fn credentials(shared: &Shared, portal: PortalId, request: &Request) -> Result<Reply, Reply> {
    let account = account_id(request)?;
    let role = request
        .parameter("role_name")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| invalid("role_name is required"))?;
    if !shared.state().world.assigned(portal, &account, &role) {
        return Err(no_access().because(format!("{role} is not assigned in {account}")));
    }
    let minted = shared.mint(&account, &role);
    Ok(Reply::json(
        200,
        &json!({"roleCredentials": {
            "accessKeyId": minted.access_key_id,
            "secretAccessKey": minted.secret_access_key,
            "sessionToken": minted.session_token,
            "expiration": minted.expiration,
        }}),
    ))
}

fn account_id(request: &Request) -> Result<String, Reply> {
    let id = request.parameter("account_id").unwrap_or_default();
    let is_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_id { Ok(id) } else { Err(invalid("account_id must be 12 digits")) }
}

/// A page of a list. A token is valid for its own list only.
fn page<'list>(
    all: &'list [Value],
    request: &Request,
    default: i64,
    list: &str,
) -> Result<(&'list [Value], Option<String>), Reply> {
    let size = match request.parameter("max_result") {
        None => default,
        Some(text) => match text.parse::<i64>() {
            Ok(size @ 1..=100) => size,
            _ => return Err(invalid("max_result must be between 1 and 100")),
        },
    };
    let start = match request.parameter("next_token") {
        None => 0,
        Some(token) => {
            let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            decoded
                .and_then(|text| text.strip_prefix(&format!("{list} "))?.parse::<usize>().ok())
                .filter(|start| *start < all.len())
                .ok_or_else(|| invalid("Invalid next token"))?
        }
    };
    let end = all.len().min(start + usize::try_from(size).unwrap_or(1));
    let next = (end < all.len()).then(|| URL_SAFE_NO_PAD.encode(format!("{list} {end}")));
    Ok((&all[start..end], next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str) -> Request {
        Request { query: query.to_owned(), ..Request::default() }
    }

    #[test]
    fn pages_cover_a_list_once() {
        let all: Vec<Value> = (0..7).map(Value::from).collect();
        let mut seen = Vec::new();
        let mut query = "max_result=3".to_owned();
        loop {
            let (part, next) = page(&all, &request(&query), 50, "list").expect("a page");
            seen.extend_from_slice(part);
            let Some(next) = next else { break };
            query = format!("max_result=3&next_token={next}");
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn pages_refuse_wrong_sizes_and_foreign_tokens() {
        let all: Vec<Value> = (0..7).map(Value::from).collect();
        for query in ["max_result=0", "max_result=101", "max_result=x", "next_token=nonsense"] {
            assert_eq!(page(&all, &request(query), 50, "list").expect_err(query).status, 400);
        }
        let (_, next) = page(&all, &request("max_result=3"), 50, "list").expect("a page");
        let query = format!("next_token={}", next.expect("more"));
        assert!(page(&all, &request(&query), 50, "another").is_err());
    }
}
