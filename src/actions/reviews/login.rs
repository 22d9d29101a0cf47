//! What `login` asks at its end: who we are to AWS and to the cluster, and what we may do, all at once.

use std::sync::Arc;

use futures_util::future::join;

use crate::actions::reviews::review_all;
use crate::chain::call_error::CallError;
use crate::chain::cluster::not_mapped::not_mapped;
use crate::chain::{Chain, clock_skew};
use crate::error::Result;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::eks_token;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;
use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{ClusterIdentity, LOGIN_QUESTIONS, Question, Verdict};
use crate::model::wire::proxy::Proxy;
use crate::net::aws::sts;
use crate::net::kube::{KubeApi, KubeFailure, Silence};

/// The answers.
#[derive(Debug)]
pub(crate) struct Verification {
    /// Our ARN, if STS told it.
    pub(crate) caller_arn: Option<String>,
    /// Who the cluster thinks we are.
    pub(crate) identity: ClusterIdentity,
    pub(crate) minor_version: Option<u32>,
    /// What we may do.
    pub(crate) verdicts: Vec<(Question, Verdict)>,
}

impl Verification {
    /// The verdict on one of the questions asked.
    pub(crate) fn verdict(&self, question: Question) -> Verdict {
        let found = self.verdicts.iter().find(|(asked, _)| *asked == question);
        found.map_or(Verdict::Unknown("not asked".to_owned()), |(_, verdict)| verdict.clone())
    }
}

/// Asks who we are and what we may do in the namespace.
///
/// # Errors
/// [`Kind::Denied`] when the cluster does not recognize the role; [`Kind::Unreachable`] when it cannot be asked.
pub(crate) async fn verify(
    chain: &Chain<'_>,
    target: &Target,
    credentials: &RoleCredentials,
    cluster: &Cluster,
    proxy: Option<&Proxy>,
) -> Result<Verification> {
    let token = eks_token::sign(&credentials.keys, &cluster.name, &cluster.region, chain.host.now());
    let api = KubeApi::new(cluster, proxy, &token, (chain.aws.outbound(), &Arc::default()), Silence::OfCalls)?;
    let review = async |review: AccessReview| api.review_access(&review).await.map_err(CallError::Answer);
    let (caller, (identity, (version, verdicts))) = join(
        sts::get_caller_arn(&chain.aws, &credentials.keys, &cluster.region),
        join(
            api.get_identity(),
            join(api.get_minor_version(), review_all(&LOGIN_QUESTIONS, target.access.namespace.as_str(), review)),
        ),
    )
    .await;
    let caller_arn = caller.ok();
    match identity {
        Ok(identity) => {
            let (minor_version, verdicts) = (version.ok().flatten(), verdicts?);
            Ok(Verification { caller_arn, identity, minor_version, verdicts })
        }
        Err(KubeFailure::Unauthorized) => {
            Err(clock_skew::explain_unauthorized(chain, not_mapped(target, cluster, caller_arn.as_deref())))
        }
        Err(failure) => Err(failure.into_error(&cluster.name)),
    }
}
