//! The token file of a signed-in session, and what to do with it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::fields::{Fields, Unknown, render_time};
use super::json::{self, Spacing};
use crate::secret::Secret;

/// A signed-in Identity Center session.
#[derive(Debug, Clone)]
pub struct SsoToken {
    /// As configured; empty if the writer left it out.
    pub start_url: String,
    /// Identity Center's region; empty if the writer left it out.
    pub region: String,
    /// The portal's bearer token.
    pub access_token: Secret<String>,
    /// When the access token expires, as the service said. It may end earlier.
    pub expires_at: Timestamp,
    /// For the next access token without a new sign-in.
    pub refresh: Option<Refresh>,
    /// Fields of other tools, kept on rewrite.
    pub unknown: Unknown,
}

/// The refresh token and the client registration that it belongs to.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// The registered client.
    pub client_id: String,
    /// The registered client's secret.
    pub client_secret: Secret<String>,
    /// When the registration expires; after that, nothing can be refreshed. Not every writer sets it.
    pub registration_expires_at: Option<Timestamp>,
    /// Can be used once.
    pub refresh_token: Secret<String>,
}

/// What to do with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// Can be used.
    Fresh,
    /// Can be refreshed without a person.
    Refreshable {
        /// Why it is not fresh.
        reason: TokenReason,
    },
    /// A person must sign in.
    Over {
        /// Why it is not fresh.
        reason: TokenReason,
    },
}

/// Why a token is not [`TokenState::Fresh`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenReason {
    /// It ends soon, and can be renewed.
    EndsSoon {
        /// When it ends.
        at: Timestamp,
    },
    /// It ended, and can be renewed.
    Ended {
        /// When it ended.
        at: Timestamp,
    },
    /// It ended or ends soon, and came without a refresh token.
    NoRefreshToken {
        /// When it ends or ended.
        at: Timestamp,
    },
    /// It ended or ends soon, and the client registration that could renew it has ended.
    RegistrationEnded {
        /// When the registration ended.
        at: Timestamp,
    },
}

impl fmt::Display for TokenReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenReason::EndsSoon { at } => write!(f, "the access token expires soon, at {}", render_time(*at)),
            TokenReason::Ended { at } => write!(f, "the access token expired at {}", render_time(*at)),
            TokenReason::NoRefreshToken { at } => {
                write!(f, "the session has no refresh token and expires at {}", render_time(*at))
            }
            TokenReason::RegistrationEnded { at } => {
                write!(f, "the client registration that could renew the session expired at {}", render_time(*at))
            }
        }
    }
}

/// A token that cannot be renewed is used until this long before its end, whatever the margin.
const LAST_MOMENT: SignedDuration = SignedDuration::from_secs(60);

/// Whether a token is good for another `margin`. One that can be renewed is renewed early. One that cannot is used almost
/// to its end, because then a person must sign in.
pub fn judge(token: &SsoToken, now: Timestamp, margin: SignedDuration) -> TokenState {
    let at = token.expires_at;
    let left = at.duration_since(now);
    if left > margin {
        return TokenState::Fresh;
    }
    let over = match &token.refresh {
        None => Some(TokenReason::NoRefreshToken { at }),
        Some(refresh) => refresh
            .registration_expires_at
            .filter(|ended| *ended <= now)
            .map(|ended| TokenReason::RegistrationEnded { at: ended }),
    };
    match over {
        Some(_) if left > LAST_MOMENT => TokenState::Fresh,
        Some(reason) => TokenState::Over { reason },
        None if left.is_positive() => TokenState::Refreshable { reason: TokenReason::EndsSoon { at } },
        None => TokenState::Refreshable { reason: TokenReason::Ended { at } },
    }
}

/// Reads a token file. Errors never repeat its content.
pub fn parse_token(bytes: &[u8]) -> Result<SsoToken, String> {
    let mut fields = Fields::read(bytes)?;
    let access_token = Secret::new(fields.required("accessToken")?);
    let expires_at = fields.required_time("expiresAt")?;
    let start_url = fields.text("startUrl")?.unwrap_or_default();
    let region = fields.text("region")?.unwrap_or_default();
    let client_id = fields.text("clientId")?;
    let client_secret = fields.text("clientSecret")?.map(Secret::new);
    let registration_expires_at = fields.time("registrationExpiresAt")?;
    let refresh_token = fields.text("refreshToken")?.map(Secret::new);
    // An incomplete set is of no use to any reader.
    let refresh = match (client_id, client_secret, refresh_token) {
        (Some(client_id), Some(client_secret), Some(refresh_token)) => {
            Some(Refresh { client_id, client_secret, registration_expires_at, refresh_token })
        }
        _ => None,
    };
    Ok(SsoToken { start_url, region, access_token, expires_at, refresh, unknown: fields.unknown() })
}

/// The file's text, as the AWS CLI writes it.
pub fn render_token(token: &SsoToken) -> Secret<String> {
    let expires_at = render_time(token.expires_at);
    let mut fields = vec![
        ("startUrl", token.start_url.as_str()),
        ("region", &token.region),
        ("accessToken", token.access_token.expose()),
        ("expiresAt", &expires_at),
    ];
    fields.retain(|(_, value)| !value.is_empty());
    let registration_end = token.refresh.as_ref().and_then(|refresh| refresh.registration_expires_at).map(render_time);
    if let Some(refresh) = &token.refresh {
        fields.push(("clientId", &refresh.client_id));
        fields.push(("clientSecret", refresh.client_secret.expose()));
        fields.extend(registration_end.as_deref().map(|end| ("registrationExpiresAt", end)));
        fields.push(("refreshToken", refresh.refresh_token.expose()));
    }
    Secret::new(write_object(&fields, &token.unknown))
}

/// The known fields, then the unknown ones. Allocated with enough room, because growing a string leaves copies of secrets in
/// memory.
fn write_object(fields: &[(&str, &str)], unknown: &Unknown) -> String {
    let needed: usize = fields.iter().map(|(name, value)| name.len() + 6 * value.len() + 8).sum();
    let mut text = String::with_capacity(needed + 2);
    text.push('{');
    for (index, (name, value)) in fields.iter().enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        json::name(&mut text, name, Spacing::Default);
        json::string(&mut text, value);
    }
    for (name, value) in &unknown.0 {
        text.push_str(", ");
        json::name(&mut text, name, Spacing::Default);
        json::value(&mut text, value, Spacing::Default);
    }
    text.push('}');
    text
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
