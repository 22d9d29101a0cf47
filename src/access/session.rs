//! The session: a token of Identity Center, from the file that the AWS CLI shares, renewed by its refresh token, or
//! by a person. A refresh token may serve only once, so whoever renews holds a lock and looks again first.

use jiff::SignedDuration;

use crate::access::{Access, Presence, wait};
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Kind, Result};
use crate::model::aws_config::same_start_url;
use crate::model::sso_cache::{Refresh, SsoToken, TokenState, judge};
use crate::model::target::Portal;
use crate::net::failure::{Class, Failure};
use crate::net::oidc::{NewToken, Oidc};
use crate::secret::Secret;

/// A token is renewed this long before its end: early enough for slow calls, late enough to leave others' margins
/// (the AWS CLI renews at 15 minutes, the Rust SDK at 5) to whoever runs more often.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// What the token file says now.
#[derive(Debug)]
pub enum Stored {
    /// Good as it is.
    Fresh(SsoToken),
    /// Can be renewed without a person; with the reason.
    Refreshable(SsoToken, String),
    /// Needs a person; with the reason.
    Over(String),
}

impl Access<'_> {
    /// A token that is good to use now. `refused` is one that the portal just turned down although its time had not
    /// come (aws/aws-cli#7340): it counts as ended.
    ///
    /// # Errors
    /// [`Kind::NotSignedIn`] when a person is needed and not there.
    pub async fn session(&self, portal: &Portal, refused: Option<&Secret<String>>) -> Result<SsoToken> {
        if let Stored::Fresh(token) = self.stored_session(portal, refused)? {
            return Ok(token);
        }
        match self.renewed(portal, refused).await? {
            Ok(token) => Ok(token),
            Err(reason) => {
                self.ui.detail(&format!("the session cannot be renewed: {reason}"));
                match self.presence {
                    Presence::Person | Presence::Reader => self.sign_in(portal, refused).await,
                    Presence::Nobody => Err(not_signed_in(&reason)),
                }
            }
        }
    }

    /// Renews the session under its lock. The inner error is the reason why only a person can help.
    async fn renewed(&self, portal: &Portal, refused: Option<&Secret<String>>) -> Result<Result<SsoToken, String>> {
        if let Stored::Over(reason) = self.stored_session(portal, refused)? {
            return Ok(Err(reason));
        }
        let lock = sso_cache::lock_path(self.host, &portal.session_name);
        let _lock = wait::for_lock(self.ui, &lock, "renews the session", None).await?;
        let (token, reason) = match self.stored_session(portal, refused)? {
            Stored::Fresh(token) => return Ok(Ok(token)),
            Stored::Over(reason) => return Ok(Err(reason)),
            Stored::Refreshable(token, reason) => (token, reason),
        };
        let Some(refresh) = &token.refresh else { return Ok(Err(reason)) };
        self.ui.detail(&format!("renewing the session: {reason}"));
        match self.refresh(portal, refresh).await {
            Ok(new) => Ok(Ok(self.keep(portal, &token, new))),
            Err(failure) => self.without_renewal(token, failure, refused),
        }
    }

    async fn refresh(&self, portal: &Portal, refresh: &Refresh) -> Result<NewToken, Failure> {
        let oidc = Oidc::new(&self.aws, &portal.region);
        oidc.refresh(&refresh.client_id, &refresh.client_secret, &refresh.refresh_token).await
    }

    /// Stores a renewed token. If that fails the session goes on for this call: the old refresh token is used up, and
    /// losing the new access token too would help nobody.
    fn keep(&self, portal: &Portal, old: &SsoToken, new: NewToken) -> SsoToken {
        let mut token = old.clone();
        token.access_token = new.access_token;
        token.expires_at = new.expires_at;
        // A service that answers without a refresh token lets the old one stand; the AWS CLI drops it then.
        if let (Some(refresh), Some(refresh_token)) = (&mut token.refresh, new.refresh_token) {
            refresh.refresh_token = refresh_token;
        }
        if let Err(error) = sso_cache::write_token(self.host, &portal.session_name, &token) {
            self.ui.warning(&format!("the renewed session could not be stored: {error}"));
        }
        token
    }

    /// A refresh that failed: the old token still serves if its time has not come; a refusal is final; anything else
    /// is the network's fault and no reason to call a person.
    fn without_renewal(
        &self,
        token: SsoToken,
        failure: Failure,
        refused: Option<&Secret<String>>,
    ) -> Result<Result<SsoToken, String>> {
        let still_good = token.expires_at > self.host.now() && !is_refused(&token, refused);
        if still_good {
            self.ui.detail(&format!("the session could not be renewed yet: {failure}"));
            return Ok(Ok(token));
        }
        match failure.class {
            Class::Unreachable | Class::Throttled => Err(failure.into_error("cannot renew the session")),
            _ => Ok(Err(format!("the session is over ({failure})"))),
        }
    }

    /// What the token file says, without changing anything.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    pub fn stored_session(&self, portal: &Portal, refused: Option<&Secret<String>>) -> Result<Stored> {
        let token = match sso_cache::read_token(self.host, &portal.session_name)? {
            Cached::Found(token) => token,
            Cached::Absent => return Ok(Stored::Over("nobody has signed in yet".to_owned())),
            Cached::Unusable { path, reason } => {
                return Ok(Stored::Over(format!("{} cannot be used: {reason}", self.host.shorten_home(&path))));
            }
        };
        // A file is found by the session's name; a session of that name may have led elsewhere before.
        if !token.start_url.is_empty() && !same_start_url(&token.start_url, &portal.start_url) {
            return Ok(Stored::Over(format!("the stored session belongs to {}", token.start_url)));
        }
        Ok(match judge(&token, self.host.now(), MARGIN) {
            _ if is_refused(&token, refused) && token.refresh.is_none() => {
                Stored::Over("the portal no longer takes the stored session".to_owned())
            }
            TokenState::Fresh if is_refused(&token, refused) => {
                Stored::Refreshable(token, "the portal no longer takes the access token".to_owned())
            }
            TokenState::Fresh => Stored::Fresh(token),
            TokenState::Refreshable { reason } => Stored::Refreshable(token, reason.to_string()),
            TokenState::Over { reason } => Stored::Over(reason.to_string()),
        })
    }

    /// A short text that changes whenever anybody signs in or renews: whether a remembered failure still stands.
    pub fn session_fingerprint(&self, portal: &Portal) -> String {
        sso_cache::fingerprint(self.host, &portal.session_name)
    }
}

fn is_refused(token: &SsoToken, refused: Option<&Secret<String>>) -> bool {
    refused.is_some_and(|refused| refused.expose() == token.access_token.expose())
}

/// The error of a program that needs a person.
pub fn not_signed_in(reason: &str) -> Error {
    Error::new(Kind::NotSignedIn, "not signed in").because(reason)
}
