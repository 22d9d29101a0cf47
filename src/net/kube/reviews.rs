//! Self-subject reviews: our identity in the cluster, and our permissions.

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
    SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
};
use k8s_openapi::{ClusterResourceScope, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{ClusterIdentity, ListedRule, ListedRules, Verdict};
use crate::net::bounds::ReadMode;
use crate::net::kube::refusal_retry::{RetryState, readiness, ready_request};
use crate::net::kube::{KubeApi, KubeFailure, failure};

impl KubeApi {
    /// SelfSubjectReview. [`KubeFailure::Unauthorized`] means that the role is not mapped.
    pub(crate) async fn get_identity(&self) -> Result<ClusterIdentity, KubeFailure> {
        let answer = self.review(&SelfSubjectReview::default(), ReadMode::Short).await?;
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
        let (what, mut retries) = (format!("may {question}"), RetryState::default());
        loop {
            let answer = self.review(&review, ReadMode::Short).await?;
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

    /// Posts a review, which comes back with its status.
    async fn review<R>(&self, review: &R, mode: ReadMode) -> Result<R, KubeFailure>
    where
        R: Resource<Scope = ClusterResourceScope> + Serialize + DeserializeOwned,
    {
        let cannot = |error: &dyn std::fmt::Display| KubeFailure::Unreachable(error.to_string());
        let body = serde_json::to_vec(review).map_err(|error| cannot(&error))?;
        let mut request = http::Request::post(format!("/apis/{}/{}", R::API_VERSION, R::URL_PATH_SEGMENT))
            .header("content-type", "application/json")
            .body(body)
            .map_err(|error| cannot(&error))?;
        request.extensions_mut().insert(mode);
        self.client.request(request).await.map_err(failure)
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
        let status = self.review(&review, ReadMode::Whole).await?.status.unwrap_or_default();
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
