//! STS, in the query protocol: `GetCallerIdentity`, signed by header or presigned; `AssumeRole`; and
//! `AssumeRoleWithWebIdentity`, which is not signed.

mod assume;
mod wanted;
mod web_identity;

use crate::credentials::Credentials;
use crate::iam::Role;
use crate::message::{Reply, Request};
use crate::query::{self, element};
use crate::sigv4::Caller;
use crate::state::Shared;
use crate::text::first;
use wanted::Wanted;

/// A refusal: the status, the code and the message.
type Refused = (u16, &'static str, String);

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let pairs = query::parameters(request);
    let action = first(&pairs, "Action").unwrap_or_default();
    if request.path != "/" || !["GET", "POST"].contains(&request.method.as_str()) || action.is_empty() {
        return error(302, "MissingAction", "Missing Action").because("STS wants GET or POST / with an Action");
    }
    let known = ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"].contains(&action);
    if first(&pairs, "Version") != Some("2011-06-15") || !known {
        return query::invalid_action(NAMESPACE, &pairs);
    }
    if action == "AssumeRoleWithWebIdentity" {
        return with_web_identity(shared, &pairs)
            .unwrap_or_else(|(status, code, message)| error(status, code, &message));
    }
    // STS allows a clock to be off by 15 minutes; the other services by 5.
    match shared.caller(request, "sts", 15) {
        Ok(caller) if action == "GetCallerIdentity" => caller_identity(shared, &caller),
        Ok(caller) => {
            assume_role(shared, &caller, &pairs).unwrap_or_else(|(status, code, message)| error(status, code, &message))
        }
        Err(refusal) => query::refused(NAMESPACE, refusal),
    }
}

fn assume_role(shared: &Shared, caller: &Caller, pairs: &[(String, String)]) -> Result<Reply, Refused> {
    let wanted = Wanted::read(pairs)?;
    let (role, seconds) = {
        let state = shared.state();
        let (role, seconds) = assume::decide(&state, &caller.credentials, &wanted)?;
        (role.clone(), seconds)
    };
    let minted = mint(shared, &role, &wanted.session_name, seconds);
    let more = wanted.source_identity.map(|it| ("SourceIdentity", it)).into_iter().collect::<Vec<_>>();
    Ok(assumed(shared, "AssumeRole", &minted, &more))
}

fn with_web_identity(shared: &Shared, pairs: &[(String, String)]) -> Result<Reply, Refused> {
    let (role, seconds, session_name, more) = {
        let state = shared.state();
        let (admitted, wanted) = web_identity::decide(&state, &shared.issuers, pairs, shared.clock.seconds())?;
        let more = [
            ("SubjectFromWebIdentityToken", admitted.subject),
            ("Provider", admitted.provider),
            ("Audience", admitted.audience),
        ];
        (admitted.role.clone(), admitted.seconds, wanted.session_name, more)
    };
    let minted = mint(shared, &role, &session_name, seconds);
    Ok(assumed(shared, "AssumeRoleWithWebIdentity", &minted, &more))
}

/// Mints and stores credentials of a role.
fn mint(shared: &Shared, role: &Role, session_name: &str, seconds: i64) -> Credentials {
    let expiration = (shared.clock.seconds() + seconds) * 1000;
    let mut minted = Credentials::mint(&shared.random, &role.account, &role.name, (session_name, ""), expiration);
    (minted.role, minted.generation) = (Some(role.arn()), role.generation);
    shared.state().credentials.insert(minted.access_key_id.clone(), minted.clone());
    minted
}

fn assumed(shared: &Shared, action: &str, minted: &Credentials, more: &[(&str, String)]) -> Reply {
    let expiration = crate::clock::format(minted.expiration / 1000, "%Y-%m-%dT%H:%M:%SZ");
    let credentials = [
        element("AccessKeyId", &minted.access_key_id),
        element("SecretAccessKey", &minted.secret_access_key),
        element("SessionToken", minted.session_token.as_deref().unwrap_or_default()),
        element("Expiration", &expiration),
    ];
    let user = [
        element("AssumedRoleId", &format!("{}:{}", minted.role_id(), minted.session_name)),
        element("Arn", &minted.caller_arn()),
    ];
    let more: String = more.iter().map(|(name, value)| element(name, value)).collect();
    let result = format!(
        "<Credentials>{}</Credentials>\n    <AssumedRoleUser>{}</AssumedRoleUser>{more}",
        credentials.concat(),
        user.concat()
    );
    query::answer(NAMESPACE, action, &result, &shared.random.uuid())
}

fn caller_identity(shared: &Shared, caller: &Caller) -> Reply {
    let credentials = &caller.credentials;
    let result = [
        element("Arn", &credentials.caller_arn()),
        element("UserId", &credentials.caller_id()),
        element("Account", &credentials.account),
    ];
    query::answer(NAMESPACE, "GetCallerIdentity", &result.concat(), &shared.random.uuid())
}

/// An error as this service spells it.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    query::error(NAMESPACE, status, code, message)
}

#[cfg(test)]
#[path = "sts/tests.rs"]
mod tests;
