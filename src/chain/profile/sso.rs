//! The credentials of a permission set that a profile names, by the session that all tools share.

use super::Asked;
use super::kept::Place;
use crate::chain::call_error::CallError;
use crate::chain::clock_skew;
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::session::{Session, SessionOf};
use crate::disk::lock::Lock;
use crate::error::Result;
use crate::model::aws::credentials::{RoleCredentials, StaleReason};
use crate::model::aws::profile_source::SsoRole;
use crate::model::aws::sso_cache::render_sso_role;
use crate::net::aws::failure::Failure;

impl<'a> Asked<'a> {
    pub(super) async fn permission_set(
        &'a self,
        role: &'a SsoRole,
        refused: Option<&'a str>,
    ) -> Result<RoleCredentials> {
        let session = SessionOf { chain: self.chain, portal: &role.portal };
        let place = Place::shared(role.cache_file_name());
        let asked = fresh(&PermissionSet { asked: self, role, place, refused, session }).await;
        asked.map_err(|failure| self.no_permission_set(role, failure))
    }
}

struct PermissionSet<'a> {
    asked: &'a Asked<'a>,
    role: &'a SsoRole,
    place: Place,
    refused: Option<&'a str>,
    session: SessionOf<'a>,
}

impl<'a> Kept for PermissionSet<'a> {
    type Value = RoleCredentials;
    type Reason = StaleReason;
    type Means = SessionOf<'a>;
    type Failure = CallError<Failure>;

    fn look(&self) -> Result<Look<RoleCredentials, StaleReason>, CallError<Failure>> {
        Ok(self.place.look(self.asked.kept(), self.refused).map_or_else(Look::Stale, Look::Fresh))
    }

    fn say(&self, stale: &StaleReason) {
        let SsoRole { account, role, .. } = self.role;
        self.asked.chain.ui.detail(&format!("credentials of {role} in account {account} are {stale}"));
    }

    fn means(&self) -> &SessionOf<'a> {
        &self.session
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        self.place.lock(self.asked.chain).await
    }

    async fn fetch(&self, session: &Session, _: StaleReason) -> Result<RoleCredentials, CallError<Failure>> {
        let (chain, SsoRole { portal, account, role, .. }) = (self.asked.chain, self.role);
        let given = chain.services.role_credentials(portal, (account, role), &session.token.access_token).await;
        let credentials = given.map_err(CallError::Answer)?;
        clock_skew::warn(chain);
        Ok(credentials)
    }

    async fn store(&self, session: &Session, credentials: &RoleCredentials) -> Result<()> {
        let text = render_sso_role(credentials, &self.role.account);
        let origin = &self.asked.origin;
        // The portal's as the session found it: a person may have signed in for this.
        let since = session.standing.clone().with(&origin.standing);
        self.place.store(self.asked.chain, (credentials, Some(text)), (origin, &since)).await
    }
}
