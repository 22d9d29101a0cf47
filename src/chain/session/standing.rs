//! What a session gave is stored only while the session is still open. The person may sign out during a call to AWS, so
//! the caller checks again before it stores the answer, under a lock that the sign-out takes too. The lock is held for
//! writing files only, never across a call.

use std::borrow::Cow;
use std::time::Duration;

use crate::chain::{Chain, lock_wait};
use crate::disk::lock::Lock;
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Kind, Result};
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Portal;

/// The lock is held only while files are written.
const LONGEST: Duration = Duration::from_secs(10);

/// Who gave what is kept, and may take it back: a portal, or a profile of the AWS configuration.
#[derive(Debug)]
pub(crate) struct Giver<'a> {
    /// The start URL, or the profile.
    key: Cow<'a, str>,
    /// Of the portal.
    session_name: Option<&'a str>,
}

impl<'a> From<&'a Portal> for Giver<'a> {
    fn from(portal: &'a Portal) -> Self {
        Giver { key: Cow::Borrowed(&portal.start_url), session_name: Some(&portal.session_name) }
    }
}

impl<'a> From<&'a Identity> for Giver<'a> {
    fn from(identity: &'a Identity) -> Self {
        match identity.portal() {
            Some(portal) => portal.into(),
            None => {
                let profile = identity.source_profile().unwrap_or_default();
                Giver { key: Cow::Owned(format!("profile {profile}")), session_name: None }
            }
        }
    }
}

/// The state of a giver's sign-outs at some moment.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    mark: Option<String>,
    /// Whether a token must still be there. What is kept of a session serves without one.
    needs_token: bool,
}

impl Standing {
    /// The same for what is made from credentials that are kept: they serve also where no token is.
    pub(crate) fn without_token(self) -> Self {
        Standing { needs_token: false, ..self }
    }
}

/// How it stands now. To be taken before a session, or what else gives credentials, is looked at.
pub(crate) fn standing<'a>(chain: &Chain<'_>, giver: impl Into<Giver<'a>>) -> Standing {
    Standing { mark: chain.cache.sign_out_mark(&giver.into().key), needs_token: true }
}

/// Stores what was given, unless somebody signed out since. What cannot be stored serves this call all the same:
/// `otherwise` is said then, with the reason.
///
/// # Errors
/// [`Kind::NotSignedIn`] when the session has been ended meanwhile; nothing is stored then.
pub(crate) async fn keep_while<'a>(
    chain: &Chain<'_>,
    giver: impl Into<Giver<'a>>,
    since: &Standing,
    otherwise: &str,
    store: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let giver = giver.into();
    let _lock = lock_of(chain, &giver).await?;
    // Another tool that signs out (`aws sso logout`) leaves no mark, and no token either.
    let gone =
        giver.session_name.is_some_and(|name| matches!(sso_cache::read_token(chain.host, name), Ok(Cached::Absent)));
    if (gone && since.needs_token) || chain.cache.sign_out_mark(&giver.key) != since.mark {
        return Err(Error::new(Kind::NotSignedIn, "not signed in")
            .because("somebody signed out while AWS was being asked, so its answer was thrown away"));
    }
    if let Err(error) = store() {
        chain.ui.warning(&format!("{otherwise}: {error}"));
    }
    Ok(())
}

/// Marks a sign-out: calls under way will not store their answers. Returns the lock, for removing what is stored.
///
/// # Errors
/// When the lock cannot be had in time.
pub(crate) async fn stop_keeping<'a>(chain: &Chain<'_>, giver: impl Into<Giver<'a>>) -> Result<Option<Lock>> {
    let giver = giver.into();
    let lock = lock_of(chain, &giver).await?;
    let mark: String = chain.host.random::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
    if let Err(error) = chain.cache.store_sign_out_mark(&giver.key, &mark) {
        // If we cannot write here, other processes cannot store credentials either.
        chain.ui.detail(&format!("the sign-out could not be marked: {error}"));
    }
    Ok(lock)
}

/// The lock for changing what somebody's credentials are kept as.
///
/// # Errors
/// When it cannot be had in time.
pub(crate) async fn keeping_lock<'a>(chain: &Chain<'_>, giver: impl Into<Giver<'a>>) -> Result<Option<Lock>> {
    lock_of(chain, &giver.into()).await
}

async fn lock_of(chain: &Chain<'_>, giver: &Giver<'_>) -> Result<Option<Lock>> {
    let path = chain.cache.portal_lock_path(&giver.key);
    lock_wait::for_lock(chain.ui, &path, "stores or removes credentials", Some(LONGEST)).await
}
