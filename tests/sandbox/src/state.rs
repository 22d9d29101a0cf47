//! Everything that changes while the sandbox runs, behind one lock that is never held across an await.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::doors::Doors;
use crate::eks::delays::Stale;
use crate::faults::{Faults, Held};
use crate::iam::reserved::{self, Bindings, ReservedRoles};
use crate::identity_token::Issuers;
use crate::journal::Journal;
use crate::kube::kubelet::Kubelets;
use crate::kube::store::Store;
use crate::logs::Logs;
use crate::message::Request;
use crate::oidc::model::Oidc;
use crate::random::Random;
use crate::regions::Regions;
use crate::signin::SignIns;
use crate::sigv4::{self, Caller, Expectation, Message, Refusal};
use crate::start_page::StartPage;
use crate::tls::Authority;
use crate::traffic::Forwarding;
use crate::world::World;

/// The running sandbox, shared by its services.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) addresses: Addresses,
    pub(crate) forwarding: Forwarding,
    /// The clusters' keys for the tokens of their service accounts.
    pub(crate) issuers: Issuers,
    pub(crate) logs: Logs,
    /// Answers that are held.
    pub(crate) held: Held,
    /// Where background work is spawned.
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) doors: Doors,
    state: Mutex<State>,
}

/// The addresses of the services.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    pub(crate) oidc: String,
    pub(crate) portal: String,
    pub(crate) sts: String,
    pub(crate) eks: String,
    pub(crate) iam: String,
    pub(crate) secretsmanager: String,
    pub(crate) signin: String,
    /// `127.0.0.1:…`, where every host's start page is.
    pub(crate) start_page: String,
    /// The authority of its certificates, in PEM.
    pub(crate) start_page_authority_pem: String,
    /// The proxy that leads there.
    pub(crate) start_page_proxy: String,
}

impl Addresses {
    /// The variables that lead an AWS client to the services.
    pub(crate) fn env(&self) -> [(&'static str, &String); 7] {
        [
            ("AWS_ENDPOINT_URL_SSO_OIDC", &self.oidc),
            ("AWS_ENDPOINT_URL_SSO", &self.portal),
            ("AWS_ENDPOINT_URL_STS", &self.sts),
            ("AWS_ENDPOINT_URL_EKS", &self.eks),
            ("AWS_ENDPOINT_URL_IAM", &self.iam),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secretsmanager),
            ("AWS_ENDPOINT_URL_SIGNIN", &self.signin),
        ]
    }
}

/// The address of a cluster, and its certificate authority.
#[derive(Debug, Clone)]
pub(crate) struct ClusterAddress {
    pub(crate) endpoint: String,
    pub(crate) authority: Arc<Authority>,
}

/// When the access entries of the initial world were made: 2025-10-05, in milliseconds.
const ENTRIES_CREATED: i64 = 1_759_652_100_456;

/// Everything that changes.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) oidc: Oidc,
    pub(crate) regions: Regions,
    /// Minted credentials by their access key.
    pub(crate) credentials: HashMap<String, Credentials>,
    /// The sign-ins to the console.
    pub(crate) sign_ins: SignIns,
    /// The objects of each cluster.
    pub(crate) stores: BTreeMap<String, Store>,
    pub(crate) reserved_roles: ReservedRoles,
    pub(crate) bindings: Bindings,
    /// Access entries that sign-ins still see as they were.
    pub(crate) stale_entries: Vec<Stale>,
    pub(crate) cluster_addresses: BTreeMap<String, ClusterAddress>,
    /// What TLS does instead of what it should, by cluster; None for a handshake that hangs.
    pub(crate) handshakes: BTreeMap<String, Option<TlsAcceptor>>,
    pub(crate) start_page: StartPage,
    pub(crate) kubelets: Kubelets,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    /// AWS actions that were allowed or denied on top of all policies. The last one that is about a caller counts.
    pub(crate) rulings: Vec<Ruling>,
}

/// A decision on an AWS action, whatever the policies say.
#[derive(Debug, Clone)]
pub(crate) struct Ruling {
    /// A permission set, or `*`.
    pub(crate) permission_set: String,
    /// The action, which may have `*` in it.
    pub(crate) action: String,
    pub(crate) allowed: bool,
}

impl State {
    /// Allows an action to a permission set, or to all with `*`.
    pub(crate) fn allow_action(&mut self, permission_set: &str, action: &str) {
        self.rule(permission_set, action, true);
    }

    /// Denies an action to a permission set, or to all with `*`.
    pub(crate) fn deny_action(&mut self, permission_set: &str, action: &str) {
        self.rule(permission_set, action, false);
    }

    fn rule(&mut self, permission_set: &str, action: &str, allowed: bool) {
        let (permission_set, action) = (permission_set.to_owned(), action.to_owned());
        self.rulings.push(Ruling { permission_set, action, allowed });
    }

    /// The initial state.
    pub(crate) fn new(world: World) -> State {
        let stores = world.clusters.iter().map(|cluster| (cluster.name.clone(), Store::of_cluster(cluster))).collect();
        let mut state = State {
            world,
            oidc: Oidc::default(),
            regions: Regions::default(),
            credentials: HashMap::new(),
            sign_ins: SignIns::default(),
            stores,
            reserved_roles: ReservedRoles::new(),
            bindings: Bindings::new(),
            stale_entries: Vec::new(),
            cluster_addresses: BTreeMap::new(),
            handshakes: BTreeMap::new(),
            start_page: StartPage::default(),
            kubelets: Kubelets::default(),
            faults: Faults::default(),
            journal: Journal::default(),
            rulings: Vec::new(),
        };
        state.bind_entries(ENTRIES_CREATED);
        state
    }
}

impl Shared {
    /// The signer of a request, whose clock may be off by this many minutes.
    pub(crate) fn caller(&self, request: &Request, service: &str, skew_minutes: i64) -> Result<Caller, Refusal> {
        let message = Message {
            method: &request.method,
            path: &request.path,
            query: &request.query,
            headers: &request.headers,
            body: &request.body,
        };
        let expectation = Expectation { service, now: self.clock.seconds(), skew_minutes };
        let state = self.state();
        sigv4::verify(&message, &expectation, |key| state.credentials.get(key))
    }

    /// A sandbox with an initial world.
    pub(crate) fn new(world: World, addresses: Addresses) -> Shared {
        let issuers = Issuers::new(world.clusters.iter().map(|cluster| cluster.name.as_str()));
        let state = State::new(world);
        Shared {
            clock: Clock::default(),
            random: Random::new(),
            addresses,
            forwarding: Forwarding::default(),
            issuers,
            logs: Logs::default(),
            held: Held::default(),
            runtime: tokio::runtime::Handle::current(),
            doors: Doors::default(),
            state: Mutex::new(state),
        }
    }

    /// Locks the state.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mints and stores credentials of a role.
    pub(crate) fn mint(&self, account: &str, permission_set: &str) -> Credentials {
        let mut state = self.state();
        let expiration = self.clock.milliseconds() + state.world.settings.role_credentials_lifetime * 1000;
        let portal = state.world.portal_with(account);
        let session = (state.world.user_of(portal).to_owned(), state.world.sso_region_of(portal).to_owned());
        let role = reserved::of(&state.reserved_roles, account, permission_set);
        let mut minted = Credentials::mint(&self.random, account, permission_set, (&session.0, &session.1), expiration);
        (minted.suffix, minted.generation) = (role.suffix, role.generation);
        state.credentials.insert(minted.access_key_id.clone(), minted.clone());
        minted
    }
}
