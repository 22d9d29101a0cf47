//! `AssumeRoleWithWebIdentity`: with a token of an identity provider of the account, and a role that trusts it.
//!
//! The providers are those of the account's clusters, as IRSA sets them up.

use serde_json::Value;

use super::Refused;
use super::assume::within_session;
use super::wanted::{Wanted, within};
use crate::cluster::Cluster;
use crate::iam::Role;
use crate::iam::policy::{Question, Verdict, judge};
use crate::identity_token::{self, Issuers, Token};
use crate::state::State;
use crate::text::first;

/// The subject of a token, in a role.
#[derive(Debug)]
pub(super) struct Admitted<'state> {
    pub(super) role: &'state Role,
    pub(super) seconds: i64,
    pub(super) subject: String,
    pub(super) audience: String,
    pub(super) provider: String,
}

/// The role of a request and its subject, if the token is valid and the role trusts it.
pub(super) fn decide<'state>(
    state: &'state State,
    issuers: &Issuers,
    pairs: &[(String, String)],
    now: i64,
) -> Result<(Admitted<'state>, Wanted), Refused> {
    let wanted = Wanted::read(pairs)?;
    let token = first(pairs, "WebIdentityToken").unwrap_or_default();
    within("webIdentityToken", token, 4, 20_000)?;
    let account = wanted.role_arn.split(':').nth(4).unwrap_or_default();
    let token = identity_token::read(token).ok_or_else(|| {
        invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    })?;
    let cluster = provider(state, account, &token)?;
    check_signature(issuers, cluster, &token)?;
    check_times(&token, now)?;
    let audience = audience(cluster, &token)?;
    let subject = token.claims["sub"].as_str().unwrap_or_default().to_owned();
    let host = cluster.oidc_issuer().trim_start_matches("https://").to_owned();
    let provider = format!("arn:aws:iam::{account}:oidc-provider/{host}");
    let role = state.world.roles.iter().find(|role| role.arn() == wanted.role_arn);
    let role = role.filter(|role| trusts(role, (&provider, &host), (&subject, &audience), &wanted));
    let refused = || (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned());
    let role = role.ok_or_else(refused)?;
    let seconds = wanted.duration.unwrap_or(3600);
    within_session(role, seconds)?;
    Ok((Admitted { role, seconds, subject, audience, provider }, wanted))
}

fn invalid(message: &str) -> Refused {
    (400, "InvalidIdentityToken", message.to_owned())
}

fn provider<'state>(state: &'state State, account: &str, token: &Token) -> Result<&'state Cluster, Refused> {
    let issuer = token.claims["iss"].as_str().unwrap_or_default();
    let known = |cluster: &&Cluster| {
        cluster.account == account && cluster.oidc_audiences.is_some() && cluster.oidc_issuer() == issuer
    };
    let found = state.world.clusters.iter().find(known);
    found.ok_or_else(|| invalid(&format!("No OpenIDConnect provider found in your account for {issuer}")))
}

fn check_signature(issuers: &Issuers, cluster: &Cluster, token: &Token) -> Result<(), Refused> {
    match issuers.verify(&cluster.name, token) {
        Some(true) => Ok(()),
        Some(false) => Err(invalid(
            "The web identity token that was passed could not be validated by AWS. Get a new identity token from the \
             identity provider and then retry the request.",
        )),
        // The two blanks are AWS's.
        None => Err(invalid(
            "Couldn't retrieve verification key from your identity provider,  please reference \
             AssumeRoleWithWebIdentity documentation for requirements",
        )),
    }
}

fn check_times(token: &Token, now: i64) -> Result<(), Refused> {
    let ends = token.claims["exp"].as_i64().unwrap_or(0);
    if now < ends {
        return Ok(());
    }
    // AWS has no blank before the second time.
    let message = format!("Token expired: current date/time {now} must be before the expiration date/time{ends}");
    Err((400, "ExpiredTokenException", message))
}

fn audience(cluster: &Cluster, token: &Token) -> Result<String, Refused> {
    let known = cluster.oidc_audiences.as_deref().unwrap_or_default();
    let given: Vec<&str> = match &token.claims["aud"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let found = given.into_iter().find(|audience| known.iter().any(|own| own == audience));
    found.map(str::to_owned).ok_or_else(|| invalid("Incorrect token audience"))
}

fn trusts(role: &Role, (provider, host): (&str, &str), (subject, audience): (&str, &str), wanted: &Wanted) -> bool {
    let context = [
        (format!("{host}:sub"), subject.to_owned()),
        (format!("{host}:aud"), audience.to_owned()),
        ("sts:RoleSessionName".to_owned(), wanted.session_name.clone()),
    ];
    let principals = [("Federated", provider.to_owned())];
    let action = "sts:AssumeRoleWithWebIdentity";
    judge(&role.trust, &Question { action, resource: None, principals: &principals, context: &context })
        == Verdict::Allowed
}
