//! The session of a workload's role: namespace → target → credentials → (cluster → pod or service account →) role →
//! session. What the request names itself is not looked up, so a role that is named needs no cluster.

mod choose;
mod find;
mod session;
mod told;

use std::cell::RefCell;

use tokio::sync::OnceCell;

use crate::chain::Chain;
use crate::chain::cluster::api::ClusterAccess;
use crate::chain::session::standing::Standing;
use crate::disk::kubeconfig::Kubeconfigs;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::irsa::{AUDIENCE, IamRole, IrsaRequest, IrsaTarget, Via, Way};
use crate::model::kube::namespace::Namespace;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::sts;

/// A role that we are now.
#[derive(Debug, Clone)]
pub struct AssumedRole {
    /// The namespace's own target: where the credentials before came from.
    pub target: Target,
    /// The role, and whose it is.
    pub found: Found,
    /// The way to it.
    pub way: Way,
    /// Who we are: `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub arn: String,
    /// The region to work in: the cluster's.
    pub region: String,
    /// What signs, and until when.
    pub credentials: RoleCredentials,
}

/// A role, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The role.
    pub role: IamRole,
    /// The service account that has it, where one is known.
    pub service_account: Option<String>,
    /// The container that names it, where not all of the pod have the same role.
    pub container: Option<String>,
    /// Whom a token for STS is meant for.
    pub audience: String,
    /// Where it was found, in words.
    pub by: String,
}

/// One request under way.
struct Work<'a> {
    chain: &'a Chain<'a>,
    target: Target,
    kubeconfigs: &'a Kubeconfigs,
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
    since: Standing,
}

impl AssumedRole {
    /// What the last part of [`AssumedRole::arn`] is: how CloudTrail calls us.
    pub fn session_name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

impl<'a> Chain<'a> {
    /// The session of the role that is asked for: from our cache until five minutes before its end, else from STS.
    ///
    /// # Errors
    /// [`Kind::Denied`] in production without `force`, and when AWS or the cluster refuses, with what would help;
    /// [`Kind::NotFound`] for what does not exist; [`Kind::Usage`] when several roles fit and nobody can choose.
    pub async fn assumed(
        &'a self,
        namespace: &Namespace,
        kubeconfigs: &'a Kubeconfigs,
        request: &'a IrsaRequest,
    ) -> Result<AssumedRole> {
        self.assumed_unless(namespace, kubeconfigs, request, None).await
    }

    /// The same, with who AWS says we are. A session from the cache that AWS does not take any more is replaced once.
    ///
    /// # Errors
    /// As [`Chain::assumed`], and when AWS cannot be asked.
    pub async fn assumed_and_confirmed(
        &'a self,
        namespace: &Namespace,
        kubeconfigs: &'a Kubeconfigs,
        request: &'a IrsaRequest,
    ) -> Result<AssumedRole> {
        let mut assumed = self.assumed(namespace, kubeconfigs, request).await?;
        let mut answer = self.who_is(&assumed).await;
        if let Err(failure) = &answer
            && failure.class == Class::Unauthorized
        {
            self.ui.detail(&format!("{failure}; asking for a new session"));
            let refused = assumed.credentials.keys.access_key_id.clone();
            assumed = self.assumed_unless(namespace, kubeconfigs, request, Some(&refused)).await?;
            answer = self.who_is(&assumed).await;
        }
        let arn = answer.map_err(|failure| {
            let what =
                format!("there is a session of {}, and AWS does not say who we are with it", assumed.found.role.name());
            self.explain_clock(failure.into_error(what))
        })?;
        Ok(AssumedRole { arn, ..assumed })
    }

    async fn who_is(&self, assumed: &AssumedRole) -> Result<String, Failure> {
        sts::caller_arn(&self.aws, &assumed.credentials.keys, &assumed.region).await
    }

    async fn assumed_unless(
        &'a self,
        namespace: &Namespace,
        kubeconfigs: &'a Kubeconfigs,
        request: &'a IrsaRequest,
        refused: Option<&str>,
    ) -> Result<AssumedRole> {
        self.mind_production(namespace, request)?;
        let portal = self.portal(Some(&self.access_name(namespace)))?;
        let target = match self.known_target(namespace, &portal) {
            Some(target) => target,
            None => Box::pin(self.target(namespace)).await?,
        };
        let (cluster, caller) = (OnceCell::new(), RefCell::default());
        let work = Work { chain: self, target, kubeconfigs, request, refused, cluster, caller };
        let found = work.found().await?;
        self.ui.detail(&format!("the role is {} ({})", found.role, found.by));
        work.assume(found).await
    }

    /// Whether the namespace is marked as production.
    pub fn is_production(&self, namespace: &Namespace) -> bool {
        self.settings.pins(namespace.as_str()).production.is_some_and(|production| production.value)
    }

    /// Production is not expected to allow it, and every attempt stands in CloudTrail as a denial.
    fn mind_production(&self, namespace: &Namespace, request: &IrsaRequest) -> Result<()> {
        let Some(marked) = self.settings.pins(namespace.as_str()).production.filter(|marked| marked.value) else {
            return Ok(());
        };
        let why = format!("{namespace} is a production namespace, and those are not expected to let you assume roles");
        if request.force {
            self.ui.warning(&format!("{why}; trying all the same"));
            return Ok(());
        }
        let forced = IrsaRequest { force: true, ..request.clone() };
        Err(Error::new(Kind::Denied, why)
            .because(format!("patterns.production or namespace.{namespace}.production marks it ({})", marked.origin))
            .try_next(forced.command(namespace.as_str(), "")))
    }
}

impl<'a> Work<'a> {
    /// The cluster, from when on it is needed.
    async fn cluster(&self) -> Result<&ClusterAccess<'a>> {
        let chain = self.chain;
        let made = self.cluster.get_or_try_init(|| {
            let name = &self.target.namespace;
            async move { Box::pin(chain.cluster_access(name, self.kubeconfigs)).await }
        });
        made.await
    }

    /// The role and whose it is; looked up as far as the request does not say it.
    async fn found(&self) -> Result<Found> {
        let request = self.request;
        // The token way alone needs to know a service account, and STS alone does not.
        let needs_account = request.via != Via::Only(Way::Sts);
        match (&request.role, &request.target) {
            (Some(role), target)
                if !needs_account || !matches!(target, Some(IrsaTarget::Pod(_) | IrsaTarget::Of(..))) =>
            {
                Ok(self.named(role, request.service_account().map(str::to_owned)))
            }
            (Some(role), Some(target)) => {
                let account = Box::pin(self.cluster().await?.service_account_of(target, request)).await?;
                Ok(self.named(role, Some(account)))
            }
            (_, Some(target)) => Box::pin(self.cluster().await?.role_of(target, request)).await,
            (_, None) => Err(Error::usage("nothing is named whose role is meant")
                .try_next("nsaccess assume-irsa deploy/NAME")
                .try_next("nsaccess assume-irsa --role-arn ARN")),
        }
    }

    fn named(&self, role: &IamRole, service_account: Option<String>) -> Found {
        Found {
            role: role.clone(),
            service_account,
            container: None,
            audience: AUDIENCE.to_owned(),
            by: "as named".to_owned(),
        }
    }

    /// The region of the cluster, as far as it is known without asking for it.
    fn region(&self) -> String {
        if let Some(cluster) = self.cluster.get() {
            return cluster.cluster().region;
        }
        self.chain.likely_region(&self.target)
    }
}
