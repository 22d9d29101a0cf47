//! Credentials of an access by a profile: of a role that the profile assumes, or the profile's own.

use crate::chain::Chain;
use crate::chain::credentials::{cached, keep, made_from};
use crate::chain::freshness::{Kept, Look};
use crate::chain::profile::{self, Wanted};
use crate::chain::renewal::Renewable;
use crate::chain::session::standing::{Standing, keep_while, standing};
use crate::chain::target::identity::login_again;
use crate::chain::target::region_of_sts;
use crate::disk::cache::MadeFrom;
use crate::disk::lock::Lock;
use crate::error::{Error, Result};
use crate::model::aws::credentials::{RoleCredentials, StaleReason};
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;

/// Credentials as the cache has them, and the profile gives them.
pub(super) struct CachedOrProfile<'a> {
    pub(super) chain: &'a Chain<'a>,
    pub(super) target: &'a Target,
    /// The key of those that are not to be used.
    pub(super) refused: Option<&'a str>,
}

/// How things are before the profile is asked.
pub(super) struct Before {
    made_from: Option<MadeFrom>,
    standing: Standing,
    /// Whether what is given may be kept.
    is_kept: bool,
}

impl Renewable for CachedOrProfile<'_> {
    type Value = Before;

    async fn current(&self) -> Result<Before> {
        let standing = standing(self.chain, &self.target.identity);
        let source = made_from::source(self.chain, self.target)?;
        let is_kept = source.as_ref().is_none_or(|(_, source)| !made_from::is_written_session(self.target, source));
        Ok(Before { made_from: source.map(|(made_from, _)| made_from), standing, is_kept })
    }

    async fn renewed(&self, _: &Before, _: &str) -> Result<Before> {
        self.current().await
    }
}

impl CachedOrProfile<'_> {
    /// The key of what the profile gave before it changed: the AWS CLI may still have it, and does not tell who assumed a
    /// role.
    fn outdated(&self) -> Option<String> {
        let cached = self.chain.cache.credentials(&self.target.access.name, &self.target.identity.key())?;
        Some(cached.credentials.keys.access_key_id().to_owned())
    }
}

impl Kept for CachedOrProfile<'_> {
    type Value = RoleCredentials;
    type Reason = StaleReason;
    type Means = Self;
    type Failure = Error;

    fn look(&self) -> Result<Look<RoleCredentials, StaleReason>> {
        Ok(match cached(self.chain, self.target, self.refused) {
            Ok(credentials) => Look::Fresh(credentials),
            Err(reason) => Look::Stale(reason),
        })
    }

    fn say(&self, stale: &StaleReason) {
        self.chain.ui.detail(&format!("credentials of {} are {stale}", self.target.identity));
    }

    fn means(&self) -> &Self {
        self
    }

    /// Whoever gives them asks once, however many want them, and asks a person before anybody has to wait.
    async fn lock(&self) -> Result<Option<Lock>> {
        Ok(None)
    }

    async fn fetch(&self, _: &Before, stale: StaleReason) -> Result<RoleCredentials> {
        let (chain, target) = (self.chain, self.target);
        let outdated = if stale == StaleReason::Outdated { self.outdated() } else { None };
        let (region, on_terminal) = (region_of_sts(chain, target), login_again(chain, target));
        let wanted = Wanted {
            region: Some(&region),
            refused: outdated.as_deref().or(self.refused),
            on_terminal: Some(&on_terminal),
        };
        match &target.identity {
            Identity::Role { role, source_profile } => profile::assume(chain, source_profile, role, wanted).await,
            Identity::Profile(name) => profile::session(chain, name, wanted).await,
            Identity::PermissionSet(_) => Err(Error::failure("a portal gives these credentials")),
        }
    }

    async fn store(&self, before: &Before, credentials: &RoleCredentials) -> Result<()> {
        let (chain, target) = (self.chain, self.target);
        let store = || match before.is_kept {
            true => keep(chain, target, credentials, before.made_from.clone()),
            false => Ok(()),
        };
        let otherwise = "cannot cache the credentials";
        keep_while(chain, &target.identity, &before.standing, otherwise, store).await
    }
}
