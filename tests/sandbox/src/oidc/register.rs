//! `RegisterClient`.

use serde_json::json;

use super::errors::{Input, refuse};
use super::model::{AUTHORIZATION_CODE, Client, DEVICE_CODE, REFRESH_TOKEN};
use crate::message::{Reply, Request};
use crate::state::Shared;
use crate::world::PortalId;

/// Registers a client.
pub(super) fn register(shared: &Shared, request: &Request) -> Result<Reply, Reply> {
    let input = Input::read(request)?;
    input.required("clientName")?;
    if input.required("clientType")? != "public" {
        return Err(refuse(
            "InvalidClientMetadataException",
            "Invalid client type provided. Client type must be public",
        ));
    }
    let scopes = input.list("scopes")?.unwrap_or_default();
    for scope in &scopes {
        let known =
            ["sso:", "sso-portal:", "codewhisperer:", "identitystore:"].iter().any(|head| scope.starts_with(head));
        if !known && scope != "openid" && scope != "aws" {
            return Err(refuse("InvalidScopeException", "Invalid scope provided").because(scope));
        }
    }
    let grant_types = input.list("grantTypes")?.unwrap_or_default();
    for grant in &grant_types {
        if ![DEVICE_CODE, "device_code", AUTHORIZATION_CODE, REFRESH_TOKEN].contains(&grant.as_str()) {
            return Err(refuse("UnsupportedGrantTypeException", "Unsupported grant type provided").because(grant));
        }
    }
    let redirect_uris = input.list("redirectUris")?.unwrap_or_default();
    for uri in &redirect_uris {
        let loopback =
            uri.strip_prefix("http://127.0.0.1").is_some_and(|rest| rest.starts_with('/') || rest.starts_with(':'));
        if !loopback {
            return Err(refuse("InvalidRedirectUriException", "Invalid redirect uri provided").because(uri));
        }
    }
    let region = request.region.clone();
    let portal = if grant_types.iter().any(|grant| grant == AUTHORIZATION_CODE) {
        Some(issuer(shared, &input, &redirect_uris, region.as_deref())?)
    } else {
        None
    };
    let now = shared.clock.seconds();
    let mut state = shared.state();
    let expires_at = now + state.world.settings.registration_lifetime;
    let (id, secret) = (
        shared.random.url_safe(24),
        format!("eyJraWQiOiJrZXkifQ.{}.{}", shared.random.url_safe(240), shared.random.url_safe(64)),
    );
    let client = Client {
        secret: secret.clone(),
        expires_at: expires_at * 1000,
        scopes,
        grant_types,
        redirect_uris,
        region,
        portal,
    };
    state.oidc.clients.insert(id.clone(), client);
    Ok(Reply::json(
        200,
        &json!({
            "authorizationEndpoint": null,
            "clientId": id,
            "clientIdIssuedAt": now,
            "clientSecret": secret,
            "clientSecretExpiresAt": expires_at,
            "tokenEndpoint": null,
        }),
    ))
}

/// The Identity Center that authorization codes are to be of.
fn issuer(shared: &Shared, input: &Input, redirect_uris: &[String], region: Option<&str>) -> Result<PortalId, Reply> {
    if redirect_uris.is_empty() {
        return Err(refuse("InvalidRedirectUriException", "redirectUris are required for authorization_code"));
    }
    let issuer_url = input.required("issuerUrl")?;
    let state = shared.state();
    let portal = state.world.portal_at(issuer_url).filter(|&portal| state.is_in(portal, region));
    portal.ok_or_else(|| refuse("InvalidRequestException", "Invalid issuer url provided").because(issuer_url))
}
