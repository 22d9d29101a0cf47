//! The IAM role of a workload.

use crate::actions::doctor::Scene;
use crate::actions::doctor::authentication::Authenticated;
use crate::actions::doctor::grant::Granted;
use crate::actions::doctor::limit::in_time;
use crate::actions::irsa::{RoleLookup, WorkloadRole};
use crate::chain::cluster::ClusterOrigin;
use crate::chain::cluster::api::ClusterAccess;
use crate::chain::credentials::Credentials;
use crate::error::{Error, Kind};
use crate::model::doctor::aws::WORKLOAD;
use crate::model::doctor::aws::workload::{Found, Lacking, RoleFacts, Trust, judge_workload};
use crate::model::doctor::judgement::Judgement;
use crate::model::irsa::{IrsaRequest, TrustFault, WebIdentity, check_trust, session_name};
use crate::model::kube::workload::Workload;
use crate::model::reviews::access_review::{AccessReview, Resource};
use crate::model::reviews::review::Verdict;
use crate::net::aws::assume_role::{RoleSessionRequest, assume_role_with_web_identity};
use crate::net::aws::eks::Eks;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::iam;

/// STS's shortest session; it is dropped at once.
const SECONDS: u32 = 900;

/// What a look for a workload's role needs.
struct Look<'a> {
    scene: &'a Scene<'a>,
    granted: &'a Granted,
    known: &'a Authenticated,
}

/// The IAM role of a workload.
pub(in crate::actions::doctor) async fn workload(
    scene: &Scene<'_>,
    granted: &Granted,
    known: &Authenticated,
    request: Option<&IrsaRequest>,
) {
    let Some(request) = request else { return };
    let look = Look { scene, granted, known };
    scene
        .board
        .judge(&WORKLOAD, async {
            let Some(target) = &request.target else {
                return Judgement::skipped("--irsa has a role instead of a workload");
            };
            let found = Box::pin(look.find(target, request)).await;
            judge_workload(&target.to_string(), &found, scene.access.namespace.as_str())
        })
        .await;
}

impl Look<'_> {
    async fn find(&self, target: &Workload, request: &IrsaRequest) -> Found {
        let (chain, cluster) = (self.scene.chain, &self.known.cluster);
        let credentials = Credentials::with(chain, self.granted.target.clone(), self.granted.credentials.clone());
        let access = match ClusterAccess::open(credentials, cluster.clone(), ClusterOrigin::Described) {
            Ok(access) => access,
            Err(error) => return Found::NotKnown(error.to_string()),
        };
        let lookup = RoleLookup::new(&access, target, request);
        let account = match in_time(Box::pin(lookup.service_account())).await {
            None => return late(),
            Some(Ok(account)) => account,
            Some(Err(error)) => return unseen(&error, |_| Found::NoWorkload),
        };
        let has_pod_identity = self.pod_identity(&account).await;
        match in_time(Box::pin(lookup.role())).await {
            None => late(),
            Some(Ok(role)) => Found::Role(self.facts(role, account, has_pod_identity).await),
            Some(Err(error)) if has_pod_identity == Some(true) && error.kind != Kind::Denied => Found::PodIdentity,
            Some(Err(error)) => {
                let lacking = |why| Lacking { service_account: account.clone(), why };
                match error.kind {
                    Kind::Failure => Found::InvalidRole(lacking(error.because.join(": "))),
                    _ => unseen(&error, |why| Found::NoRole(lacking(why))),
                }
            }
        }
    }

    async fn pod_identity(&self, account: &str) -> Option<bool> {
        let cluster = &self.known.cluster;
        let eks = Eks::new(&self.scene.chain.aws, &self.granted.credentials.keys, &cluster.region);
        let namespace = self.scene.access.namespace.as_str();
        in_time(Box::pin(eks.has_pod_identity(&cluster.name, namespace, account))).await?.ok()
    }

    async fn facts(&self, role: WorkloadRole, account: String, has_pod_identity: Option<bool>) -> RoleFacts {
        let account = role.service_account.clone().unwrap_or(account);
        let subject = format!("system:serviceaccount:{}:{account}", self.scene.access.namespace);
        RoleFacts {
            trust: self.trust(&role, &account, &subject).await,
            arn: role.role.arn().to_owned(),
            by: role.by,
            subject,
            audience: role.audience,
            issuer: self.known.token_issuer.clone(),
            has_pod_identity,
        }
    }

    /// By the trust policy if the role may be read, else by a token of the service account if one may be had.
    async fn trust(&self, role: &WorkloadRole, account: &str, subject: &str) -> Trust {
        let (chain, keys) = (self.scene.chain, &self.granted.credentials.keys);
        // IAM answers for the caller's own account only.
        if role.role.account() == self.granted.target.account() {
            let asked = iam::get_role(&chain.aws, keys, &self.known.cluster.region, role.role.name());
            match in_time(Box::pin(asked)).await {
                Some(Ok(facts)) => {
                    let issuer = self.known.token_issuer.as_deref();
                    let identity = issuer.map(|issuer| WebIdentity { issuer, subject, audience: &role.audience });
                    let policy = identity.zip(facts.trust_policy.as_deref());
                    match policy.map(|(identity, policy)| check_trust(policy, identity)) {
                        None | Some(Err(TrustFault::Unreadable)) => {}
                        Some(checked) => return Trust::Policy(checked),
                    }
                }
                Some(Err(failure)) if failure.class == Class::NotFound => return Trust::NoRole(failure.to_string()),
                _ => {}
            }
        }
        self.trust_of_token(role, account).await
    }

    async fn trust_of_token(&self, role: &WorkloadRole, account: &str) -> Trust {
        let (api, namespace) = (&self.known.api, self.scene.access.namespace.as_str());
        let question = AccessReview::Resource(Resource {
            verb: "create".to_owned(),
            resource: "serviceaccounts".to_owned(),
            subresource: Some("token".to_owned()),
            name: Some(account.to_owned()),
            namespace: Some(namespace.to_owned()),
            ..Resource::default()
        });
        if !matches!(in_time(api.review_access(&question)).await, Some(Ok(Verdict::Allowed))) {
            return Trust::NotReadable;
        }
        let token = in_time(api.create_service_account_token(namespace, account, &role.audience)).await;
        let Some(Ok(token)) = token else {
            return Trust::NotKnown("the cluster issued no token for the service account".to_owned());
        };
        let session_name = session_name(&self.granted.caller_arn);
        let request = RoleSessionRequest {
            role_arn: role.role.arn(),
            session_name: &session_name,
            seconds: Some(SECONDS),
            region: &self.known.cluster.region,
            ..RoleSessionRequest::default()
        };
        match in_time(Box::pin(assume_role_with_web_identity(&self.scene.chain.aws, &token, request))).await {
            None => Trust::NotKnown("STS did not respond within 5 seconds".to_owned()),
            Some(Ok(_)) => Trust::Taken,
            Some(Err(failure)) => refused(&failure),
        }
    }
}

fn refused(failure: &Failure) -> Trust {
    let words = failure.to_string();
    match failure.code.as_deref() {
        Some("AccessDenied") => Trust::Refused(words),
        Some("InvalidIdentityToken") if words.to_lowercase().contains("audience") => Trust::OtherAudience(words),
        Some("InvalidIdentityToken") => Trust::NoProvider(words),
        _ => Trust::NotKnown(words),
    }
}

fn late() -> Found {
    Found::NotKnown("the cluster did not respond within 5 seconds".to_owned())
}

/// An object that was not seen. `missing`: what it means that there is none.
fn unseen(error: &Error, missing: impl FnOnce(String) -> Found) -> Found {
    let why = if error.because.is_empty() { error.message.clone() } else { error.because.join("; ") };
    match error.kind {
        Kind::NotFound => missing(why),
        Kind::Denied => Found::NotReadable(why),
        _ => Found::NotKnown(error.to_string()),
    }
}
