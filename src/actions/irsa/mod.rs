//! The session of a workload's role: namespace → target → credentials → (cluster → pod or service account →) role →
//! session. What the request names itself is not looked up, so a role that is named needs no cluster.

mod choose;
mod find;
mod refusals;
mod session;

pub(crate) use find::{RoleLookup, WorkloadRole};

use std::cell::RefCell;

use tokio::sync::OnceCell;

use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::chain::renewal::{Refusable, Renewable, with_renewal};
use crate::chain::session::standing::Standing;
use crate::chain::{Chain, clock_skew, cluster};
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::irsa::{AUDIENCE, AssumeMethod, IamRole, IrsaRequest, Via};
use crate::model::kube::access::Access;
use crate::net::aws::failure::Failure;

/// A role that we are now.
#[derive(Debug, Clone)]
pub(crate) struct AssumedRole {
    /// The namespace's own target: where the credentials before came from.
    pub(crate) target: Target,
    /// The role, and whose it is.
    pub(crate) workload_role: WorkloadRole,
    /// The way to it.
    pub(crate) method: AssumeMethod,
    /// Who we are: `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub(crate) arn: String,
    /// The region to work in: the cluster's.
    pub(crate) region: String,
    /// What signs, and until when.
    pub(crate) credentials: RoleCredentials,
}

/// One request under way.
struct RoleAssumer<'a> {
    chain: &'a Chain<'a>,
    target: Target,
    request: &'a IrsaRequest,
    /// The key of a session that AWS refused although its time had not come.
    refused: Option<&'a str>,
    cluster: OnceCell<ClusterAccess<'a>>,
    caller: RefCell<Option<Caller>>,
}

/// Who assumes.
#[derive(Debug, Clone)]
struct Caller {
    credentials: RoleCredentials,
    arn: String,
    standing: Standing,
}

impl AssumedRole {
    /// What the last part of [`AssumedRole::arn`] is: how CloudTrail calls us.
    pub(crate) fn session_name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

/// The session of the role that is asked for: from our cache until five minutes before its end, else from STS.
///
/// # Errors
/// [`Kind::Denied`] in production without `force`, and when AWS or the cluster refuses, with what would help;
/// [`Kind::NotFound`] for what does not exist; [`Kind::Usage`] when several roles fit and no person can choose.
pub(crate) async fn assume(chain: &Chain<'_>, access: &Access, request: &IrsaRequest) -> Result<AssumedRole> {
    assume_unless(chain, access, request, None).await
}

/// The same, with who AWS says we are. A session from the cache that AWS does not take any more is replaced once.
///
/// # Errors
/// As [`assume`], and when AWS cannot be asked.
pub(crate) async fn assume_and_confirm(
    chain: &Chain<'_>,
    access: &Access,
    request: &IrsaRequest,
) -> Result<AssumedRole> {
    let roles = Assumptions { chain, access, request };
    let confirmed = with_renewal(&roles, async |assumed: &AssumedRole| {
        match chain.services.caller_arn(&assumed.credentials.keys, &assumed.region).await {
            Ok(arn) => Ok(AssumedRole { arn, ..assumed.clone() }),
            Err(failure) => Err(CallError::Answer(NotConfirmed { role: assumed.workload_role.role.clone(), failure })),
        }
    })
    .await;
    confirmed.map_err(|failure| {
        failure.explained(|NotConfirmed { role, failure }| {
            let what = format!("AWS did not confirm the session of the role {}", role.name());
            clock_skew::explain(chain, failure.into_error(what))
        })
    })
}

/// A session of a role that AWS does not confirm.
struct NotConfirmed {
    role: IamRole,
    failure: Failure,
}

impl Refusable for CallError<NotConfirmed> {
    fn refusal(&self) -> Option<String> {
        match self {
            CallError::Answer(NotConfirmed { failure, .. }) => failure.refusal(),
            CallError::Chain(_) => None,
        }
    }
}

/// Sessions of the role that is asked for, as what calls are made with.
struct Assumptions<'a> {
    chain: &'a Chain<'a>,
    access: &'a Access,
    request: &'a IrsaRequest,
}

impl Renewable for Assumptions<'_> {
    type Value = AssumedRole;

    async fn current(&self) -> Result<AssumedRole> {
        assume(self.chain, self.access, self.request).await
    }

    async fn renewed(&self, refused: &AssumedRole, refusal: &str) -> Result<AssumedRole> {
        self.chain.ui.detail(&format!("{refusal}; asking for a new session"));
        let refused = Some(refused.credentials.keys.access_key_id());
        assume_unless(self.chain, self.access, self.request, refused).await
    }
}

async fn assume_unless(
    chain: &Chain<'_>,
    access: &Access,
    request: &IrsaRequest,
    refused: Option<&str>,
) -> Result<AssumedRole> {
    check_production(chain, access, request)?;
    let target = match chain.known_target(access)? {
        Some(target) => target,
        None => chain.target(access).await?,
    };
    let (cluster, caller) = (OnceCell::new(), RefCell::default());
    let assumer = RoleAssumer { chain, target, request, refused, cluster, caller };
    let workload_role = assumer.find_role().await?;
    chain.ui.detail(&format!("the role is {} ({})", workload_role.role, workload_role.by));
    assumer.assume(workload_role).await
}

/// Production is not expected to allow it, and every attempt stands in CloudTrail as a denial.
fn check_production(chain: &Chain<'_>, access: &Access, request: &IrsaRequest) -> Result<()> {
    let Some(marked) = chain.settings.pins(access.name.as_str()).production.filter(|marked| marked.value) else {
        return Ok(());
    };
    let why = format!("{access} is a production namespace, where assuming a workload's role is not expected to work");
    if request.force {
        chain.ui.warning(&format!("{why}; trying anyway"));
        return Ok(());
    }
    let forced = IrsaRequest { force: true, ..request.clone() };
    Err(Error::new(Kind::Denied, why)
        .because(format!("it is marked by patterns.production or namespace.{access}.production ({})", marked.origin))
        .try_next(forced.command(access.name.as_str(), "")))
}

impl<'a> RoleAssumer<'a> {
    /// The cluster, from when on it is needed.
    async fn cluster(&self) -> Result<&ClusterAccess<'a>> {
        self.cluster.get_or_try_init(|| self.chain.cluster(&self.target.access)).await
    }

    /// The role and whose it is; looked up as far as the request does not say it.
    async fn find_role(&self) -> Result<WorkloadRole> {
        let request = self.request;
        // The token way alone needs to know a service account, and STS alone does not.
        let needs_account = request.via != Via::Only(AssumeMethod::Sts);
        match (&request.role, &request.target) {
            (Some(role), target) if !needs_account || target.is_none() || request.service_account().is_some() => {
                Ok(self.named(role, request.service_account().map(str::to_owned)))
            }
            (Some(role), Some(target)) => {
                let account = RoleLookup::new(self.cluster().await?, target, request).service_account().await?;
                Ok(self.named(role, Some(account)))
            }
            (_, Some(target)) => RoleLookup::new(self.cluster().await?, target, request).role().await,
            (_, None) => Err(Error::usage("no workload or role specified")
                .try_next("nsaccess assume-irsa deploy/NAME")
                .try_next("nsaccess assume-irsa --role-arn ARN")),
        }
    }

    fn named(&self, role: &IamRole, service_account: Option<String>) -> WorkloadRole {
        WorkloadRole {
            role: role.clone(),
            service_account,
            container: None,
            audience: AUDIENCE.to_owned(),
            by: "as specified".to_owned(),
        }
    }

    /// The region of the cluster, as far as it is known without asking for it.
    fn region(&self) -> String {
        if let Some(cluster) = self.cluster.get() {
            return cluster.cluster().region;
        }
        cluster::likely_region(self.chain, &self.target)
    }
}
