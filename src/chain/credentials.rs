//! Role credentials: from our cache, or from the portal, which is asked once however many processes want them.

use std::time::Duration;

use crate::chain::Chain;
use crate::chain::lock_wait;
use crate::chain::session::standing::Standing;
use crate::disk::cache::CachedCredentials;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{Freshness, RoleCredentials, StaleReason, judge};
use crate::model::aws::sso_cache::SsoToken;
use crate::model::aws::target::Target;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::portal::PortalApi;
use crate::net::aws::sts;

/// How long AWS may take to say whether credentials are alive: kubectl waits.
const CHECK_LIMIT: Duration = Duration::from_secs(3);

impl Chain<'_> {
    /// Credentials of the target's role that are good to use now.
    ///
    /// # Errors
    /// [`Kind::NotSignedIn`] when a person is needed and not there; [`Kind::Denied`] when the role is not assigned.
    pub async fn credentials(&self, target: &Target) -> Result<RoleCredentials> {
        self.credentials_unless(target, None).await.map_err(|error| error.or_sign_in(target.namespace.as_str()))
    }

    /// The same, when AWS has just refused these although their time had not come.
    ///
    /// # Errors
    /// As [`Chain::credentials`].
    pub async fn credentials_after_refusal(
        &self,
        target: &Target,
        refused: &RoleCredentials,
    ) -> Result<RoleCredentials> {
        let renewed = self.credentials_unless(target, Some(&refused.keys.access_key_id)).await;
        renewed.map_err(|error| error.or_sign_in(target.namespace.as_str()))
    }

    /// The same, when a cluster has refused a token of what is cached. AWS says whether the credentials are alive, and
    /// is not asked again for a while; if they are, the cluster has reasons of its own.
    ///
    /// # Errors
    /// As [`Chain::credentials`].
    pub async fn credentials_in_doubt(&self, target: &Target) -> Result<RoleCredentials> {
        let cached = self.credentials(target).await?;
        let region = &target.portal.region;
        let asked = tokio::time::timeout(CHECK_LIMIT, sts::caller_arn(&self.aws, &cached.keys, region)).await;
        let credentials = match asked {
            Ok(Err(failure)) if failure.class == Class::Unauthorized => {
                self.ui.detail(&format!("a cluster refused the token, and {failure}; fetching new credentials"));
                self.credentials_after_refusal(target, &cached).await?
            }
            _ => cached,
        };
        self.cache.note_checked(&target.namespace, self.host.parent, self.host.now().as_second());
        Ok(credentials)
    }

    async fn credentials_unless(&self, target: &Target, refused: Option<&str>) -> Result<RoleCredentials> {
        let reason = match self.cached_credentials(target, refused) {
            Ok(fresh) => return Ok(fresh),
            Err(reason) => reason,
        };
        self.ui.detail(&format!("role credentials are {reason}"));
        // The session first: a person may need minutes for it, and nobody shall wait for a lock meanwhile.
        let mut session = self.standing_session(&target.portal, None).await?;
        for attempt in 0..2 {
            match self.fetch_once(target, &session, refused).await? {
                Ok(credentials) => {
                    // Before they are used: a child, or a verb that runs on, may end in hours.
                    self.warn_of_clock();
                    return Ok(credentials);
                }
                Err(failure) if failure.class == Class::Unauthorized && attempt == 0 => {
                    self.ui.detail(&format!("{failure}; renewing the session"));
                    session = self.standing_session(&target.portal, Some(&session.0.access_token)).await?;
                }
                Err(failure) => {
                    self.note_portal(&failure, &session.0);
                    return Err(self.explain_clock(self.explain(target, failure)));
                }
            }
        }
        Err(Error::new(Kind::NotSignedIn, "the portal takes no session, not even a new one"))
    }

    /// What is in the cache, if it is for this very target and fresh.
    fn cached_credentials(&self, target: &Target, refused: Option<&str>) -> Result<RoleCredentials, StaleReason> {
        let cached = self.cache.credentials(&target.namespace, target.into());
        let credentials = cached.ok_or(StaleReason::Missing)?.credentials;
        if refused == Some(credentials.keys.access_key_id.as_str()) {
            return Err(StaleReason::Refused);
        }
        match judge(&credentials, self.host.now()) {
            Freshness::Fresh => Ok(credentials),
            Freshness::Stale(reason) => Err(reason),
        }
    }

    /// Whether there are credentials that are good to use now, without a call.
    pub fn has_credentials(&self, target: &Target) -> bool {
        self.cached_credentials(target, None).is_ok()
    }

    /// Under the lock: looks again, asks the portal, stores. The inner error is the portal's.
    async fn fetch_once(
        &self,
        target: &Target,
        (token, since): &(SsoToken, Standing),
        refused: Option<&str>,
    ) -> Result<Result<RoleCredentials, Failure>> {
        let lock = self.cache.lock_path(&format!("credentials-{}", target.namespace));
        let _lock = lock_wait::for_lock(self.ui, &lock, "fetches the credentials", None).await?;
        if let Ok(fresh) = self.cached_credentials(target, refused) {
            return Ok(Ok(fresh));
        }
        let api = PortalApi::new(&self.aws, &target.portal.region);
        let credentials = match api.role_credentials(&token.access_token, &target.account, &target.role).await {
            Ok(credentials) => credentials,
            Err(failure) => return Ok(Err(failure)),
        };
        let store = || {
            let known = self.cache.credentials(&target.namespace, target.into());
            let cached = CachedCredentials {
                account: target.account.clone(),
                role: target.role.clone(),
                start_url: target.portal.start_url.clone(),
                credentials: credentials.clone(),
                cluster: known.and_then(|cached| cached.cluster),
                basis: self.basis_for(target),
            };
            self.cache.store_credentials(&target.namespace, &cached)
        };
        if let Err(error) = self.keep_while(&target.portal, since, store).await? {
            self.ui.warning(&format!("the credentials could not be cached: {error}"));
        }
        Ok(Ok(credentials))
    }

    fn explain(&self, target: &Target, failure: Failure) -> Error {
        let class = failure.class;
        let error =
            failure.into_error(format!("no credentials for the role {} in account {}", target.role, target.account));
        match class {
            Class::Denied | Class::NotFound => {
                // What we believed about the portal is out of date.
                let _ = self.cache.forget_portal_index(&target.portal.start_url);
                Error { kind: Kind::Denied, ..error }
                    .because("the permission set is not assigned to you in this account (any more)")
                    .try_next(crate::chain::target::moved::hint(&target.namespace))
                    .try_next("nsaccess list --refresh   # what you do have")
                    .try_next(format!(
                        "nsaccess login {} --force   # if it was assigned after you signed in",
                        target.namespace
                    ))
            }
            Class::Unauthorized => error.try_next(format!("nsaccess login {} --force", target.namespace)),
            _ => error,
        }
    }
}
