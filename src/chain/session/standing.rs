//! What a session gave is stored only while the session is still open. The person may sign out during a call to AWS, so
//! the caller checks again before it stores the answer, under a lock that the sign-out takes too. The lock is held for
//! writing files only, never across a call.

use std::time::Duration;

use crate::chain::{Chain, lock_wait};
use crate::disk::lock::Lock;
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Kind, Result};
use crate::model::aws::target::Portal;

/// The lock is held only while files are written.
const LONGEST: Duration = Duration::from_secs(10);

/// The state of a portal's sign-outs at some moment.
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

/// How a portal stands now. To be taken before its session is looked at.
pub(crate) fn standing(chain: &Chain<'_>, portal: &Portal) -> Standing {
    Standing { mark: chain.cache.sign_out_mark(&portal.start_url), needs_token: true }
}

/// Stores what the session gave, unless somebody signed out since. What cannot be stored serves this call all the same:
/// `otherwise` is said then, with the reason.
///
/// # Errors
/// [`Kind::NotSignedIn`] when the session has been ended meanwhile; nothing is stored then.
pub(crate) async fn keep_while(
    chain: &Chain<'_>,
    portal: &Portal,
    since: &Standing,
    otherwise: &str,
    store: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let _lock = portal_lock(chain, portal).await?;
    // Another tool that signs out (`aws sso logout`) leaves no mark, and no token either.
    let gone = matches!(sso_cache::read_token(chain.host, &portal.session_name), Ok(Cached::Absent));
    if (gone && since.needs_token) || chain.cache.sign_out_mark(&portal.start_url) != since.mark {
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
pub(crate) async fn stop_keeping(chain: &Chain<'_>, portal: &Portal) -> Result<Option<Lock>> {
    let lock = portal_lock(chain, portal).await?;
    let mark: String = chain.host.random::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
    if let Err(error) = chain.cache.store_sign_out_mark(&portal.start_url, &mark) {
        // If we cannot write here, other processes cannot store credentials either.
        chain.ui.detail(&format!("the sign-out could not be marked: {error}"));
    }
    Ok(lock)
}

/// The lock for changing what a portal's session gave.
///
/// # Errors
/// When it cannot be had in time.
pub(crate) async fn portal_lock(chain: &Chain<'_>, portal: &Portal) -> Result<Option<Lock>> {
    let path = chain.cache.portal_lock_path(&portal.start_url);
    lock_wait::for_lock(chain.ui, &path, "stores or removes credentials", Some(LONGEST)).await
}
