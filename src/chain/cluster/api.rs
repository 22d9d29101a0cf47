//! The cluster's API for a namespace: credentials and cluster facts from the cache or the slow path, a token signed in
//! this process, and both renewed while a verb runs on. kubectl's exec plugin is not involved.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::chain::call_error::CallError;
use crate::chain::cluster::not_mapped::not_mapped;
use crate::chain::cluster::{self, ClusterOrigin, way};
use crate::chain::credentials::{self, Credentials};
use crate::chain::renewal::{Renewable, with_renewal};
use crate::chain::{Chain, clock_skew};
use crate::env_vars;
use crate::error::{Error, Kind, MissingAccess, Result};
use crate::host::Host;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::eks_token;
use crate::model::aws::target::Target;
use crate::model::kube::access::AccessName;
use crate::model::kube::cluster::Cluster;
use crate::model::wire::proxy::Proxy;
use crate::net::kube::refusal_retry::RefusalMemory;
use crate::net::kube::{KubeApi, KubeFailure, Silence};
use crate::secret::Secret;

/// A token is good for 15 minutes; one this old is signed anew, which costs nothing.
const TOKEN_AGE: SignedDuration = SignedDuration::from_mins(10);
/// How often a verb that runs on looks whether a person has signed in again.
const SIGN_IN_POLL: Duration = Duration::from_secs(5);

/// What happens when the credentials cannot be renewed because the session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenOver {
    /// The person at the terminal is asked to sign in.
    Ask,
    /// It is said once, and work goes on after a sign-in elsewhere.
    Wait,
    /// What needs them fails; the next attempt looks again.
    Fail,
}

/// A cluster as the role of one namespace.
pub(crate) struct ClusterAccess<'a> {
    chain: &'a Chain<'a>,
    unattended: Chain<'a>,
    /// What the namespace resolved to.
    pub(crate) target: Target,
    state: RefCell<State>,
    refusal_memory: Arc<RefusalMemory>,
    renewal: Mutex<()>,
    when_over: Cell<WhenOver>,
    refused_once: Cell<bool>,
    moves: Cell<u32>,
    /// Of streams.
    silence: Cell<Silence>,
}

struct State {
    credentials: RoleCredentials,
    cluster: Cluster,
    origin: ClusterOrigin,
    proxy: Option<Proxy>,
    signed_at: Timestamp,
    api: KubeApi,
    streams: KubeApi,
}

fn sign(
    chain: &Chain<'_>,
    credentials: RoleCredentials,
    (cluster, origin): (Cluster, ClusterOrigin),
    proxy: Option<Proxy>,
    (refusal_memory, silence): (&Arc<RefusalMemory>, Silence),
) -> Result<State> {
    let signed_at = chain.host.now();
    let token = eks_token::sign(&credentials.keys, &cluster.name, &cluster.region, signed_at);
    let outbound = chain.aws.outbound();
    let api = KubeApi::new(&cluster, proxy.as_ref(), &token, (outbound, refusal_memory), Silence::OfCalls)?;
    let streams = KubeApi::new(&cluster, proxy.as_ref(), &token, (outbound, refusal_memory), silence)?;
    Ok(State { credentials, cluster, origin, proxy, signed_at, api, streams })
}

impl<'a> ClusterAccess<'a> {
    /// The API of a cluster as the role that the credentials are of. Nothing is asked yet.
    ///
    /// # Errors
    /// When the endpoint, the certificate authority or the proxy cannot be used.
    pub(crate) fn open(credentials: Credentials<'a>, cluster: Cluster, origin: ClusterOrigin) -> Result<Self> {
        let (chain, role) = (credentials.chain, credentials.role());
        let target = credentials.target;
        let (cluster, proxy) = way::to(chain, &target.access, &cluster)?;
        let refusal_memory = Arc::default();
        let state = sign(chain, role, (cluster, origin), proxy, (&refusal_memory, Silence::OfStreams))?;
        Ok(ClusterAccess {
            chain,
            unattended: chain.unattended(),
            target,
            state: RefCell::new(state),
            refusal_memory,
            renewal: Mutex::new(()),
            when_over: Cell::new(WhenOver::Ask),
            refused_once: Cell::new(false),
            moves: Cell::new(0),
            silence: Cell::new(Silence::OfStreams),
        })
    }

    /// The chain below.
    pub(crate) fn chain(&self) -> &'a Chain<'a> {
        self.chain
    }

    /// The namespace's name, for the cluster.
    pub(crate) fn namespace(&self) -> &str {
        self.target.access.namespace.as_str()
    }

    /// The access's name, for people.
    pub(crate) fn access(&self) -> &AccessName {
        &self.target.access.name
    }

    /// What is asked for where a right is missing.
    pub(crate) fn as_missing(&self) -> MissingAccess {
        self.target.as_missing()
    }

    /// The cluster's facts, with the address that is connected to.
    pub(crate) fn cluster(&self) -> Cluster {
        self.state.borrow().cluster.clone()
    }

    /// The role's credentials, for the questions that AWS answers.
    pub(crate) fn credentials(&self) -> RoleCredentials {
        self.state.borrow().credentials.clone()
    }

    /// For work that runs on: credentials are renewed silently, and no person is asked when the session ends.
    pub(crate) fn run_on(&self, when_over: WhenOver) {
        self.when_over.set(when_over);
    }

    /// For streams that are passed on to another client: none is ended because it is silent for minutes.
    ///
    /// # Errors
    /// As [`ClusterAccess::open`].
    pub(crate) fn pass_on(&self) -> Result<()> {
        self.silence.set(Silence::ForOthers);
        self.adopt(self.credentials())
    }

    /// The process.
    pub(crate) fn host(&self) -> &'a Host {
        self.chain.host
    }

    /// How often the cluster was found elsewhere since this was opened. What was connected with its address is of the past then.
    pub(crate) fn moves(&self) -> u32 {
        self.moves.get()
    }

    /// The proxy on the way to the cluster.
    pub(crate) fn proxy(&self) -> Option<Proxy> {
        self.state.borrow().proxy.clone()
    }

    /// A token for a connection that is opened now. `refused`: the last one was not taken.
    ///
    /// # Errors
    /// When the credentials cannot be renewed.
    pub(crate) async fn token(&self, refused: bool) -> Result<Secret<String>> {
        let signed_at = self.state.borrow().signed_at;
        if refused {
            self.renew_refused(signed_at).await?;
        } else {
            self.keep_fresh().await?;
        }
        let state = self.state.borrow();
        let (name, region) = (&state.cluster.name, &state.cluster.region);
        Ok(eks_token::sign(&state.credentials.keys, name, region, self.chain.host.now()))
    }

    /// Opens new connections from now on: the pooled ones are dead after the machine slept.
    pub(crate) fn reconnect(&self) {
        // What was made once can be made again; if not, the old clients find out.
        let _ = self.adopt(self.credentials());
    }

    /// Calls the cluster. A 401 renews the credentials once and calls again; an endpoint from the cache that does not
    /// answer is looked up again once.
    ///
    /// # Errors
    /// The cluster's answer; or that of the chain, when the credentials cannot be renewed, or the cluster does not know
    /// the role.
    pub(crate) async fn call<T>(
        &self,
        call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
    ) -> Result<T, CallError<KubeFailure>> {
        self.call_with(|state| &state.api, call).await
    }

    /// The same with the client that allows minutes of silence: for logs and watches.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub(crate) async fn stream<T>(
        &self,
        call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
    ) -> Result<T, CallError<KubeFailure>> {
        self.call_with(|state| &state.streams, call).await
    }

    async fn call_with<T>(
        &self,
        client: fn(&State) -> &KubeApi,
        call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
    ) -> Result<T, CallError<KubeFailure>> {
        let signed = Signed { access: self, client };
        let answer = with_renewal(&signed, async |(api, _): &(KubeApi, Timestamp)| {
            call(api.clone()).await.map_err(CallError::Answer)
        })
        .await;
        match answer {
            Ok(answer) => {
                clock_skew::warn(self.chain);
                Ok(answer)
            }
            Err(CallError::Answer(KubeFailure::Unauthorized)) => Err(self.unknown_role().await.into()),
            Err(CallError::Answer(KubeFailure::Unreachable(words))) => match self.look_again().await {
                true => {
                    let api = client(&self.state.borrow()).clone();
                    call(api).await.map_err(CallError::Answer)
                }
                false => Err(CallError::Answer(KubeFailure::Unreachable(words))),
            },
            other => other,
        }
    }

    /// Signs a new token when the old one nears its end, with new credentials if those do too.
    async fn keep_fresh(&self) -> Result<()> {
        let old = |state: &State| self.chain.host.now().duration_since(state.signed_at) > TOKEN_AGE;
        if !old(&self.state.borrow()) {
            return Ok(());
        }
        let _turn = self.renewal.lock().await;
        if !old(&self.state.borrow()) {
            return Ok(());
        }
        let credentials = self.renewed_credentials(None).await?;
        self.adopt(credentials)
    }

    /// After a 401: other credentials, unless somebody else got them meanwhile or they were refused before.
    async fn renew_refused(&self, signed_at: Timestamp) -> Result<()> {
        let _turn = self.renewal.lock().await;
        if self.state.borrow().signed_at != signed_at {
            return Ok(());
        }
        if self.refused_once.replace(true) && self.when_over.get() == WhenOver::Ask {
            return Err(self.unknown_role().await);
        }
        self.chain.ui.detail("the cluster returned 401; renewing the credentials");
        let refused = self.credentials();
        let credentials = self.renewed_credentials(Some(&refused)).await?;
        self.adopt(credentials)
    }

    async fn renewed_credentials(&self, refused: Option<&RoleCredentials>) -> Result<RoleCredentials> {
        let chain = if self.when_over.get() == WhenOver::Ask { self.chain } else { &self.unattended };
        let mut is_told = false;
        loop {
            let renewed = match refused {
                Some(refused) => credentials::after_refusal(chain, &self.target, refused).await,
                None => credentials::obtain(chain, &self.target).await,
            };
            match renewed {
                Err(error) if self.when_over.get() == WhenOver::Wait && error.kind == Kind::NotSignedIn => {
                    if !is_told {
                        let again = format!("nsaccess login {}", self.access());
                        chain.ui.warning(&format!("{}; to continue: {again}", error.message));
                        is_told = true;
                    }
                    tokio::time::sleep(SIGN_IN_POLL).await;
                }
                other => return other,
            }
        }
    }

    fn adopt(&self, credentials: RoleCredentials) -> Result<()> {
        let (located, proxy) = {
            let state = self.state.borrow();
            ((state.cluster.clone(), state.origin), state.proxy.clone())
        };
        let state = sign(self.chain, credentials, located, proxy, (&self.refusal_memory, self.silence.get()))?;
        self.state.replace(state);
        Ok(())
    }

    /// Describes a cluster that came from the cache; true when it is another one now, so that calling again may help.
    async fn look_again(&self) -> bool {
        let _turn = self.renewal.lock().await;
        if self.state.borrow().origin == ClusterOrigin::Described {
            return false;
        }
        self.chain.ui.detail("the cluster does not respond at its cached endpoint; asking EKS for the current one");
        let before = self.cluster();
        let credentials = Credentials::with(&self.unattended, self.target.clone(), self.credentials());
        let described = cluster::describe(&credentials).await;
        self.state.borrow_mut().origin = ClusterOrigin::Described;
        let Ok(now) = described else { return false };
        let Ok((now, proxy)) = way::to(self.chain, &self.target.access, &now) else { return false };
        let moved =
            (&now.endpoint, &now.certificate_authority_data) != (&before.endpoint, &before.certificate_authority_data);
        let located = (now, ClusterOrigin::Described);
        match sign(self.chain, credentials.role(), located, proxy, (&self.refusal_memory, self.silence.get())) {
            Ok(state) if moved => {
                self.say_moved(&state.cluster);
                self.state.replace(state);
                self.moves.set(self.moves.get() + 1);
                true
            }
            _ => false,
        }
    }

    /// How to bring the context in the kubeconfig up to date, if it is not.
    fn say_moved(&self, now: &Cluster) {
        // There kubectl goes through us, and follows.
        if self.chain.host.env(env_vars::NSACCESS_READ_ONLY).is_some() {
            return;
        }
        let way = way::of_context(self.chain, &self.target.access).ok().flatten();
        if way.is_none_or(|way| way.leads_to(now)) {
            return;
        }
        self.chain.ui.hint(&format!(
            "the cluster {} has moved, or has a new certificate authority; to update kubectl: nsaccess kubeconfig {}",
            now.name,
            self.access()
        ));
    }

    /// The error of a cluster that does not know the role.
    pub(crate) async fn unknown_role(&self) -> Error {
        let cluster = self.cluster();
        let keys = self.credentials().keys;
        let caller = self.chain.services.caller_arn(&keys, &cluster.region).await.ok();
        clock_skew::explain_unauthorized(self.chain, not_mapped(&self.target, &cluster, caller.as_deref()))
    }
}

/// The cluster's clients, signed for, as what calls are made with.
struct Signed<'b, 'a> {
    access: &'b ClusterAccess<'a>,
    client: fn(&State) -> &KubeApi,
}

impl Signed<'_, '_> {
    fn client(&self) -> (KubeApi, Timestamp) {
        let state = self.access.state.borrow();
        ((self.client)(&state).clone(), state.signed_at)
    }
}

impl Renewable for Signed<'_, '_> {
    type Value = (KubeApi, Timestamp);

    async fn current(&self) -> Result<Self::Value> {
        self.access.keep_fresh().await?;
        Ok(self.client())
    }

    async fn renewed(&self, (_, signed_at): &Self::Value, _: &str) -> Result<Self::Value> {
        self.access.renew_refused(*signed_at).await?;
        Ok(self.client())
    }
}
