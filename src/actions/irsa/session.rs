//! From a role to its session: our cache, else STS by one way or the other, asked once however many processes want it.

use super::{AssumedRole, Caller, RoleAssumer, WorkloadRole};
use crate::actions::reviews::survey::Reviews;
use crate::chain::call_error::CallError;
use crate::chain::credentials::{self, Credentials, made_from};
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::renewal::{Refusable, Renewable};
use crate::chain::session::standing::{Standing, keep_while, standing};
use crate::chain::{clock_skew, lock_wait};
use crate::disk::cache::{CachedRole, RoleKey};
use crate::disk::lock::Lock;
use crate::error::{Error, Result};
use crate::model::aws::credentials::{Freshness, StaleReason, judge};
use crate::model::irsa::{AssumeMethod, TokenOutcome, Via, session_name};
use crate::model::reviews::access_review::{AccessReview, Resource};
use crate::model::reviews::review::Verdict;
use crate::net::aws::assume_role::{self, AssumedSession, RoleSessionRequest};
use crate::net::aws::failure::Failure;
use crate::secret::Secret;

impl RoleAssumer<'_> {
    /// The session, by the way that was named or the first that works.
    pub(crate) async fn assume(&self, workload_role: WorkloadRole) -> Result<AssumedRole> {
        match self.request.via {
            Via::Only(AssumeMethod::Sts) => self.by_sts(&workload_role).await,
            Via::Only(AssumeMethod::Token) => self.by_token(&workload_role, None).await,
            Via::Auto => {
                for method in [AssumeMethod::Sts, AssumeMethod::Token] {
                    if let Ok(cached) = self.cached(&workload_role, method) {
                        return Ok(cached);
                    }
                }
                self.by_either(&workload_role).await
            }
        }
    }

    async fn by_sts(&self, workload_role: &WorkloadRole) -> Result<AssumedRole> {
        let session = self.session(workload_role, AssumeMethod::Sts, None).await;
        session.map_err(|failure| {
            failure.explained(|failure| self.sts_refused(workload_role, &failure, &TokenOutcome::NotRequested))
        })
    }

    async fn by_token(&self, workload_role: &WorkloadRole, before: Option<&Failure>) -> Result<AssumedRole> {
        if let Ok(cached) = self.cached(workload_role, AssumeMethod::Token) {
            return Ok(cached);
        }
        let Some(account) = &workload_role.service_account else {
            return Err(Error::usage("no service account specified")
                .because("--via token uses the token of a service account, and a role alone does not name one")
                .try_next(format!("nsaccess assume-irsa sa/NAME --role-arn {} --via token", workload_role.role)));
        };
        let cluster = self.cluster().await?;
        let namespace = cluster.namespace();
        let call = async |api: crate::net::kube::KubeApi| {
            api.create_service_account_token(namespace, account, &workload_role.audience).await
        };
        let token = cluster.call(call).await;
        let token = token.map_err(|error| error.explained(|failure| self.no_token(account, failure)))?;
        let session = self.session(workload_role, AssumeMethod::Token, Some(&token)).await;
        session.map_err(|failure| failure.explained(|failure| self.token_refused(workload_role, &failure, before)))
    }

    /// STS first: it needs no right in the cluster. Only its plain denial is a reason to try the other way.
    async fn by_either(&self, workload_role: &WorkloadRole) -> Result<AssumedRole> {
        let failure = match self.session(workload_role, AssumeMethod::Sts, None).await {
            Ok(assumed) => return Ok(assumed),
            Err(CallError::Chain(error)) => return Err(error),
            Err(CallError::Answer(failure)) => failure,
        };
        if failure.code.as_deref() != Some("AccessDenied") {
            return Err(self.sts_refused(workload_role, &failure, &TokenOutcome::NotRequested));
        }
        let closed = match &workload_role.service_account {
            None => TokenOutcome::NoAccount,
            Some(account) => match self.may_create_token(account).await {
                Ok(Verdict::Allowed) => {
                    self.chain.ui.status(&format!(
                        "your own role is not allowed to assume it; using a token of service account {account}"
                    ));
                    return self.by_token(workload_role, Some(&failure)).await;
                }
                Ok(_) => TokenOutcome::Forbidden,
                Err(error) => TokenOutcome::Unknown(error.to_string()),
            },
        };
        Err(self.sts_refused(workload_role, &failure, &closed))
    }

    async fn may_create_token(&self, account: &str) -> Result<Verdict> {
        let ask = AccessReview::Resource(Resource {
            verb: "create".to_owned(),
            resource: "serviceaccounts".to_owned(),
            subresource: Some("token".to_owned()),
            name: Some(account.to_owned()),
            namespace: Some(self.target.access.namespace.to_string()),
            ..Resource::default()
        });
        Reviews::of(self.cluster().await?).verdict(&ask).await
    }

    /// What is in the cache for this very role and way, if it is fresh.
    fn cached(&self, workload_role: &WorkloadRole, method: AssumeMethod) -> Result<AssumedRole, StaleReason> {
        let cached = self.chain.cache.role(&self.key(workload_role, method)).ok_or(StaleReason::Missing)?;
        if self.refused == Some(cached.credentials.keys.access_key_id()) {
            return Err(StaleReason::Refused);
        }
        match judge(&cached.credentials, self.chain.host.now()) {
            Freshness::Fresh => {
                let end = cached.credentials.expires_at;
                self.chain.ui.detail(&format!("the cached {} session is valid until {end:.0}", method.action()));
                Ok(self.assumed(workload_role, method, cached))
            }
            Freshness::Stale(reason) => Err(reason),
        }
    }

    fn key<'b>(&'b self, workload_role: &'b WorkloadRole, method: AssumeMethod) -> RoleKey<'b> {
        let account = if method == AssumeMethod::Token { workload_role.service_account.as_deref() } else { None };
        RoleKey {
            identity: made_from::key(self.chain, &self.target),
            access: self.target.access.name.as_str(),
            role_arn: workload_role.role.arn(),
            method: method.name(),
            service_account: account.unwrap_or_default(),
            seconds: self.request.seconds,
        }
    }

    fn assumed(&self, workload_role: &WorkloadRole, method: AssumeMethod, cached: CachedRole) -> AssumedRole {
        AssumedRole {
            target: self.target.clone(),
            workload_role: workload_role.clone(),
            method,
            arn: cached.arn,
            region: self.region(),
            credentials: cached.credentials,
        }
    }

    /// The session by one way: from our cache, else from STS.
    async fn session(
        &self,
        workload_role: &WorkloadRole,
        method: AssumeMethod,
        token: Option<&Secret<String>>,
    ) -> Result<AssumedRole, CallError<Failure>> {
        let callers = Callers { assumer: self };
        let session = fresh(&RoleSession { assumer: self, callers, workload_role, method, token }).await;
        session.map_err(|NotAssumed { failure, .. }| failure)
    }

    /// The namespace's role and who it is to STS, whose last part becomes the session's name.
    async fn caller(&self, credentials: Credentials<'_>, standing: Standing) -> Result<Caller> {
        let what = "cannot assume a role: AWS did not confirm your identity";
        let arn = credentials.caller_arn(&self.region()).await;
        let arn = arn.map_err(|failure| {
            failure.explained(|failure| clock_skew::explain(self.chain, failure.into_error(what)))
        })?;
        let caller = Caller { credentials: credentials.role(), arn, standing };
        self.caller.replace(Some(caller.clone()));
        Ok(caller)
    }
}

/// The namespace's role as what assumes another one.
struct Callers<'b, 'a> {
    assumer: &'b RoleAssumer<'a>,
}

impl Renewable for Callers<'_, '_> {
    type Value = Caller;

    async fn current(&self) -> Result<Caller> {
        let known = self.assumer.caller.borrow().clone();
        if let Some(caller) = known {
            return Ok(caller);
        }
        let (chain, target) = (self.assumer.chain, &self.assumer.target);
        let standing = standing(chain, &target.identity);
        let credentials = Credentials::of(chain, target.clone()).await?;
        self.assumer.caller(credentials, standing).await
    }

    async fn renewed(&self, refused: &Caller, refusal: &str) -> Result<Caller> {
        let (chain, target) = (self.assumer.chain, &self.assumer.target);
        chain.ui.detail(&format!("{refusal}; fetching new credentials"));
        let credentials = credentials::after_refusal(chain, target, &refused.credentials).await?;
        let caller = Caller { credentials, ..refused.clone() };
        self.assumer.caller.replace(Some(caller.clone()));
        Ok(caller)
    }
}

/// The session of a role by one way, as our cache has it and STS gives it.
struct RoleSession<'b, 'a> {
    assumer: &'b RoleAssumer<'a>,
    callers: Callers<'b, 'a>,
    workload_role: &'b WorkloadRole,
    method: AssumeMethod,
    token: Option<&'b Secret<String>>,
}

/// STS gave no session. Only where our own credentials proved who asks can new ones help.
struct NotAssumed {
    failure: CallError<Failure>,
    by_credentials: bool,
}

impl From<Error> for NotAssumed {
    fn from(error: Error) -> Self {
        NotAssumed { failure: error.into(), by_credentials: false }
    }
}

impl Refusable for NotAssumed {
    fn refusal(&self) -> Option<String> {
        self.failure.refusal().filter(|_| self.by_credentials)
    }
}

impl<'b, 'a> Kept for RoleSession<'b, 'a> {
    type Value = AssumedRole;
    type Reason = StaleReason;
    type Means = Callers<'b, 'a>;
    type Failure = NotAssumed;

    fn look(&self) -> Result<Look<AssumedRole, StaleReason>, NotAssumed> {
        Ok(match self.assumer.cached(self.workload_role, self.method) {
            Ok(session) => Look::Fresh(session),
            Err(reason) => Look::Stale(reason),
        })
    }

    fn say(&self, stale: &StaleReason) {
        self.assumer.chain.ui.detail(&format!("the {} session is {stale}", self.method.action()));
    }

    fn means(&self) -> &Callers<'b, 'a> {
        &self.callers
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        let path = self.assumer.chain.cache.lock_path(&format!("irsa-{}", self.assumer.target.access));
        lock_wait::for_lock(self.assumer.chain.ui, &path, "assuming a role", None).await
    }

    async fn fetch(&self, caller: &Caller, _: StaleReason) -> Result<AssumedRole, NotAssumed> {
        let (region, name) = (self.assumer.region(), session_name(&caller.arn));
        let request = RoleSessionRequest {
            role_arn: self.workload_role.role.arn(),
            session_name: &name,
            seconds: Some(self.assumer.request.seconds),
            region: &region,
            ..RoleSessionRequest::default()
        };
        let aws = &self.assumer.chain.aws;
        let answer = match self.token {
            None => assume_role::assume_role(aws, &caller.credentials.keys, request).await,
            Some(token) => assume_role::assume_role_with_web_identity(aws, token, request).await,
        };
        let AssumedSession { credentials, arn, .. } = answer.map_err(|failure| NotAssumed {
            failure: CallError::Answer(failure),
            by_credentials: self.token.is_none(),
        })?;
        Ok(self.assumer.assumed(self.workload_role, self.method, CachedRole { arn, credentials }))
    }

    async fn store(&self, caller: &Caller, session: &AssumedRole) -> Result<()> {
        let (chain, identity) = (self.assumer.chain, &self.assumer.target.identity);
        let cached = CachedRole { arn: session.arn.clone(), credentials: session.credentials.clone() };
        let store =
            || chain.cache.store_role(&self.assumer.key(self.workload_role, self.method), &cached, chain.host.now());
        keep_while(chain, identity, &caller.standing, "cannot cache the session", store).await
    }
}
