//! STS, in the query protocol: `GetCallerIdentity`, signed by header or presigned; `AssumeRole`; `GetSessionToken`; and
//! `AssumeRoleWithWebIdentity`, which is not signed.

mod assume;
mod mfa;
mod wanted;
mod web_identity;

use crate::credentials::Credentials;
use crate::iam::Role;
use crate::message::{Reply, Request};
use crate::query::{self, element};
use crate::state::Shared;
use crate::text::first;
use wanted::{Code, Wanted};

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
    let known = ["GetCallerIdentity", "AssumeRole", "GetSessionToken", "AssumeRoleWithWebIdentity"].contains(&action);
    if first(&pairs, "Version") != Some("2011-06-15") || !known {
        return query::invalid_action(NAMESPACE, &pairs);
    }
    if action == "AssumeRoleWithWebIdentity" {
        return with_web_identity(shared, &pairs)
            .unwrap_or_else(|(status, code, message)| error(status, code, &message));
    }
    // STS allows a clock to be off by 15 minutes; the other services by 5.
    let caller = match shared.caller(request, "sts", 15) {
        Ok(caller) => caller.credentials,
        Err(refusal) => return query::refused(NAMESPACE, refusal),
    };
    let answer = match action {
        "GetCallerIdentity" => Ok(caller_identity(shared, &caller)),
        "GetSessionToken" => session_token(shared, &caller, &pairs),
        _ => assume_role(shared, &caller, &pairs),
    };
    answer.unwrap_or_else(|(status, code, message)| error(status, code, &message))
}

fn assume_role(shared: &Shared, caller: &Credentials, pairs: &[(String, String)]) -> Result<Reply, Refused> {
    let wanted = Wanted::read(pairs)?;
    let now = shared.clock.seconds();
    let (role, seconds, mfa_at) = {
        let mut state = shared.state();
        // The code is used up, whatever the policies say afterwards.
        let mfa_at = mfa::take(&mut state, caller, &wanted.code, now)?;
        let context = assume::context(caller, &wanted, mfa_at, now);
        let (role, seconds) = assume::decide(&state, caller, &wanted, &context)?;
        (role.clone(), seconds, mfa_at)
    };
    let minted = Credentials {
        // A chain of roles does not hand on that there was a code.
        mfa_at: mfa_at.or(caller.mfa_at.filter(|_| caller.user.is_some())),
        chained: !caller.are_long_lived(),
        ..mint(shared, &role, &wanted.session_name, seconds)
    };
    keep(shared, &minted);
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
    keep(shared, &minted);
    Ok(assumed(shared, "AssumeRoleWithWebIdentity", &minted, &more))
}

/// A session of an IAM user, for whom a policy wants a code of an MFA device with every call.
fn session_token(shared: &Shared, caller: &Credentials, pairs: &[(String, String)]) -> Result<Reply, Refused> {
    let seconds = first(pairs, "DurationSeconds").map(|text| wanted::seconds(text, 129_600)).transpose()?;
    let code = Code::read(pairs)?;
    if !caller.are_long_lived() {
        return Err((403, "AccessDenied", "Cannot call GetSessionToken with session credentials".to_owned()));
    }
    let now = shared.clock.seconds();
    let mfa_at = mfa::take(&mut shared.state(), caller, &code, now)?;
    let expiration = (now + seconds.unwrap_or(43_200)) * 1000;
    let minted = Credentials { mfa_at, ..Credentials::of_session(&shared.random, caller, expiration) };
    keep(shared, &minted);
    Ok(query::answer(NAMESPACE, "GetSessionToken", &shown(&minted), &shared.random.uuid()))
}

/// Stores credentials, which are good from then on.
pub(crate) fn keep(shared: &Shared, minted: &Credentials) {
    shared.state().credentials.insert(minted.access_key_id.clone(), minted.clone());
}

/// Mints credentials of a role.
pub(crate) fn mint(shared: &Shared, role: &Role, session_name: &str, seconds: i64) -> Credentials {
    let expiration = (shared.clock.seconds() + seconds) * 1000;
    let mut minted = Credentials::mint(&shared.random, &role.account, &role.name, (session_name, ""), expiration);
    (minted.role, minted.generation) = (Some(role.arn()), role.generation);
    minted
}

/// Credentials as STS spells them.
fn shown(minted: &Credentials) -> String {
    let expiration = crate::clock::format(minted.expiration / 1000, "%Y-%m-%dT%H:%M:%SZ");
    let credentials = [
        element("AccessKeyId", &minted.access_key_id),
        element("SecretAccessKey", &minted.secret_access_key),
        element("SessionToken", minted.session_token.as_deref().unwrap_or_default()),
        element("Expiration", &expiration),
    ];
    format!("<Credentials>{}</Credentials>", credentials.concat())
}

fn assumed(shared: &Shared, action: &str, minted: &Credentials, more: &[(&str, String)]) -> Reply {
    let user = [
        element("AssumedRoleId", &format!("{}:{}", minted.role_id(), minted.session_name)),
        element("Arn", &minted.caller_arn()),
    ];
    let more: String = more.iter().map(|(name, value)| element(name, value)).collect();
    let result = format!("{}\n    <AssumedRoleUser>{}</AssumedRoleUser>{more}", shown(minted), user.concat());
    query::answer(NAMESPACE, action, &result, &shared.random.uuid())
}

fn caller_identity(shared: &Shared, credentials: &Credentials) -> Reply {
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
#[cfg(test)]
#[path = "sts/user_tests.rs"]
mod user_tests;
