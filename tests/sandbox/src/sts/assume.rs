//! `AssumeRole`: who may assume which role, and for how long.

use super::Refused;
use super::wanted::{Wanted, validation};
use crate::credentials::Credentials;
use crate::iam::policy::{Question, Verdict, judge};
use crate::iam::{self, Role};
use crate::state::State;

/// The role and the duration in seconds, if the caller may assume it. A missing role looks as if it were forbidden.
pub(super) fn decide<'state>(
    state: &'state State,
    caller: &Credentials,
    wanted: &Wanted,
    context: &[(String, String)],
) -> Result<(&'state Role, i64), Refused> {
    let denied = |action: &str| {
        let (arn, role) = (caller.caller_arn(), &wanted.role_arn);
        (403, "AccessDenied", format!("User: {arn} is not authorized to perform: {action} on resource: {role}"))
    };
    let role = state.world.roles.iter().find(|role| role.arn() == wanted.role_arn);
    let role = role.filter(|role| may(state, caller, role, context, "sts:AssumeRole"));
    let role = role.ok_or_else(|| denied("sts:AssumeRole"))?;
    if wanted.source_identity.is_some() && !may(state, caller, role, context, "sts:SetSourceIdentity") {
        return Err(denied("sts:SetSourceIdentity"));
    }
    let seconds = wanted.duration.unwrap_or(3600);
    // A session token means that the caller is a session itself.
    if !caller.are_long_lived() && seconds > 3600 {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return Err(validation(message.to_owned()));
    }
    within_session(role, seconds)?;
    Ok((role, seconds))
}

/// No session is longer than its role allows.
pub(super) fn within_session(role: &Role, seconds: i64) -> Result<(), Refused> {
    if seconds <= role.max_session_duration {
        return Ok(());
    }
    Err(validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned()))
}

/// Whether the trust policy and the caller's own policy together allow it. A trust policy that names the caller's role
/// or user (or everybody) is enough within an account; one that names the account leaves the decision to the caller's policy;
/// between accounts both are needed.
fn may(state: &State, caller: &Credentials, role: &Role, context: &[(String, String)], action: &str) -> bool {
    let named = [("AWS", caller.principal_arn()), ("AWS", caller.caller_arn())];
    let root = format!("arn:aws:iam::{}:root", caller.account);
    let all = [&named[..], &[("AWS", root), ("AWS", caller.account.clone())]].concat();
    let asked = |principals| judge(&role.trust, &Question { action, resource: None, principals, context });
    let own = iam::verdict(state, caller, (action, &role.arn()), context);
    match (asked(&named), asked(&all)) {
        (_, Verdict::Denied) | (Verdict::Denied, _) => false,
        (Verdict::Allowed, _) if role.account == caller.account => own != Verdict::Denied,
        (_, Verdict::Allowed) => own == Verdict::Allowed,
        _ => false,
    }
}

/// The condition keys of a request: of the caller, with the MFA code of this request, and of what is asked for.
pub(super) fn context(caller: &Credentials, wanted: &Wanted, mfa_at: Option<i64>, now: i64) -> Vec<(String, String)> {
    let caller = Credentials { mfa_at: mfa_at.or(caller.mfa_at), ..caller.clone() };
    let present = mfa_at.map(|_| "true".to_owned());
    let set = [
        ("aws:MultiFactorAuthPresent", present),
        ("aws:MultiFactorAuthAge", caller.mfa_at.map(|at| (now - at).to_string())),
        ("sts:RoleSessionName", Some(wanted.session_name.clone())),
        ("sts:SourceIdentity", wanted.source_identity.clone()),
        ("sts:ExternalId", wanted.external_id.clone()),
    ];
    let set = set.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    set.chain(caller.context()).collect()
}
