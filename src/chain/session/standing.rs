//! What a session gave is kept only while the session stands. A call to AWS takes a while, and the person may sign out
//! in it: whoever asked looks again before it stores the answer, under a lock that the sign-out takes too. It is held for
//! a write of files only, never across a call.

use std::time::Duration;

use crate::chain::Chain;
use crate::chain::lock_wait;
use crate::disk::lock::Lock;
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Kind, Result};
use crate::model::aws::target::Portal;

/// Nobody holds that lock for longer than it takes to write a file.
const LONGEST: Duration = Duration::from_secs(10);

/// A portal as it was when something was begun.
#[derive(Debug, Clone)]
pub struct Standing {
    mark: Option<String>,
}

impl Chain<'_> {
    /// How a portal stands now. To be taken before its session is looked at.
    pub fn standing(&self, portal: &Portal) -> Standing {
        Standing { mark: self.cache.sign_out_mark(&portal.start_url) }
    }

    /// Stores what the session gave, unless somebody signed out since. A failure to store is the inner error.
    ///
    /// # Errors
    /// [`Kind::NotSignedIn`] when the session has been ended meanwhile; nothing is stored then.
    pub async fn keep_while(
        &self,
        portal: &Portal,
        since: &Standing,
        store: impl FnOnce() -> Result<()>,
    ) -> Result<Result<()>> {
        let _lock = self.portal_lock(portal).await?;
        // Another tool that signs out (`aws sso logout`) leaves no mark, and no token either.
        let gone = matches!(sso_cache::read_token(self.host, &portal.session_name), Ok(Cached::Absent));
        if gone || self.cache.sign_out_mark(&portal.start_url) != since.mark {
            return Err(Error::new(Kind::NotSignedIn, "not signed in")
                .because("somebody signed out while AWS was being asked, so its answer was thrown away"));
        }
        Ok(store())
    }

    /// Ends what is under way with a portal's session: none of it will be stored any more. The lock is for removing what
    /// was stored already.
    pub(crate) async fn stop_keeping(&self, portal: &Portal) -> Result<Option<Lock>> {
        let lock = self.portal_lock(portal).await?;
        let mark: String = self.host.random::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        if let Err(error) = self.cache.store_sign_out_mark(&portal.start_url, &mark) {
            // Where nothing can be written, nobody else writes credentials either.
            self.ui.detail(&format!("the sign-out could not be marked: {error}"));
        }
        Ok(lock)
    }

    /// The lock for changing what a portal's session gave.
    pub(crate) async fn portal_lock(&self, portal: &Portal) -> Result<Option<Lock>> {
        let path = self.cache.portal_lock_path(&portal.start_url);
        lock_wait::for_lock(self.ui, &path, "stores or removes credentials", Some(LONGEST)).await
    }
}
