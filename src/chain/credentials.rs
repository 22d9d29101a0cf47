//! Credentials: from our cache, or from the portal or the profile that gives them, which is asked once however many
//! processes want them.

pub(crate) mod made_from;
mod of_profile;
pub(crate) mod own;

use std::cell::RefCell;
use std::time::Duration;

use crate::chain::call_error::CallError;
use crate::chain::clock_skew;
use crate::chain::credentials::of_profile::CachedOrProfile;
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::renewal::{Renewable, with_renewal};
use crate::chain::session::standing::keep_while;
use crate::chain::session::{Session, SessionOf};
use crate::chain::target::{identity, region_of_sts};
use crate::chain::{Chain, lock_wait};
use crate::disk::cache::{CachedCredentials, MadeFrom};
use crate::disk::lock::Lock;
use crate::error::{Error, Kind, Result};
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::{Freshness, RoleCredentials, StaleReason, judge};
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::target::Target;
use crate::net::aws::failure::{Class, Failure};

/// How long AWS may take to say whether credentials are alive: kubectl waits.
const CHECK_LIMIT: Duration = Duration::from_secs(3);

/// What signs for the role of a target, renewed when AWS refuses it.
#[derive(Debug)]
pub(crate) struct Credentials<'a> {
    pub(crate) chain: &'a Chain<'a>,
    /// Whose they are.
    pub(crate) target: Target,
    current: RefCell<RoleCredentials>,
}

impl<'a> Credentials<'a> {
    /// Of the target's role, good to use now.
    ///
    /// # Errors
    /// As [`obtain`].
    pub(crate) async fn of(chain: &'a Chain<'a>, target: Target) -> Result<Self> {
        let credentials = obtain(chain, &target).await?;
        Ok(Credentials::with(chain, target, credentials))
    }

    /// Those that were obtained before.
    pub(crate) fn with(chain: &'a Chain<'a>, target: Target, credentials: RoleCredentials) -> Self {
        Credentials { chain, target, current: RefCell::new(credentials) }
    }

    /// As they are now.
    pub(crate) fn role(&self) -> RoleCredentials {
        self.current.borrow().clone()
    }

    /// Calls AWS with them; where it does not take them any more, once again with new ones.
    ///
    /// # Errors
    /// The call's, or those of renewing them.
    pub(crate) async fn call<T>(
        &self,
        call: impl AsyncFn(&AccessKeys) -> Result<T, Failure>,
    ) -> Result<T, CallError<Failure>> {
        with_renewal(self, async |credentials: &RoleCredentials| {
            call(&credentials.keys).await.map_err(CallError::Answer)
        })
        .await
    }

    /// The caller's ARN at AWS.
    ///
    /// # Errors
    /// When AWS does not say.
    pub(crate) async fn caller_arn(&self, region: &str) -> Result<String, CallError<Failure>> {
        self.call(async |keys| self.chain.services.caller_arn(keys, region).await).await
    }
}

impl Renewable for Credentials<'_> {
    type Value = RoleCredentials;

    async fn current(&self) -> Result<RoleCredentials> {
        Ok(self.role())
    }

    async fn renewed(&self, refused: &RoleCredentials, refusal: &str) -> Result<RoleCredentials> {
        self.chain.ui.detail(&format!("{refusal}; fetching new credentials"));
        let credentials = after_refusal(self.chain, &self.target, refused).await?;
        self.current.replace(credentials.clone());
        Ok(credentials)
    }
}

/// Credentials of the target's role that are good to use now.
///
/// # Errors
/// [`Kind::NotSignedIn`] when a person is needed and not there; [`Kind::Denied`] when the role is not assigned.
pub(crate) async fn obtain(chain: &Chain<'_>, target: &Target) -> Result<RoleCredentials> {
    ask(chain, target, None).await.map_err(|failure| explain(chain, target, failure, Some(login_finds_it(target))))
}

/// The same, when AWS has just refused these although their time had not come.
///
/// # Errors
/// As [`obtain`].
pub(crate) async fn after_refusal(
    chain: &Chain<'_>,
    target: &Target,
    refused: &RoleCredentials,
) -> Result<RoleCredentials> {
    let renewed = ask(chain, target, Some(refused.keys.access_key_id())).await;
    renewed.map_err(|failure| explain(chain, target, failure, Some(login_finds_it(target))))
}

/// The same, when a cluster has refused a token of what is cached. AWS says whether the credentials are alive, and
/// is not asked again for a while; if they are, the cluster has reasons of its own.
///
/// # Errors
/// As [`obtain`].
pub(crate) async fn in_doubt(chain: &Chain<'_>, target: &Target) -> Result<RoleCredentials> {
    let cached = obtain(chain, target).await?;
    let region = region_of_sts(chain, target);
    let credentials = match aws_refuses(chain, &cached.keys, &region).await {
        true => after_refusal(chain, target, &cached).await?,
        false => cached,
    };
    chain.cache.note_checked(&target.access.name, chain.host.parent_pid, chain.host.now().as_second());
    Ok(credentials)
}

/// Whether AWS refuses the keys of a token that a cluster has refused. Where it does not say so in time, it does not.
pub(crate) async fn aws_refuses(chain: &Chain<'_>, keys: &AccessKeys, region: &str) -> bool {
    let asked = tokio::time::timeout(CHECK_LIMIT, chain.services.caller_arn(keys, region)).await;
    let Some(failure) = asked.ok().and_then(Result::err).filter(|failure| failure.class == Class::Unauthorized) else {
        return false;
    };
    chain.ui.detail(&format!("a cluster rejected the token, and {failure}; fetching new credentials"));
    true
}

/// Whether there are credentials that are good to use now, without a call.
pub(crate) fn are_cached(chain: &Chain<'_>, target: &Target) -> bool {
    cached(chain, target, None).is_ok()
}

/// Credentials from the cache, or from who gives them; the failure is AWS's own. `refused`: the key of those that are not
/// to be used.
///
/// # Errors
/// The failure of AWS, or that of the session.
pub(crate) async fn ask(
    chain: &Chain<'_>,
    target: &Target,
    refused: Option<&str>,
) -> Result<RoleCredentials, CallError<Failure>> {
    match &target.identity {
        Identity::PermissionSet(set) => {
            let session = SessionOf { chain, portal: &set.portal };
            fresh(&CachedOrPortal { chain, target, set, refused, session }).await
        }
        Identity::Role { .. } | Identity::Profile(_) => Ok(fresh(&CachedOrProfile { chain, target, refused }).await?),
    }
}

/// Credentials as the cache has them, and the portal gives them.
struct CachedOrPortal<'a> {
    chain: &'a Chain<'a>,
    target: &'a Target,
    set: &'a PermissionSet,
    refused: Option<&'a str>,
    session: SessionOf<'a>,
}

impl<'a> Kept for CachedOrPortal<'a> {
    type Value = RoleCredentials;
    type Reason = StaleReason;
    type Means = SessionOf<'a>;
    type Failure = CallError<Failure>;

    fn look(&self) -> Result<Look<RoleCredentials, StaleReason>, CallError<Failure>> {
        Ok(match cached(self.chain, self.target, self.refused) {
            Ok(credentials) => Look::Fresh(credentials),
            Err(reason) => Look::Stale(reason),
        })
    }

    fn say(&self, stale: &StaleReason) {
        self.chain.ui.detail(&format!("role credentials are {stale}"));
    }

    fn means(&self) -> &SessionOf<'a> {
        &self.session
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        lock(self.chain, self.target).await
    }

    async fn fetch(&self, session: &Session, _: StaleReason) -> Result<RoleCredentials, CallError<Failure>> {
        let PermissionSet { portal, account, name } = self.set;
        let given = self.chain.services.role_credentials(portal, (account, name), &session.token.access_token).await;
        let credentials = given.map_err(CallError::Answer)?;
        // Before they are used: a child, or a verb that runs on, may end in hours.
        clock_skew::warn(self.chain);
        Ok(credentials)
    }

    async fn store(&self, session: &Session, credentials: &RoleCredentials) -> Result<()> {
        let (chain, target) = (self.chain, self.target);
        let store = || keep(chain, target, credentials, None);
        keep_while(chain, &self.set.portal, &session.standing, "cannot cache the credentials", store).await
    }
}

/// Held for one call that gives credentials.
async fn lock(chain: &Chain<'_>, target: &Target) -> Result<Option<Lock>> {
    let path = chain.cache.lock_path(&format!("credentials-{}", target.access));
    lock_wait::for_lock(chain.ui, &path, "fetching the credentials", None).await
}

/// Stores credentials under the access that they are of.
fn keep(chain: &Chain<'_>, target: &Target, credentials: &RoleCredentials, made_from: Option<MadeFrom>) -> Result<()> {
    let key = target.identity.key();
    let known = chain.cache.credentials(&target.access.name, &key);
    let cached = CachedCredentials {
        identity: key,
        credentials: credentials.clone(),
        cluster: known.and_then(|cached| cached.cluster),
        config_fingerprint: identity::fingerprint_for(chain, target),
        made_from,
    };
    chain.cache.store_credentials(&target.access.name, &cached)
}

/// What is in the cache, if it is for this very target and fresh.
fn cached(chain: &Chain<'_>, target: &Target, refused: Option<&str>) -> Result<RoleCredentials, StaleReason> {
    let cached = chain.cache.credentials(&target.access.name, &target.identity.key());
    let cached = cached.ok_or(StaleReason::Missing)?;
    made_from::check(chain, target, &cached)?;
    let credentials = cached.credentials;
    if refused == Some(credentials.keys.access_key_id()) {
        return Err(StaleReason::Refused);
    }
    match judge(&credentials, chain.host.now()) {
        Freshness::Fresh => Ok(credentials),
        Freshness::Stale(reason) => Err(reason),
    }
}

/// The command that finds a namespace again where the portal refuses the role that was known.
fn login_finds_it(target: &Target) -> String {
    format!("nsaccess login {}   # asks the portal where it is now", target.access)
}

/// The portal gives no credentials of this role.
pub(crate) fn is_not_assigned(failure: &CallError<Failure>) -> bool {
    matches!(failure, CallError::Answer(failure) if matches!(failure.class, Class::Denied | Class::NotFound))
}

/// Why there are no credentials, in words. `found_by`: the command that finds the namespace again, if that was not done.
pub(crate) fn explain(
    chain: &Chain<'_>,
    target: &Target,
    failure: CallError<Failure>,
    found_by: Option<String>,
) -> Error {
    let failure = match failure {
        CallError::Chain(error) => return error.or_sign_in(target.access.name.as_str()),
        CallError::Answer(failure) => failure,
    };
    let class = failure.class;
    let error = failure.into_error(format!(
        "cannot get credentials for the role {} in account {}",
        target.role(),
        target.account()
    ));
    let anew = format!("nsaccess login {} --force", target.access);
    let error = match class {
        Class::Denied | Class::NotFound => {
            // What we believed about the portal is out of date.
            if let Some(portal) = target.portal() {
                let _ = chain.cache.forget_portal_index(&portal.start_url);
            }
            let error = Error { kind: Kind::Denied, ..error }
                .because("the permission set is not, or no longer, assigned to you in this account")
                .lacks(target.as_missing());
            found_by
                .into_iter()
                .fold(error, Error::try_next)
                .try_next("nsaccess list --refresh   # shows what you have access to")
                .try_next(format!("{anew}   # if it was assigned after you signed in"))
        }
        Class::Unauthorized => error.try_next(anew),
        _ => error,
    };
    clock_skew::explain(chain, error)
}
