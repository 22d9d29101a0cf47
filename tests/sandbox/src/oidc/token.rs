//! `CreateToken`: the three grants.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::errors::{Input, refuse};
use super::model::{
    ACCOUNT_ACCESS, AUTHORIZATION_CODE, AccessToken, Authorization, Client, DEVICE_CODE, Poll, REFRESH_TOKEN,
    RefreshToken, is_elsewhere,
};
use crate::message::{Reply, Request};
use crate::state::{Shared, State};

/// A grant: a session, the region in which it is used, and its scopes.
struct Granted {
    session: usize,
    region: String,
    scopes: Vec<String>,
}

/// Creates tokens, or returns an error.
pub(super) fn create(shared: &Shared, request: &Request) -> Result<Reply, Reply> {
    let input = Input::read(request)?;
    let grant_type = input.required("grantType")?.to_owned();
    let (client_id, secret) = (input.required("clientId")?, input.required("clientSecret")?);
    let now = shared.clock.milliseconds();
    let mut state = shared.state();
    if ![DEVICE_CODE, AUTHORIZATION_CODE, REFRESH_TOKEN].contains(&grant_type.as_str()) {
        return Err(refuse("UnsupportedGrantTypeException", "Unsupported grant type provided"));
    }
    let short = grant_type.rsplit(':').next().unwrap_or(&grant_type);
    state.journal.count(&format!("CreateToken:{short}"));
    let region = request.region.as_deref();
    let client = state.oidc.client((client_id, secret), now, region)?;
    if !client.allows(&grant_type) {
        return Err(refuse("UnauthorizedClientException", "Client is not registered for this grant type"));
    }
    let granted = match grant_type.as_str() {
        DEVICE_CODE => device(&mut state, &input, (client_id, &client), (now, region))?,
        AUTHORIZATION_CODE => authorization(&mut state, &input, client_id, (now, region))?,
        _ => refresh(&mut state, &input, client_id, (now, region))?,
    };
    Ok(issue(shared, &mut state, &granted, (client_id, &client), now))
}

fn invalid_grant(why: &str) -> Reply {
    refuse("InvalidGrantException", "Invalid grant provided").because(why)
}

/// The time of a request, and the region that it is for.
type Asked<'request> = (i64, Option<&'request str>);

fn device(state: &mut State, input: &Input, client: (&str, &Client), (now, region): Asked) -> Result<Granted, Reply> {
    let code = input.required("deviceCode")?;
    let penalty = state.world.settings.slow_down_penalty * 1000;
    let found = state.oidc.devices.iter_mut().find(|device| device.device_code == code && device.client_id == client.0);
    let found = found.filter(|device| !is_elsewhere(&device.region, region));
    let device = found.ok_or_else(|| invalid_grant("unknown device code"))?;
    match device.poll(now, penalty) {
        Poll::Pending => Err(refuse("AuthorizationPendingException", "")),
        Poll::SlowDown => Err(refuse("SlowDownException", "Polling too fast")),
        Poll::Expired => Err(refuse("ExpiredTokenException", "Device code expired")),
        Poll::Denied => Err(refuse("AccessDeniedException", "Access denied")),
        Poll::Used => Err(invalid_grant("the device code was used before")),
        Poll::Approved { session } => {
            Ok(Granted { session, region: device.region.clone(), scopes: client.1.scopes.clone() })
        }
    }
}

fn authorization(state: &mut State, input: &Input, client_id: &str, (now, region): Asked) -> Result<Granted, Reply> {
    let (code, redirect_uri) = (input.required("code")?, input.required("redirectUri")?);
    let verifier = input.required("codeVerifier")?;
    let found = state.oidc.authorizations.iter_mut().find(|it| it.code.as_deref() == Some(code));
    let found = found.filter(|authorization| !is_elsewhere(&authorization.region, region));
    let authorization = found.ok_or_else(|| invalid_grant("unknown authorization code"))?;
    if authorization.done || now >= authorization.expires_at {
        return Err(invalid_grant("the authorization code was used or has ended"));
    }
    if authorization.client_id != client_id || authorization.redirect_uri != redirect_uri {
        return Err(invalid_grant("another client or another redirect URI"));
    }
    // RFC 7636 section 4.6: a wrong verifier is an invalid grant. The code is still used up.
    authorization.done = true;
    let length_is_right = (43..=128).contains(&verifier.len());
    if !length_is_right || URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != authorization.challenge {
        return Err(invalid_grant("the verifier does not fit the challenge"));
    }
    let Authorization { session, region, scopes, .. } = authorization.clone();
    Ok(Granted { session, region, scopes })
}

fn refresh(state: &mut State, input: &Input, client_id: &str, (now, region): Asked) -> Result<Granted, Reply> {
    let token = input.required("refreshToken")?;
    let refused = |why: &str| refuse("InvalidGrantException", "Invalid refresh token provided").because(why);
    let found = state.oidc.refresh_tokens.get(token).cloned().ok_or_else(|| refused("unknown refresh token"))?;
    if found.used {
        state.oidc.refresh_token_reuses += 1;
        return Err(refused("the refresh token was used before"));
    }
    if found.client_id != client_id || found.revoked {
        return Err(refused("revoked, or of another client"));
    }
    if is_elsewhere(&found.region, region) {
        return Err(refused("the refresh token is of another region"));
    }
    if !state.oidc.alive(found.session, now) {
        return Err(refused("the session has ended"));
    }
    if let Some(used) = state.oidc.refresh_tokens.get_mut(token) {
        used.used = true;
    }
    Ok(Granted { session: found.session, region: found.region, scopes: found.scopes })
}

fn issue(shared: &Shared, state: &mut State, granted: &Granted, client: (&str, &Client), now: i64) -> Reply {
    let settings = &state.world.settings;
    let scoped = !granted.scopes.is_empty();
    let lifetime = if scoped { settings.access_token_lifetime } else { settings.legacy_token_lifetime };
    let session_end = state.oidc.sessions[granted.session].ends_at;
    let expires_in = lifetime.min((session_end - now) / 1000).max(1);
    let access_token = format!("aoaAAAAAG{}:{}", shared.random.url_safe(180), shared.random.url_safe(72));
    let has_portal_scope =
        granted.scopes.iter().any(|scope| scope == ACCOUNT_ACCESS || scope.starts_with("sso-portal:"));
    let token = AccessToken {
        session: granted.session,
        region: granted.region.clone(),
        expires_at: now + expires_in * 1000,
        portal: !scoped || has_portal_scope,
        revoked: false,
    };
    state.oidc.access_tokens.insert(access_token.clone(), token);
    let refreshable = granted.scopes.iter().any(|scope| !scope.starts_with("sso-portal:"));
    let refresh_token = (refreshable && client.1.allows(REFRESH_TOKEN)).then(|| {
        let text = format!("aorAAAAAG{}:{}", shared.random.url_safe(300), shared.random.url_safe(72));
        let token = RefreshToken {
            session: granted.session,
            region: granted.region.clone(),
            client_id: client.0.to_owned(),
            scopes: granted.scopes.clone(),
            used: false,
            revoked: false,
        };
        state.oidc.refresh_tokens.insert(text.clone(), token);
        text
    });
    Reply::json(
        200,
        &json!({
            "accessToken": access_token,
            "aws_sso_app_session_id": null,
            "expiresIn": expires_in,
            "idToken": null,
            "issuedTokenType": null,
            "originSessionId": null,
            "refreshToken": refresh_token,
            "tokenType": "Bearer",
        }),
    )
}
