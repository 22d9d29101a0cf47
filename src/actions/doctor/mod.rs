//! Examines the whole chain of a namespace, from this machine to its rights in the cluster. What each check looks at, and
//! how it judges, is in `model/doctor`; here the facts are gathered, as far as possible at the same time.
//!
//! Nothing is answered from our own cache as if it were the world: credentials are fetched anew, and the cluster is
//! described anew. Nobody is asked, and no check needs more than the rights of a namespace's developer.

pub(crate) mod board;

mod authentication;
mod authorization;
mod aws;
mod cluster;
mod environment;
mod grant;
mod kubectl;
mod limit;
mod machine;
mod profile;
mod session;

use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures_util::FutureExt as _;
use futures_util::future::{join, join3};
use tokio::sync::oneshot;

use crate::actions::doctor::board::Board;
use crate::actions::doctor::grant::Granted;
use crate::chain::{Chain, Presence, target};
use crate::disk::settings;
use crate::env_vars;
use crate::error::{Error, Kind, MissingAccess, Result};
use crate::host::Host;
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::profile as checks;
use crate::model::irsa::IrsaRequest;
use crate::model::kube::access::{Access, AccessName};
use crate::model::settings::Flags;
use crate::ui::Ui;

/// What is examined.
#[derive(Debug)]
pub(crate) struct Examination<'a> {
    pub(crate) host: &'a Host,
    /// The screen of the stages, which say nothing here.
    pub(crate) ui: &'a Ui,
    /// The one kubeconfig file that is meant.
    pub(crate) kubeconfig: Option<&'a Path>,
    /// The namespace, as it was named.
    pub(crate) named: Option<&'a str>,
    /// A workload whose IAM role is checked.
    pub(crate) workload: Option<&'a IrsaRequest>,
}

/// The namespace that is examined, and the chain that leads to it.
struct Scene<'a> {
    board: &'a Board,
    chain: &'a Chain<'a>,
    access: &'a Access,
    /// The name of its profile and context.
    entry: String,
    /// Where it leads, if no portal gives its credentials.
    assumed: Option<Target>,
}

impl Scene<'_> {
    /// In a read-only shell the kubeconfig leads to our own server, and has its token: there is nothing to compare with EKS,
    /// and no plugin.
    fn read_only(&self) -> Option<Judgement> {
        let is_set = self.chain.host.env(env_vars::NSACCESS_READ_ONLY).is_some();
        is_set.then(|| Judgement::not_needed("kubectl goes through the server of this read-only shell"))
    }
}

impl Examination<'_> {
    /// Makes all checks of the plan that there is time for. Rows are on the board when this ends, or is dropped. `false`:
    /// the time was over first.
    ///
    /// # Errors
    /// [`Kind::Usage`] when the name is not one.
    pub(crate) async fn make_in_time(&self, board: &Board) -> Result<bool> {
        let _caught = CaughtPanics::begin();
        let made = AssertUnwindSafe(self.make(board)).catch_unwind();
        match tokio::time::timeout(limit::RUN, made).await {
            Ok(Ok(made)) => made.map(|()| true),
            Ok(Err(panic)) => Err(Error::failure("doctor crashed").because(board::said_by(panic.as_ref()))),
            Err(_) => Ok(false),
        }
    }

    async fn make(&self, board: &Board) -> Result<()> {
        machine::of_files(board, self.host, self.kubeconfig);
        environment::of_files(board, self.host, self.kubeconfig);
        profile::config(board, self.host);
        let chain = board.check_now(&checks::SETTINGS, || profile::opened(|| self.open()));
        let Some(chain) = &chain else {
            if let Some(named) = self.named {
                board.name(parsed(named)?);
            }
            return Ok(());
        };
        // Whatever an answer shows of the clock has its own row.
        chain.aws.outbound().claim_clock_warning();
        let access = match chain.access(self.named) {
            Err(_) if self.named.is_none() => {
                board.leave_unnamed();
                return Ok(());
            }
            access => access?,
        };
        board.name(access.name.clone());
        let missing = chain.known_target(&access).ok().flatten().map(|target| target.as_missing());
        let of_namespace =
            || MissingAccess { namespace: Some(access.namespace.to_string()), ..MissingAccess::default() };
        board.name_request(settings::request(self.host, &missing.unwrap_or_else(of_namespace)));
        let entry = target::entry(chain, &access);
        // What is not complete has a finding of its own.
        let assumed = target::without_portal(chain, &access).ok().flatten();
        let scene = Scene { board, chain, access: &access, entry, assumed };
        scene.files();
        Box::pin(scene.network(self.workload)).await;
        machine::clock_at_end(board, chain);
        Ok(())
    }

    fn open(&self) -> Result<Chain<'_>> {
        Chain::open(self.host, self.ui, self.kubeconfig, &Flags::default(), Presence::Nobody)
    }
}

/// While the value lives, a panic unwinds to where it is caught, and is not printed: the row of its check says it.
struct CaughtPanics {
    before: Option<PanicHook>,
}

type PanicHook = Box<dyn Fn(&std::panic::PanicHookInfo<'_>) + Sync + Send + 'static>;

impl CaughtPanics {
    fn begin() -> Self {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        CaughtPanics { before: Some(before) }
    }
}

impl Drop for CaughtPanics {
    fn drop(&mut self) {
        // A hook cannot be set by a thread that panics.
        if let (Some(before), false) = (self.before.take(), std::thread::panicking()) {
            std::panic::set_hook(before);
        }
    }
}

impl Scene<'_> {
    /// The AWS profile that other tools get the credentials by.
    fn profile(&self) -> &str {
        self.assumed.as_ref().map_or(&self.entry, |target| target.profile())
    }

    /// The profile of the person's own whose identity it is, if it is one.
    fn own_profile(&self) -> Option<&str> {
        match &self.assumed.as_ref()?.identity {
            Identity::Profile(name) => Some(name),
            Identity::Role { .. } | Identity::PermissionSet(_) => None,
        }
    }

    /// Why no session of a portal is needed, if none is.
    fn without_portal(&self) -> Option<String> {
        self.assumed.as_ref().map(|target| format!("credentials: {}", target.identity))
    }

    fn files(&self) {
        profile::files(self);
        kubectl::files(self);
        profile::context(self);
        environment::of_profile(self);
        session::files(self);
    }

    async fn network(&self, workload: Option<&IrsaRequest>) {
        let (tell, is_granted) = oneshot::channel();
        let region = session::region(self, is_granted);
        join3(region, machine::ask_time(self), Box::pin(self.by_session(workload, tell))).await;
    }

    /// The session first: the plugin and everything at AWS stand upon it. Tells whether the portal has given credentials.
    async fn by_session(&self, workload: Option<&IrsaRequest>, tell: oneshot::Sender<bool>) {
        let (renewal, ()) = join(session::renewed(self), machine::nsaccess(self)).await;
        let of_aws = async {
            let granted = match (&self.assumed, &renewal.session) {
                (Some(target), _) => grant::without_portal(self, target).await,
                (None, Some(session)) => grant::granted(self, session).await,
                (None, None) => None,
            };
            // Where the region is not checked, nobody listens.
            let _ = tell.send(granted.is_some());
            let (server, ()) = join(Box::pin(self.cluster(granted, workload)), kubectl::plugin(self)).await;
            server
        };
        let late = async {
            if let Some(late) = renewal.late {
                // Only that it comes to its end matters.
                let _ = late.await;
            }
        };
        let (server, tools, ()) = join3(of_aws, machine::tools(self), late).await;
        machine::other_tools(self, &tools, server.as_deref());
        kubectl::call(self).await;
    }

    /// The cluster, and what is done in it. Returns its version.
    async fn cluster(&self, granted: Option<Granted>, workload: Option<&IrsaRequest>) -> Option<String> {
        let described = cluster::described(self, granted.as_ref()).await;
        let reached = cluster::reached(self, described.as_ref());
        let secrets = async {
            if let Some(granted) = &granted {
                aws::secrets(self, granted).await;
            }
        };
        Box::pin(join(reached, secrets)).await;
        if let (Some(granted), Some(described)) = (&granted, &described) {
            let identity = Box::pin(authentication::identity(self, granted, described)).await;
            if let Some(identity) = identity {
                join(authorization::rights(self, &identity), aws::workload(self, granted, &identity, workload)).await;
            }
        }
        described.and_then(|described| described.cluster.version)
    }
}

fn parsed(name: &str) -> Result<AccessName> {
    AccessName::parse(name)
        .map_err(|why| Error::new(Kind::Usage, format!("{name:?} is not a namespace")).because(format!("it {why}")))
}
