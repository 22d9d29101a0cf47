//! The cluster's API for a namespace: credentials and cluster facts from the cache or the slow path, a token signed in
//! this process, and both renewed while a verb runs on. kubectl's exec plugin is not involved.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::chain::Chain;
use crate::chain::call_error::CallError;
use crate::chain::cluster::not_mapped::not_mapped;
use crate::disk::kubeconfig::Kubeconfigs;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::eks_token;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;
use crate::model::kube::namespace::Namespace;
use crate::model::wire::proxy::Proxy;
use crate::net::aws::sts;
use crate::net::kube::patience::Patience;
use crate::net::kube::{KubeApi, KubeFailure, Silence};
use crate::secret::Secret;

/// A token is good for 15 minutes; one this old is signed anew, which costs nothing.
const TOKEN_AGE: SignedDuration = SignedDuration::from_mins(10);
/// How often a verb that runs on looks whether a person has signed in again.
const SIGN_IN_POLL: Duration = Duration::from_secs(5);

/// What happens when the credentials cannot be renewed because the session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenOver {
    /// The person at the terminal is asked to sign in.
    Ask,
    /// It is said once, and work goes on after a sign-in elsewhere.
    Wait,
    /// What needs them fails; the next attempt looks again.
    Fail,
}

/// A cluster as the role of one namespace.
pub struct ClusterAccess<'a> {
    chain: &'a Chain<'a>,
    unattended: Chain<'a>,
    /// What the namespace resolved to.
    pub target: Target,
    state: RefCell<State>,
    patience: Arc<Patience>,
    proxy: Option<Proxy>,
    renewal: Mutex<()>,
    when_over: Cell<WhenOver>,
    refused_once: Cell<bool>,
}

struct State {
    credentials: RoleCredentials,
    cluster: Cluster,
    /// Whether EKS itself described the cluster in this run, not the cache.
    described: bool,
    signed_at: Timestamp,
    api: KubeApi,
    streams: KubeApi,
}

impl<'a> Chain<'a> {
    /// The API of the namespace's cluster. Calls AWS only for what no cache holds.
    ///
    /// # Errors
    /// Of any stage before the cluster.
    pub async fn cluster_access(
        &'a self,
        namespace: &Namespace,
        kubeconfigs: &Kubeconfigs,
    ) -> Result<ClusterAccess<'a>> {
        let portal = self.portal(Some(&self.access_name(namespace)))?;
        let target = match self.known_target(namespace, &portal) {
            Some(target) => target,
            None => Box::pin(self.target(namespace)).await?,
        };
        // Boxed: the AWS SDK's futures are deep, and every verb is built upon these.
        let mut credentials = Box::pin(self.credentials(&target)).await?;
        let (cluster, described) = match self.known_cluster(&target) {
            Some(cluster) => (cluster, false),
            None => (Box::pin(self.cluster(&target, &mut credentials)).await?, true),
        };
        let proxy = self.proxy(namespace, &cluster.endpoint, kubeconfigs)?;
        let patience = Arc::default();
        let state = self.signed(credentials, cluster, described, proxy.as_ref(), &patience)?;
        Ok(ClusterAccess {
            chain: self,
            unattended: self.unattended(),
            target,
            state: RefCell::new(state),
            patience,
            proxy,
            renewal: Mutex::new(()),
            when_over: Cell::new(WhenOver::Ask),
            refused_once: Cell::new(false),
        })
    }

    /// All facts of the cluster as the cache has them, if they are of the cluster that is meant.
    fn known_cluster(&self, target: &Target) -> Option<Cluster> {
        let (name, region) = self.known_cluster_name(target)?;
        let known = self.cache.cluster(&target.namespace)?;
        (known.name == name && region.is_none_or(|region| region == known.region)).then_some(known)
    }

    fn signed(
        &self,
        credentials: RoleCredentials,
        cluster: Cluster,
        described: bool,
        proxy: Option<&Proxy>,
        patience: &Arc<Patience>,
    ) -> Result<State> {
        let signed_at = self.host.now();
        let token = eks_token::sign(&credentials.keys, &cluster.name, &cluster.region, signed_at);
        let outbound = self.aws.outbound();
        let api = KubeApi::new(&cluster, proxy, &token, (outbound, patience), Silence::OfCalls)?;
        let streams = KubeApi::new(&cluster, proxy, &token, (outbound, patience), Silence::OfStreams)?;
        Ok(State { credentials, cluster, described, signed_at, api, streams })
    }
}

impl<'a> ClusterAccess<'a> {
    /// The chain below.
    pub fn chain(&self) -> &'a Chain<'a> {
        self.chain
    }

    /// The namespace's name.
    pub fn namespace(&self) -> &str {
        self.target.namespace.as_str()
    }

    /// The cluster's facts.
    pub fn cluster(&self) -> Cluster {
        self.state.borrow().cluster.clone()
    }

    /// The role's credentials, for the questions that AWS answers.
    pub fn credentials(&self) -> RoleCredentials {
        self.state.borrow().credentials.clone()
    }

    /// From now on nobody waits for us: credentials are renewed silently, and a session that is over is no reason to
    /// ask anybody.
    pub fn run_on(&self, when_over: WhenOver) {
        self.when_over.set(when_over);
    }

    /// The process.
    pub fn host(&self) -> &'a Host {
        self.chain.host
    }

    /// The proxy on the way to the cluster.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// A token for a connection that is opened now. `refused`: the last one was not taken.
    ///
    /// # Errors
    /// When the credentials cannot be renewed.
    pub async fn token(&self, refused: bool) -> Result<Secret<String>> {
        let signed_at = self.state.borrow().signed_at;
        if refused {
            Box::pin(self.renew_refused(signed_at)).await?;
        } else {
            Box::pin(self.keep_fresh()).await?;
        }
        let state = self.state.borrow();
        let (name, region) = (&state.cluster.name, &state.cluster.region);
        Ok(eks_token::sign(&state.credentials.keys, name, region, self.chain.host.now()))
    }

    /// Opens new connections from now on: those that are kept lead nowhere after the machine slept.
    pub fn reconnect(&self) {
        // What was made once can be made again; if not, the old clients find out.
        let _ = self.adopt(self.credentials());
    }

    /// Calls the cluster. A 401 drops the credentials once and calls again; an endpoint from the cache that does not
    /// answer is looked up again once.
    ///
    /// # Errors
    /// [`CallError::Chain`] when the credentials cannot be renewed, or the cluster does not know the role.
    pub(crate) async fn call<T>(
        &self,
        call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
    ) -> Result<T, CallError<KubeFailure>> {
        self.with(|state| state.api.clone(), call).await
    }

    /// The same with the client that allows minutes of silence: for logs and watches.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub(crate) async fn stream<T>(
        &self,
        call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
    ) -> Result<T, CallError<KubeFailure>> {
        self.with(|state| state.streams.clone(), call).await
    }

    async fn with<T>(
        &self,
        of: impl Fn(&State) -> KubeApi,
        call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
    ) -> Result<T, CallError<KubeFailure>> {
        Box::pin(self.keep_fresh()).await?;
        let signed_at = self.state.borrow().signed_at;
        let api = of(&self.state.borrow());
        let answer = call(api).await;
        if answer.is_ok() {
            self.chain.warn_of_clock();
        }
        match answer {
            Err(KubeFailure::Unauthorized) => {
                Box::pin(self.renew_refused(signed_at)).await?;
                let api = of(&self.state.borrow());
                match call(api).await {
                    Err(KubeFailure::Unauthorized) => Err(Box::pin(self.unknown_role()).await.into()),
                    answer => answer.map_err(CallError::Answer),
                }
            }
            Err(KubeFailure::Unreachable(words)) => match Box::pin(self.look_again()).await {
                true => {
                    let api = of(&self.state.borrow());
                    call(api).await.map_err(CallError::Answer)
                }
                false => Err(CallError::Answer(KubeFailure::Unreachable(words))),
            },
            answer => answer.map_err(CallError::Answer),
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
            return Err(Box::pin(self.unknown_role()).await);
        }
        self.chain.ui.detail("the cluster answered 401; renewing the credentials");
        let refused = self.state.borrow().credentials.clone();
        let credentials = self.renewed_credentials(Some(&refused)).await?;
        self.adopt(credentials)
    }

    async fn renewed_credentials(&self, refused: Option<&RoleCredentials>) -> Result<RoleCredentials> {
        let chain = if self.when_over.get() == WhenOver::Ask { self.chain } else { &self.unattended };
        let mut told = false;
        loop {
            let renewed = match refused {
                Some(refused) => Box::pin(chain.credentials_after_refusal(&self.target, refused)).await,
                None => Box::pin(chain.credentials(&self.target)).await,
            };
            match renewed {
                Err(error) if self.when_over.get() == WhenOver::Wait && error.kind == Kind::NotSignedIn => {
                    if !told {
                        let again = format!("nsaccess login {}", self.namespace());
                        chain.ui.warning(&format!("{}; it goes on after: {again}", error.message));
                        told = true;
                    }
                    tokio::time::sleep(SIGN_IN_POLL).await;
                }
                other => return other.map_err(|error| error.or_sign_in(self.namespace())),
            }
        }
    }

    fn adopt(&self, credentials: RoleCredentials) -> Result<()> {
        let (cluster, described) = {
            let state = self.state.borrow();
            (state.cluster.clone(), state.described)
        };
        let state = self.chain.signed(credentials, cluster, described, self.proxy.as_ref(), &self.patience)?;
        self.state.replace(state);
        Ok(())
    }

    /// Describes a cluster that came from the cache; true when it is another one now, so that calling again may help.
    async fn look_again(&self) -> bool {
        let _turn = self.renewal.lock().await;
        if self.state.borrow().described {
            return false;
        }
        let (mut credentials, before) = {
            let state = self.state.borrow();
            (state.credentials.clone(), state.cluster.clone())
        };
        self.chain.ui.detail("the cluster does not answer where it was; asking EKS where it is");
        let found = Box::pin(self.unattended.cluster(&self.target, &mut credentials)).await;
        self.state.borrow_mut().described = true;
        let Ok(cluster) = found else { return false };
        let moved = (&cluster.endpoint, &cluster.certificate_authority_data)
            != (&before.endpoint, &before.certificate_authority_data);
        match self.chain.signed(credentials, cluster, true, self.proxy.as_ref(), &self.patience) {
            Ok(state) if moved => {
                self.chain.ui.hint(&format!(
                    "the cluster {} has moved, or has a new certificate authority; for kubectl:  nsaccess kubeconfig {}",
                    state.cluster.name,
                    self.namespace()
                ));
                self.state.replace(state);
                true
            }
            _ => false,
        }
    }

    async fn unknown_role(&self) -> Error {
        let (credentials, cluster) = (self.credentials(), self.cluster());
        let caller = Box::pin(sts::caller_arn(&self.chain.aws, &credentials.keys, &cluster.region)).await.ok();
        self.chain.explain_clock(not_mapped(&self.target, &cluster, caller.as_deref()))
    }
}
