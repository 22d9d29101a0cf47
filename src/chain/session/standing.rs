//! What a session gave is stored only while the session is still open. The person may sign out during a call to AWS, so
//! the caller checks again before it stores the answer, under a lock that the sign-out takes too. The lock is held for
//! writing files only, never across a call.

use std::path::PathBuf;
use std::time::Duration;

use crate::chain::{Chain, lock_wait};
use crate::disk::cache::Cache;
use crate::disk::lock::Lock;
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Kind, Result};
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Portal;

/// The lock is held only while files are written.
const LONGEST: Duration = Duration::from_secs(10);

/// Who gave what is kept, and may take it back: a portal, profiles of the AWS configuration, or both.
#[derive(Debug)]
pub(crate) struct Giver<'a> {
    /// The start URL, then the profiles: the order in which they are locked.
    keys: Vec<String>,
    /// Of the portal.
    session_name: Option<&'a str>,
}

impl<'a> Giver<'a> {
    /// Profiles that lead to credentials, and the portal that these come from in the end.
    pub(crate) fn of_profiles(portal: Option<&'a Portal>, profiles: &[String]) -> Self {
        let start_url = portal.map(|portal| portal.start_url.clone());
        let mut of_profiles: Vec<String> = profiles.iter().map(|name| profile_key(name)).collect();
        of_profiles.sort();
        of_profiles.dedup();
        Giver {
            keys: start_url.into_iter().chain(of_profiles).collect(),
            session_name: portal.map(|portal| portal.session_name.as_str()),
        }
    }

    /// What sign-outs are told apart by.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The locks under which what it gave is written and removed.
    pub(crate) fn lock_paths(&self, cache: &Cache) -> Vec<PathBuf> {
        self.keys.iter().map(|key| cache.portal_lock_path(key)).collect()
    }
}

/// What tells a profile from a portal.
fn profile_key(name: &str) -> String {
    format!("profile {name}")
}

impl<'a> From<&'a Portal> for Giver<'a> {
    fn from(portal: &'a Portal) -> Self {
        Giver::of_profiles(Some(portal), &[])
    }
}

impl<'a> From<&'a Identity> for Giver<'a> {
    fn from(identity: &'a Identity) -> Self {
        match identity.portal() {
            Some(portal) => portal.into(),
            None => Giver::of_profiles(None, &[identity.source_profile().unwrap_or_default().to_owned()]),
        }
    }
}

/// The state of a giver's sign-outs at some moment.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// The last sign-out of each.
    marks: Vec<(String, Option<String>)>,
    /// Whether a token must still be there. What is kept of a session serves without one.
    needs_token: bool,
}

impl Standing {
    /// The same for what is made from credentials that are kept: they serve also where no token is.
    pub(crate) fn without_token(self) -> Self {
        Standing { needs_token: false, ..self }
    }

    /// The same with others of whom it does not tell.
    pub(crate) fn with(mut self, others: &Standing) -> Self {
        let is_new = |key: &String| self.marks.iter().all(|(known, _)| known != key);
        let others: Vec<_> = others.marks.iter().filter(|(key, _)| is_new(key)).cloned().collect();
        self.marks.extend(others);
        self
    }

    fn is_still(&self, cache: &Cache, key: &str) -> bool {
        let mark = cache.sign_out_mark(key);
        self.marks.iter().any(|(known, then)| known == key && *then == mark)
    }
}

/// How it stands now. To be taken before a session, or what else gives credentials, is looked at.
pub(crate) fn standing<'a>(chain: &Chain<'_>, giver: impl Into<Giver<'a>>) -> Standing {
    let marks = giver.into().keys.into_iter().map(|key| (key.clone(), chain.cache.sign_out_mark(&key)));
    Standing { marks: marks.collect(), needs_token: true }
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
    let _locks = locks_of(chain, &giver).await?;
    // Another tool that signs out (`aws sso logout`) leaves no mark, and no token either.
    let gone =
        giver.session_name.is_some_and(|name| matches!(sso_cache::read_token(chain.host, name), Ok(Cached::Absent)));
    if (gone && since.needs_token) || giver.keys.iter().any(|key| !since.is_still(&chain.cache, key)) {
        return Err(Error::new(Kind::NotSignedIn, "not signed in")
            .because("a sign-out happened during the request, so the response was discarded"));
    }
    if let Err(error) = store() {
        chain.ui.warning(&format!("{otherwise}: {error}"));
    }
    Ok(())
}

/// Marks a sign-out: calls under way will not store their answers. Returns the locks, for removing what is stored.
///
/// # Errors
/// When the lock cannot be had in time.
pub(crate) async fn stop_keeping<'a>(chain: &Chain<'_>, giver: impl Into<Giver<'a>>) -> Result<Vec<Lock>> {
    let giver = giver.into();
    let locks = locks_of(chain, &giver).await?;
    let mark: String = chain.host.random::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
    for key in &giver.keys {
        if let Err(error) = chain.cache.store_sign_out_mark(key, &mark) {
            // If we cannot write here, other processes cannot store credentials either.
            chain.ui.detail(&format!("cannot record the sign-out: {error}"));
        }
    }
    Ok(locks)
}

/// The locks for changing what somebody's credentials are kept as.
///
/// # Errors
/// When one cannot be had in time.
pub(crate) async fn keeping_lock<'a>(chain: &Chain<'_>, giver: impl Into<Giver<'a>>) -> Result<Vec<Lock>> {
    locks_of(chain, &giver.into()).await
}

async fn locks_of(chain: &Chain<'_>, giver: &Giver<'_>) -> Result<Vec<Lock>> {
    let mut locks = Vec::new();
    for path in giver.lock_paths(&chain.cache) {
        locks.extend(lock_wait::for_lock(chain.ui, &path, "storing or removing credentials", Some(LONGEST)).await?);
    }
    Ok(locks)
}
