//! The session: a token of Identity Center, from the file that the AWS CLI shares, renewed by its refresh token, or
//! by a person. A refresh token can be used once, so it is used under a lock, after another look.

pub(crate) mod browser_flow;
pub(crate) mod device_flow;
pub(crate) mod flow;
pub(crate) mod portal_list;
pub(crate) mod sign_in;
pub(crate) mod standing;
pub(crate) mod stored;

use std::fmt;

use crate::chain::call_error::CallError;
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::renewal::{NoMeans, Refusable, Renewable};
use crate::chain::session::standing::{Standing, keep_while, standing};
use crate::chain::session::stored::{Stored, is_refused, note_refused, stored};
use crate::chain::{Chain, Presence, lock_wait};
use crate::disk::lock::Lock;
use crate::disk::sso_cache;
use crate::error::{Error, Kind, Result};
use crate::model::aws::sso_cache::{Refresh, SsoToken};
use crate::model::aws::target::Portal;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::oidc::NewToken;
use crate::secret::Secret;

/// Why a session is over whose file says nothing of it.
pub(crate) const REFUSED_BY_PORTAL: &str = "the portal no longer accepts the stored session";

/// A session that is good to use now.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The token.
    pub(crate) token: SsoToken,
    /// Where it came from.
    pub(crate) origin: SessionOrigin,
    /// How the portal stood when the token was looked at: what the session gives is kept only while that holds.
    pub(crate) standing: Standing,
}

/// Where a session came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionOrigin {
    /// The token file.
    Stored,
    /// Its refresh token.
    Renewed,
    /// The token file, since it could not be renewed yet.
    NotYetRenewed,
    /// A person.
    SignedIn,
}

/// The session of a portal.
///
/// # Errors
/// [`Kind::NotSignedIn`] when a person is needed and not there.
pub(crate) async fn open(chain: &Chain<'_>, portal: &Portal) -> Result<Session> {
    open_unless(chain, portal, None).await
}

/// The same; `refused` is a token that the portal just turned down although its time had not come (aws/aws-cli#7340).
async fn open_unless(chain: &Chain<'_>, portal: &Portal, refused: Option<&Secret<String>>) -> Result<Session> {
    refused.iter().for_each(|token| note_refused(chain, token, REFUSED_BY_PORTAL));
    let reason = match fresh(&StoredSession { chain, portal, refused }).await {
        Ok(session) => return Ok(session),
        Err(NotRenewed::Failed(error)) => return Err(error),
        Err(NotRenewed::Over(reason)) => reason,
    };
    chain.ui.detail(&format!("the session cannot be renewed: {reason}"));
    match chain.presence {
        Presence::Person | Presence::Reader => sign_in::sign_in(chain, portal, refused).await,
        Presence::Nobody => Err(Error::new(Kind::NotSignedIn, "not signed in").because(reason)),
    }
}

/// The session of a portal as what calls are made with.
#[derive(Debug)]
pub(crate) struct SessionOf<'a> {
    pub(crate) chain: &'a Chain<'a>,
    pub(crate) portal: &'a Portal,
}

impl Renewable for SessionOf<'_> {
    type Value = Session;

    async fn current(&self) -> Result<Session> {
        open(self.chain, self.portal).await
    }

    async fn renewed(&self, refused: &Session, refusal: &str) -> Result<Session> {
        self.chain.ui.detail(&format!("{refusal}; renewing the session"));
        open_unless(self.chain, self.portal, Some(&refused.token.access_token)).await
    }

    fn give_up(&self, refused: &Session) {
        note_refused(self.chain, &refused.token.access_token, REFUSED_BY_PORTAL);
    }
}

/// The session as the token file has it, renewed without a person.
struct StoredSession<'a> {
    chain: &'a Chain<'a>,
    portal: &'a Portal,
    refused: Option<&'a Secret<String>>,
}

/// A session that can be renewed, and why it must be.
struct Renewal {
    token: SsoToken,
    refresh: Refresh,
    reason: String,
    standing: Standing,
}

impl fmt::Display for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Why there is no session without a person.
enum NotRenewed {
    /// Only a person can help, because of this.
    Over(String),
    /// The network or a file failed; signing in would not help.
    Failed(Error),
}

impl From<Error> for NotRenewed {
    fn from(error: Error) -> Self {
        NotRenewed::Failed(error)
    }
}

impl Refusable for NotRenewed {
    fn refusal(&self) -> Option<String> {
        None
    }
}

impl Kept for StoredSession<'_> {
    type Value = Session;
    type Reason = Renewal;
    type Means = NoMeans;
    type Failure = NotRenewed;

    fn look(&self) -> Result<Look<Session, Renewal>, NotRenewed> {
        let standing = standing(self.chain, self.portal);
        match stored(self.chain, self.portal, self.refused)? {
            Stored::Fresh(token) => Ok(Look::Fresh(Session { token, origin: SessionOrigin::Stored, standing })),
            Stored::Refreshable(token, reason) => match token.refresh.clone() {
                Some(refresh) => Ok(Look::Stale(Renewal { token, refresh, reason, standing })),
                None => Err(NotRenewed::Over(reason)),
            },
            Stored::Over(ended) => Err(NotRenewed::Over(ended.to_string())),
        }
    }

    fn means(&self) -> &NoMeans {
        &NoMeans
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        let path = sso_cache::lock_path(self.chain.host, &self.portal.session_name);
        lock_wait::for_lock(self.chain.ui, &path, "renewing the session", None).await
    }

    async fn fetch(&self, (): &(), renewal: Renewal) -> Result<Session, NotRenewed> {
        self.chain.ui.detail(&format!("renewing the session: {renewal}"));
        match self.chain.services.refresh(self.portal, &renewal.refresh).await {
            Ok(new) => {
                let token = with_new(renewal.token, new);
                Ok(Session { token, origin: SessionOrigin::Renewed, standing: renewal.standing })
            }
            Err(failure) => self.without_renewal(renewal, failure),
        }
    }

    /// If storing fails, the new token still serves this call: the old refresh token is used up.
    async fn store(&self, (): &(), session: &Session) -> Result<()> {
        if session.origin != SessionOrigin::Renewed {
            return Ok(());
        }
        let Session { token, standing, .. } = session;
        let store = || sso_cache::write_token(self.chain.host, &self.portal.session_name, token);
        keep_while(self.chain, self.portal, standing, "cannot store the renewed session", store).await
    }
}

impl StoredSession<'_> {
    /// A refresh that failed: the old token still serves if its time has not come; a refusal is final; anything else
    /// is the network's fault, and a person could not help.
    fn without_renewal(&self, renewal: Renewal, failure: Failure) -> Result<Session, NotRenewed> {
        let Renewal { token, refresh, standing, .. } = renewal;
        let is_final = !matches!(failure.class, Class::Unreachable | Class::Broken | Class::Throttled);
        let words = format!("the session has expired ({failure})");
        if is_final {
            note_refused(self.chain, &refresh.refresh_token, &words);
        }
        if token.expires_at > self.chain.host.now() && !is_refused(self.chain, &token.access_token, self.refused) {
            self.chain.ui.detail(&format!("the session could not be renewed yet: {failure}"));
            return Ok(Session { token, origin: SessionOrigin::NotYetRenewed, standing });
        }
        if !is_final {
            return Err(failure.into_error("cannot renew the session").into());
        }
        // The AWS CLI knows nothing of our lock: it may have used the refresh token, and have stored the next one.
        match stored(self.chain, self.portal, self.refused)? {
            Stored::Fresh(token) => Ok(Session { token, origin: SessionOrigin::Stored, standing }),
            _ => Err(NotRenewed::Over(words)),
        }
    }
}

fn with_new(mut token: SsoToken, new: NewToken) -> SsoToken {
    token.access_token = new.access_token;
    token.expires_at = new.expires_at;
    // A service that answers without a refresh token lets the old one stand; the AWS CLI drops it then.
    if let (Some(refresh), Some(refresh_token)) = (&mut token.refresh, new.refresh_token) {
        refresh.refresh_token = refresh_token;
    }
    token
}

/// Calls the portal with a session, and once more with a renewed one if it is refused.
///
/// # Errors
/// The call's, or those of the session.
pub(crate) async fn call<T>(
    chain: &Chain<'_>,
    portal: &Portal,
    call: impl AsyncFn(&Session) -> Result<T, Failure>,
) -> Result<T, CallError<Failure>> {
    let of = SessionOf { chain, portal };
    crate::chain::renewal::with_renewal(&of, async |session: &Session| call(session).await.map_err(CallError::Answer))
        .await
}
