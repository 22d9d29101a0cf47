//! Self-subject reviews: our identity in the cluster, and our permissions.

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
    SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
};
use kube::Api;
use kube::api::PostParams;

use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{ClusterIdentity, ListedRule, ListedRules, Verdict};
use crate::net::kube::refusal_retry::{RetryState, readiness, ready_request};
use crate::net::kube::{KubeApi, KubeFailure, failure};

impl KubeApi {
    /// SelfSubjectReview. [`KubeFailure::Unauthorized`] means that the role is not mapped.
    pub(crate) async fn get_identity(&self) -> Result<ClusterIdentity, KubeFailure> {
        let api: Api<SelfSubjectReview> = Api::all(self.client.clone());
        let answer = api.create(&PostParams::default(), &SelfSubjectReview::default()).await.map_err(failure)?;
        let user = answer.status.and_then(|status| status.user_info).unwrap_or_default();
        Ok(ClusterIdentity {
            username: user.username.unwrap_or_default(),
            uid: user.uid.filter(|uid| !uid.is_empty()),
            groups: user.groups.unwrap_or_default(),
            extra: user.extra.unwrap_or_default(),
        })
    }

    /// SelfSubjectAccessReview. A denial may be retried, see [`refusal_retry`](crate::net::kube::refusal_retry).
    pub(crate) async fn review_access(&self, question: &AccessReview) -> Result<Verdict, KubeFailure> {
        let spec = match question {
            AccessReview::Resource(asked) => SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    namespace: asked.namespace.clone(),
                    verb: Some(asked.verb.clone()),
                    group: Some(asked.group.clone()),
                    resource: Some(asked.resource.clone()),
                    subresource: asked.subresource.clone(),
                    name: asked.name.clone(),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            AccessReview::Path { verb, path } => SelfSubjectAccessReviewSpec {
                non_resource_attributes: Some(NonResourceAttributes {
                    path: Some(path.clone()),
                    verb: Some(verb.clone()),
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
        };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        let api: Api<SelfSubjectAccessReview> = Api::all(self.client.clone());
        let (what, mut retries) = (format!("may {question}"), RetryState::default());
        loop {
            let answer = api.create(&PostParams::default(), &review).await.map_err(failure)?;
            let status = answer.status.unwrap_or_default();
            if status.allowed {
                self.memory.record_allowed(&what);
                return Ok(Verdict::Allowed);
            }
            if self.memory.should_retry(&what, &mut retries, self.is_ready()).await {
                continue;
            }
            let reason = status.reason.filter(|reason| !reason.is_empty());
            return Ok(status.evaluation_error.map_or(Verdict::Denied(reason), Verdict::Unknown));
        }
    }

    /// Asks `/readyz`.
    async fn is_ready(&self) -> Option<bool> {
        let answer = self.client.send(ready_request()?).await.ok()?;
        readiness(answer.status())
    }

    /// SelfSubjectRulesReview: the rules that the authorizers can list. Never complete on EKS.
    pub(crate) async fn list_rules(&self, namespace: &str) -> Result<ListedRules, KubeFailure> {
        let review = SelfSubjectRulesReview {
            spec: SelfSubjectRulesReviewSpec { namespace: Some(namespace.to_owned()) },
            ..SelfSubjectRulesReview::default()
        };
        let api: Api<SelfSubjectRulesReview> = Api::all(self.client.clone());
        let status = api.create(&PostParams::default(), &review).await.map_err(failure)?.status.unwrap_or_default();
        let mut rules: Vec<ListedRule> = status
            .resource_rules
            .into_iter()
            .map(|rule| ListedRule {
                groups: rule.api_groups.unwrap_or_default(),
                resources: rule.resources.unwrap_or_default(),
                names: rule.resource_names.unwrap_or_default(),
                paths: Vec::new(),
                verbs: rule.verbs,
            })
            .collect();
        rules.extend(status.non_resource_rules.into_iter().map(|rule| ListedRule {
            paths: rule.non_resource_urls.unwrap_or_default(),
            verbs: rule.verbs,
            ..ListedRule::default()
        }));
        Ok(ListedRules { rules, incomplete: status.incomplete, why: status.evaluation_error })
    }
}
