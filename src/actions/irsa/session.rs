//! From a role to its session: our cache, else STS by one way or the other, asked once however many processes want it.

use super::{AssumedRole, Caller, Found, Work};
use crate::actions::reviews::survey::Reviews;
use crate::chain::lock_wait;
use crate::disk::cache::{CachedRole, RoleKey};
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{Freshness, StaleReason, judge};
use crate::model::irsa::{TokenWay, Via, Way, session_name};
use crate::model::reviews::ask::{Ask, Resource};
use crate::model::reviews::review::Verdict;
use crate::net::aws::assume_role::{self, Given, Wanted};
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::sts;
use crate::secret::Secret;

impl Work<'_> {
    /// The session, by the way that was named or the first that works.
    pub(crate) async fn assume(&self, found: Found) -> Result<AssumedRole> {
        match self.request.via {
            Via::Only(Way::Sts) => self.by_sts(&found).await,
            Via::Only(Way::Token) => self.by_token(&found, None).await,
            Via::Auto => {
                for way in [Way::Sts, Way::Token] {
                    if let Ok(cached) = self.cached(&found, way) {
                        return Ok(cached);
                    }
                }
                self.by_either(&found).await
            }
        }
    }

    async fn by_sts(&self, found: &Found) -> Result<AssumedRole> {
        let answer = self.session(found, Way::Sts, None).await?;
        answer.map_err(|failure| self.sts_refused(found, &failure, &TokenWay::Unwanted))
    }

    async fn by_token(&self, found: &Found, before: Option<&Failure>) -> Result<AssumedRole> {
        if let Ok(cached) = self.cached(found, Way::Token) {
            return Ok(cached);
        }
        let Some(account) = &found.service_account else {
            return Err(Error::usage("whose token is meant is not known")
                .because("the way by a token is that of a service account, and a role alone names none")
                .try_next(format!("nsaccess assume-irsa sa/NAME --role-arn {} --via token", found.role)));
        };
        let cluster = self.cluster().await?;
        let namespace = cluster.namespace();
        let call =
            async |api: crate::net::kube::KubeApi| api.service_account_token(namespace, account, &found.audience).await;
        let token = cluster.call(call).await;
        let token = token.map_err(|error| error.explained(|failure| self.no_token(account, failure)))?;
        let answer = self.session(found, Way::Token, Some(&token)).await?;
        answer.map_err(|failure| self.token_refused(found, &failure, before))
    }

    /// STS first: it needs no right in the cluster. Only its plain denial is a reason to try the other way.
    async fn by_either(&self, found: &Found) -> Result<AssumedRole> {
        let failure = match self.session(found, Way::Sts, None).await? {
            Ok(assumed) => return Ok(assumed),
            Err(failure) => failure,
        };
        if failure.code.as_deref() != Some("AccessDenied") {
            return Err(self.sts_refused(found, &failure, &TokenWay::Unwanted));
        }
        let closed = match &found.service_account {
            None => TokenWay::NoAccount,
            Some(account) => match self.may_create_token(account).await {
                Ok(Verdict::Allowed) => {
                    self.chain.ui.status(&format!(
                        "STS does not let your own role in; going by a token of the service account {account}"
                    ));
                    return self.by_token(found, Some(&failure)).await;
                }
                Ok(_) => TokenWay::Forbidden,
                Err(error) => TokenWay::Unknown(error.to_string()),
            },
        };
        Err(self.sts_refused(found, &failure, &closed))
    }

    async fn may_create_token(&self, account: &str) -> Result<Verdict> {
        let ask = Ask::Resource(Resource {
            verb: "create".to_owned(),
            resource: "serviceaccounts".to_owned(),
            subresource: Some("token".to_owned()),
            name: Some(account.to_owned()),
            namespace: Some(self.target.namespace.to_string()),
            ..Resource::default()
        });
        Reviews::of(self.cluster().await?).verdict(&ask).await
    }

    /// What is in the cache for this very role and way, if it is fresh.
    fn cached(&self, found: &Found, way: Way) -> Result<AssumedRole, StaleReason> {
        let cached = self.chain.cache.role(self.key(found, way)).ok_or(StaleReason::Missing)?;
        if self.refused == Some(cached.credentials.keys.access_key_id.as_str()) {
            return Err(StaleReason::Refused);
        }
        match judge(&cached.credentials, self.chain.host.now()) {
            Freshness::Fresh => {
                let end = cached.credentials.expires_at;
                self.chain.ui.detail(&format!("the session by {} in the cache is good until {end:.0}", way.action()));
                Ok(self.assumed(found, way, cached))
            }
            Freshness::Stale(reason) => Err(reason),
        }
    }

    fn key<'b>(&'b self, found: &'b Found, way: Way) -> RoleKey<'b> {
        let account = if way == Way::Token { found.service_account.as_deref() } else { None };
        RoleKey {
            start_url: &self.target.portal.start_url,
            account: &self.target.account,
            permission_set: &self.target.role,
            namespace: self.target.namespace.as_str(),
            role_arn: found.role.arn(),
            way: way.name(),
            service_account: account.unwrap_or_default(),
            seconds: self.request.seconds,
        }
    }

    fn assumed(&self, found: &Found, way: Way, cached: CachedRole) -> AssumedRole {
        AssumedRole {
            target: self.target.clone(),
            found: found.clone(),
            way,
            arn: cached.arn,
            region: self.region(),
            credentials: cached.credentials,
        }
    }

    /// The session by one way. The inner error is STS's. Credentials of ours that STS does not take are renewed once.
    async fn session(
        &self,
        found: &Found,
        way: Way,
        token: Option<&Secret<String>>,
    ) -> Result<Result<AssumedRole, Failure>> {
        match self.cached(found, way) {
            Ok(fresh) => return Ok(Ok(fresh)),
            Err(reason) => self.chain.ui.detail(&format!("the session by {} is {reason}", way.action())),
        }
        for attempt in 0..2 {
            // Before the lock: a person may have to sign in for it, and nobody shall wait for a lock meanwhile.
            let caller = self.caller().await?;
            match self.asked_once(found, way, &caller, token).await? {
                Err(failure) if failure.class == Class::Unauthorized && token.is_none() && attempt == 0 => {
                    self.chain.ui.detail(&format!("{failure}; fetching new credentials"));
                    self.renew(&caller).await?;
                }
                answer => return Ok(answer),
            }
        }
        Err(Error::new(Kind::NotSignedIn, "AWS takes no credentials of the namespace's role, not even new ones"))
    }

    /// Under the lock: looks again, asks STS, stores.
    async fn asked_once(
        &self,
        found: &Found,
        way: Way,
        caller: &Caller,
        token: Option<&Secret<String>>,
    ) -> Result<Result<AssumedRole, Failure>> {
        let chain = self.chain;
        let lock = chain.cache.lock_path(&format!("irsa-{}", self.target.namespace));
        let _lock = lock_wait::for_lock(chain.ui, &lock, "assumes a role", None).await?;
        if let Ok(fresh) = self.cached(found, way) {
            return Ok(Ok(fresh));
        }
        let (region, name) = (self.region(), session_name(&caller.arn));
        let wanted =
            Wanted { role_arn: found.role.arn(), session_name: &name, seconds: self.request.seconds, region: &region };
        let answer = match token {
            None => assume_role::assume_role(&chain.aws, &caller.credentials.keys, wanted).await,
            Some(token) => assume_role::with_web_identity(&chain.aws, token, wanted).await,
        };
        let Given { credentials, arn } = match answer {
            Ok(given) => given,
            Err(failure) => return Ok(Err(failure)),
        };
        let cached = CachedRole { arn, credentials };
        let store = || chain.cache.store_role(self.key(found, way), &cached, chain.host.now());
        if let Err(error) = chain.keep_while(&self.target.portal, &caller.since, store).await? {
            chain.ui.warning(&format!("the session could not be cached: {error}"));
        }
        Ok(Ok(self.assumed(found, way, cached)))
    }

    /// The namespace's role and who it is to STS, whose last part becomes the session's name.
    pub(crate) async fn caller(&self) -> Result<Caller> {
        let known = self.caller.borrow().clone();
        if let Some(caller) = known {
            return Ok(caller);
        }
        let chain = self.chain;
        let since = chain.standing(&self.target.portal);
        let mut credentials = Box::pin(chain.credentials(&self.target)).await?;
        let region = self.region();
        let mut answer = sts::caller_arn(&chain.aws, &credentials.keys, &region).await;
        if let Err(failure) = &answer
            && failure.class == Class::Unauthorized
        {
            chain.ui.detail(&format!("{failure}; fetching new credentials"));
            credentials = Box::pin(chain.credentials_after_refusal(&self.target, &credentials)).await?;
            answer = sts::caller_arn(&chain.aws, &credentials.keys, &region).await;
        }
        let what = "no role can be assumed: AWS does not say who you are";
        let arn = answer.map_err(|failure| chain.explain_clock(failure.into_error(what)))?;
        let caller = Caller { credentials, arn, since };
        self.caller.replace(Some(caller.clone()));
        Ok(caller)
    }

    async fn renew(&self, caller: &Caller) -> Result<()> {
        let renewed = self.chain.credentials_after_refusal(&self.target, &caller.credentials);
        let credentials = Box::pin(renewed).await?;
        self.caller.replace(Some(Caller { credentials, ..caller.clone() }));
        Ok(())
    }
}
