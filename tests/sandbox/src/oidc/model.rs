//! The state of sign-ins: clients, requests, approvals, and what each token is valid for. Times are milliseconds since
//! 1970.

use std::collections::HashMap;

use super::errors::refuse;
use crate::message::Reply;
use crate::world::PortalId;

pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
pub(crate) const ACCOUNT_ACCESS: &str = "sso:account:access";

/// How much too early a poll may come, since clocks and schedulers are not exact.
const EARLY: i64 = 100;

/// Everything about sign-ins.
#[derive(Debug, Default)]
pub(crate) struct Oidc {
    pub(crate) clients: HashMap<String, Client>,
    pub(crate) devices: Vec<Device>,
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) access_tokens: HashMap<String, AccessToken>,
    pub(crate) refresh_tokens: HashMap<String, RefreshToken>,
    /// How often a used refresh token was sent again.
    pub(crate) refresh_token_reuses: usize,
}

/// A registered client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) secret: String,
    pub(crate) expires_at: i64,
    pub(crate) scopes: Vec<String>,
    /// If the registration named none, device codes and refresh tokens are allowed.
    pub(crate) grant_types: Vec<String>,
    pub(crate) redirect_uris: Vec<String>,
    /// Where it was registered; None if that was not said.
    pub(crate) region: Option<String>,
    /// The Identity Center that it was used with first, or registered for.
    pub(crate) portal: Option<PortalId>,
}

impl Client {
    /// Whether the registration covers a grant type.
    pub(crate) fn allows(&self, grant_type: &str) -> bool {
        let short = grant_type.rsplit(':').next().unwrap_or(grant_type);
        if self.grant_types.is_empty() {
            return grant_type != AUTHORIZATION_CODE;
        }
        self.grant_types.iter().any(|allowed| allowed == grant_type || allowed == short)
    }
}

/// The person's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Open,
    Approved { session: usize },
    Denied,
}

/// A device code.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) portal: PortalId,
    pub(crate) region: String,
    pub(crate) expires_at: i64,
    pub(crate) interval: i64,
    pub(crate) last_poll: Option<i64>,
    pub(crate) decision: Decision,
    pub(crate) used: bool,
}

/// The answer to a poll of a device code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Poll {
    Pending,
    SlowDown,
    Expired,
    Denied,
    Used,
    Approved { session: usize },
}

impl Device {
    /// One poll. `slow_down` takes precedence over any other answer, as in RFC 8628.
    pub(crate) fn poll(&mut self, now: i64, penalty: i64) -> Poll {
        let early = self.last_poll.is_some_and(|last| now - last + EARLY < self.interval);
        self.last_poll = Some(now);
        if self.used {
            Poll::Used
        } else if now >= self.expires_at {
            Poll::Expired
        } else if early {
            self.interval += penalty;
            Poll::SlowDown
        } else {
            match self.decision {
                Decision::Open => Poll::Pending,
                Decision::Denied => Poll::Denied,
                Decision::Approved { session } => {
                    self.used = true;
                    Poll::Approved { session }
                }
            }
        }
    }
}

/// An authorization in the PKCE flow.
#[derive(Debug, Clone)]
pub(crate) struct Authorization {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) portal: PortalId,
    pub(crate) region: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) challenge: String,
    pub(crate) scopes: Vec<String>,
    /// Set when it is approved.
    pub(crate) code: Option<String>,
    pub(crate) session: usize,
    pub(crate) expires_at: i64,
    pub(crate) done: bool,
}

/// A portal session: it starts with a sign-in, and has a fixed end, whatever is refreshed.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) portal: PortalId,
    pub(crate) ends_at: i64,
    pub(crate) logged_out: bool,
}

/// What an access token is valid for.
#[derive(Debug, Clone)]
pub(crate) struct AccessToken {
    pub(crate) session: usize,
    /// Where it was issued, which is where it is good.
    pub(crate) region: String,
    pub(crate) expires_at: i64,
    pub(crate) portal: bool,
    pub(crate) revoked: bool,
}

/// What a refresh token is valid for: one use.
#[derive(Debug, Clone)]
pub(crate) struct RefreshToken {
    pub(crate) session: usize,
    pub(crate) region: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) used: bool,
    pub(crate) revoked: bool,
}

impl Oidc {
    /// The client of a request, which may be for a region, or the error.
    pub(crate) fn client(&self, (id, secret): (&str, &str), now: i64, region: Option<&str>) -> Result<Client, Reply> {
        let refused = |why: &str| refuse("InvalidClientException", "Invalid client provided").because(why);
        let client = self.clients.get(id).ok_or_else(|| refused("unknown client"))?;
        if client.secret != secret {
            return Err(refused("wrong client secret"));
        }
        if now >= client.expires_at {
            return Err(refused("the registration has ended"));
        }
        if client.region.as_deref().is_some_and(|own| is_elsewhere(own, region)) {
            return Err(refused("registered in another region"));
        }
        Ok(client.clone())
    }

    /// Lets a client be one of an Identity Center, and no longer of another one.
    pub(crate) fn bind(&mut self, client_id: &str, portal: PortalId) -> Result<(), Reply> {
        let Some(client) = self.clients.get_mut(client_id) else { return Ok(()) };
        if *client.portal.get_or_insert(portal) == portal {
            return Ok(());
        }
        let refused = refuse("InvalidClientException", "Invalid client provided");
        Err(refused.because("a client of another start URL"))
    }

    /// A sign-in: the existing browser session there, with its old end, or a new one.
    pub(crate) fn sign_in(&mut self, portal: PortalId, now: i64, lifetime_seconds: i64) -> usize {
        let last = self.sessions.iter().rposition(|session| session.portal == portal);
        if let Some(last) = last.filter(|&last| self.alive(last, now)) {
            return last;
        }
        self.sessions.push(Session { portal, ends_at: now + lifetime_seconds * 1000, logged_out: false });
        self.sessions.len() - 1
    }

    /// Whether a session has not ended.
    pub(crate) fn alive(&self, session: usize, now: i64) -> bool {
        self.sessions.get(session).is_some_and(|it| !it.logged_out && now < it.ends_at)
    }

    /// The session of an access token that the portal accepts in a region, or the error.
    pub(crate) fn portal_session(&self, token: &str, now: i64, region: Option<&str>) -> Result<&Session, &'static str> {
        let found = self.access_tokens.get(token).ok_or("unknown access token")?;
        if found.revoked {
            return Err("the access token was revoked");
        }
        if is_elsewhere(&found.region, region) {
            return Err("the access token is of another region");
        }
        if now >= found.expires_at {
            return Err("the access token has ended");
        }
        if !self.alive(found.session, now) {
            return Err("the session has ended");
        }
        if !found.portal {
            return Err("the access token lacks the scope sso:account:access");
        }
        Ok(&self.sessions[found.session])
    }

    /// Ends the session of an access token, and with it all its tokens.
    pub(crate) fn log_out(&mut self, token: &str, now: i64) {
        if self.portal_session(token, now, None).is_ok() {
            let session = self.access_tokens[token].session;
            self.sessions[session].logged_out = true;
        }
    }

    /// The device codes that wait for approval.
    pub(crate) fn pending(&self, now: i64) -> Vec<String> {
        let waiting = |device: &&Device| device.decision == Decision::Open && now < device.expires_at;
        self.devices.iter().filter(waiting).map(|device| device.user_code.clone()).collect()
    }

    /// Decides one device code, or all that wait. Returns how many.
    pub(crate) fn decide(&mut self, user_code: Option<&str>, approve: bool, now: i64, lifetime_seconds: i64) -> usize {
        let codes = self.pending(now);
        let chosen: Vec<String> =
            codes.into_iter().filter(|code| user_code.is_none_or(|wanted| same_code(code, wanted))).collect();
        for at in 0..self.devices.len() {
            if !chosen.contains(&self.devices[at].user_code) {
                continue;
            }
            self.devices[at].decision = if approve {
                Decision::Approved { session: self.sign_in(self.devices[at].portal, now, lifetime_seconds) }
            } else {
                Decision::Denied
            };
        }
        chosen.len()
    }

    /// The Identity Center that a code is of.
    pub(crate) fn portal_of_code(&self, user_code: &str) -> Option<PortalId> {
        self.devices.iter().rev().find(|device| same_code(&device.user_code, user_code)).map(|device| device.portal)
    }
}

/// Whether what is of a region is of no use for a request. One that names no region is for any.
pub(crate) fn is_elsewhere(own: &str, asked: Option<&str>) -> bool {
    asked.is_some_and(|asked| asked != own)
}

/// People type codes in lower case and without the hyphen.
fn same_code(ours: &str, typed: &str) -> bool {
    let plain = |code: &str| code.replace(['-', ' '], "").to_ascii_uppercase();
    plain(ours) == plain(typed)
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
