//! Credentials of an access by a profile: of a role that the profile assumes, or the profile's own.

use crate::chain::Chain;
use crate::chain::credentials::{cached, keep};
use crate::chain::freshness::{Kept, Look};
use crate::chain::profile::{self, Wanted};
use crate::chain::renewal::NoMeans;
use crate::chain::session::standing::keeping_lock;
use crate::chain::target::identity::login_again;
use crate::chain::target::region_of_sts;
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

impl Kept for CachedOrProfile<'_> {
    type Value = RoleCredentials;
    type Reason = StaleReason;
    type Means = NoMeans;
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

    fn means(&self) -> &NoMeans {
        &NoMeans
    }

    /// Whoever gives them asks once, however many want them, and asks a person before anybody has to wait.
    async fn lock(&self) -> Result<Option<Lock>> {
        Ok(None)
    }

    async fn fetch(&self, (): &(), _: StaleReason) -> Result<RoleCredentials> {
        let (chain, target) = (self.chain, self.target);
        let (region, on_terminal) = (region_of_sts(chain, target), login_again(chain, target));
        let wanted = Wanted { region: Some(&region), refused: self.refused, on_terminal: Some(&on_terminal) };
        match &target.identity {
            Identity::Role { role, source_profile } => profile::assume(chain, source_profile, role, wanted).await,
            Identity::Profile(name) => profile::session(chain, name, wanted).await,
            Identity::PermissionSet(_) => Err(Error::failure("a portal gives these credentials")),
        }
    }

    async fn store(&self, (): &(), credentials: &RoleCredentials) -> Result<()> {
        let _lock = keeping_lock(self.chain, &self.target.identity).await?;
        if let Err(error) = keep(self.chain, self.target, credentials) {
            self.chain.ui.warning(&format!("the credentials could not be cached: {error}"));
        }
        Ok(())
    }
}
