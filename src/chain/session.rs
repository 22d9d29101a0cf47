//! The session: a token of Identity Center, from the file that the AWS CLI shares, renewed by its refresh token, or
//! by a person. A refresh token may serve only once, so whoever renews holds a lock and looks again first.

pub mod sign_in;
pub mod standing;

use aws_config_edit::same_start_url;
use jiff::SignedDuration;

use crate::chain::lock_wait;
use crate::chain::session::standing::Standing;
use crate::chain::{Chain, Presence};
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Kind, Result};
use crate::model::aws::sso_cache::{Refresh, SsoToken, TokenState, judge};
use crate::model::aws::target::Portal;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::oidc::{NewToken, Oidc};
use crate::secret::Secret;

/// A token is renewed this long before its end: early enough for slow calls, late enough to leave others' margins
/// (the AWS CLI renews at 15 minutes, the Rust SDK at 5) to whoever runs more often.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// Why a session is over whose file says nothing of it.
const OVER_HERE: &str = "the portal no longer takes the stored session";

/// What the token file says now, and what is known of it besides.
#[derive(Debug)]
pub enum Stored {
    /// Good as it is.
    Fresh(SsoToken),
    /// Can be renewed without a person; with the reason.
    Refreshable(SsoToken, String),
    /// Needs a person; with the reason.
    Over(String),
}

impl Chain<'_> {
    /// A token that is good to use now. `refused` is one that the portal just turned down although its time had not
    /// come (aws/aws-cli#7340): it counts as ended.
    ///
    /// # Errors
    /// [`Kind::NotSignedIn`] when a person is needed and not there.
    pub async fn session(&self, portal: &Portal, refused: Option<&Secret<String>>) -> Result<SsoToken> {
        Ok(self.standing_session(portal, refused).await?.0)
    }

    /// The same, with how the portal stood then: for [`Chain::keep_while`].
    ///
    /// # Errors
    /// As [`Chain::session`].
    pub async fn standing_session(
        &self,
        portal: &Portal,
        refused: Option<&Secret<String>>,
    ) -> Result<(SsoToken, Standing)> {
        refused.iter().for_each(|token| self.note_refused(token, OVER_HERE));
        let since = self.standing(portal);
        if let Stored::Fresh(token) = self.stored_session(portal, refused)? {
            return Ok((token, since));
        }
        match self.renewed(portal, refused).await? {
            Ok(renewed) => Ok(renewed),
            Err(reason) => {
                self.ui.detail(&format!("the session cannot be renewed: {reason}"));
                match self.presence {
                    Presence::Person | Presence::Reader => {
                        let token = self.sign_in(portal, refused).await?;
                        Ok((token, self.standing(portal)))
                    }
                    Presence::Nobody => Err(not_signed_in(&reason)),
                }
            }
        }
    }

    /// Renews the session under its lock. The inner error is the reason why only a person can help.
    async fn renewed(
        &self,
        portal: &Portal,
        refused: Option<&Secret<String>>,
    ) -> Result<Result<(SsoToken, Standing), String>> {
        if let Stored::Over(reason) = self.stored_session(portal, refused)? {
            return Ok(Err(reason));
        }
        let lock = sso_cache::lock_path(self.host, &portal.session_name);
        let _lock = lock_wait::for_lock(self.ui, &lock, "renews the session", None).await?;
        let since = self.standing(portal);
        let (token, reason) = match self.stored_session(portal, refused)? {
            Stored::Fresh(token) => return Ok(Ok((token, since))),
            Stored::Over(reason) => return Ok(Err(reason)),
            Stored::Refreshable(token, reason) => (token, reason),
        };
        let Some(refresh) = &token.refresh else { return Ok(Err(reason)) };
        self.ui.detail(&format!("renewing the session: {reason}"));
        let renewed = match self.refresh(portal, refresh).await {
            Ok(new) => Ok(self.keep(portal, &since, &token, new).await?),
            Err(failure) => self.without_renewal(portal, &token, refresh, failure, refused)?,
        };
        Ok(renewed.map(|token| (token, since)))
    }

    pub(crate) async fn refresh(&self, portal: &Portal, refresh: &Refresh) -> Result<NewToken, Failure> {
        let oidc = Oidc::new(&self.aws, &portal.region);
        oidc.refresh(&refresh.client_id, &refresh.client_secret, &refresh.refresh_token).await
    }

    /// Stores a renewed token. If that fails the session goes on for this call: the old refresh token is used up, and
    /// losing the new access token too would help nobody.
    async fn keep(&self, portal: &Portal, since: &Standing, old: &SsoToken, new: NewToken) -> Result<SsoToken> {
        let mut token = old.clone();
        token.access_token = new.access_token;
        token.expires_at = new.expires_at;
        // A service that answers without a refresh token lets the old one stand; the AWS CLI drops it then.
        if let (Some(refresh), Some(refresh_token)) = (&mut token.refresh, new.refresh_token) {
            refresh.refresh_token = refresh_token;
        }
        let store = || sso_cache::write_token(self.host, &portal.session_name, &token);
        if let Err(error) = self.keep_while(portal, since, store).await? {
            self.ui.warning(&format!("the renewed session could not be stored: {error}"));
        }
        Ok(token)
    }

    /// A refresh that failed: the old token still serves if its time has not come; a refusal is final; anything else
    /// is the network's fault and no reason to call a person.
    fn without_renewal(
        &self,
        portal: &Portal,
        token: &SsoToken,
        refresh: &Refresh,
        failure: Failure,
        refused: Option<&Secret<String>>,
    ) -> Result<Result<SsoToken, String>> {
        let words = format!("the session is over ({failure})");
        let is_final = !matches!(failure.class, Class::Unreachable | Class::Broken | Class::Throttled);
        if is_final {
            self.note_refused(&refresh.refresh_token, &words);
        }
        if token.expires_at > self.host.now() && !self.is_refused(&token.access_token, refused) {
            self.ui.detail(&format!("the session could not be renewed yet: {failure}"));
            return Ok(Ok(token.clone()));
        }
        if !is_final {
            return Err(failure.into_error("cannot renew the session"));
        }
        // The AWS CLI knows nothing of our lock: it may have used the refresh token, and have stored the next one.
        match self.stored_session(portal, refused)? {
            Stored::Fresh(renewed) => Ok(Ok(renewed)),
            _ => Ok(Err(words)),
        }
    }

    /// Remembers that a token's service does not take it any more, for all processes to come. It is no error if that
    /// cannot be stored: the next one finds out by itself.
    pub(crate) fn note_refused(&self, token: &Secret<String>, reason: &str) {
        let _ = self.cache.store_refusal(token, reason, self.host.now());
    }

    /// The same, if that is what a failed call to the portal means.
    pub(crate) fn note_portal(&self, failure: &Failure, token: &SsoToken) {
        if failure.class == Class::Unauthorized {
            self.note_refused(&token.access_token, OVER_HERE);
        }
    }

    fn is_refused(&self, token: &Secret<String>, refused: Option<&Secret<String>>) -> bool {
        refused.is_some_and(|refused| refused.expose() == token.expose()) || self.cache.refusal(token).is_some()
    }

    /// What the token file says, without changing anything.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    pub fn stored_session(&self, portal: &Portal, refused: Option<&Secret<String>>) -> Result<Stored> {
        let mut token = match sso_cache::read_token(self.host, &portal.session_name)? {
            Cached::Found(token) => token,
            Cached::Absent => return Ok(Stored::Over("nobody has signed in yet".to_owned())),
            Cached::Unusable { path, reason } => {
                return Ok(Stored::Over(format!("{} cannot be used: {reason}", self.host.shorten_home(&path))));
            }
        };
        if let Some(reason) = foreign(&token, portal) {
            return Ok(Stored::Over(reason));
        }
        let refused = self.is_refused(&token.access_token, refused);
        let ended = token.refresh.as_ref().and_then(|refresh| self.cache.refusal(&refresh.refresh_token));
        if ended.is_some() {
            token.refresh = None;
        }
        Ok(match judge(&token, self.host.now(), MARGIN) {
            _ if refused && token.refresh.is_none() => Stored::Over(ended.unwrap_or_else(|| OVER_HERE.to_owned())),
            TokenState::Fresh if refused => {
                Stored::Refreshable(token, "the portal no longer takes the access token".to_owned())
            }
            TokenState::Fresh => Stored::Fresh(token),
            TokenState::Refreshable { reason } => Stored::Refreshable(token, reason.to_string()),
            TokenState::Over { reason } => Stored::Over(ended.unwrap_or_else(|| reason.to_string())),
        })
    }

    /// A short text that changes whenever anybody signs in or renews: whether a remembered failure still stands.
    pub fn session_fingerprint(&self, portal: &Portal) -> String {
        sso_cache::fingerprint(self.host, &portal.session_name)
    }
}

/// Why a stored token is not this portal's, if so. A file is found by the session's name, and a session of that name may
/// have led elsewhere before: to another organisation, or to Identity Center in another region. Nobody else gets it.
fn foreign(token: &SsoToken, portal: &Portal) -> Option<String> {
    if !token.start_url.is_empty() && !same_start_url(&token.start_url, &portal.start_url) {
        return Some(format!("the stored session belongs to {}", token.start_url));
    }
    (!token.region.is_empty() && token.region != portal.region)
        .then(|| format!("the stored session belongs to the region {}, not to {}", token.region, portal.region))
}

/// The error of a program that needs a person.
pub fn not_signed_in(reason: &str) -> Error {
    Error::new(Kind::NotSignedIn, "not signed in").because(reason)
}
