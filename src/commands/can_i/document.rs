//! What `can-i` prints for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::reviews::survey::AwsCheck;
use crate::model::kube::policy_rule::PolicyRule;
use crate::model::kube::role_rule::Rule;
use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{Question, Verdict};
use crate::model::reviews::tasks::Task;

/// A developer's tasks in a namespace.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Tasks {
    /// Namespace.
    pub(super) namespace: String,
    /// EKS cluster.
    pub(super) cluster: String,
    /// Kubernetes version of the cluster.
    pub(super) server_version: Option<String>,
    /// User name in the cluster.
    pub(super) username: String,
    /// Groups in the cluster.
    pub(super) groups: Vec<String>,
    /// Of the session, as AWS STS names it.
    pub(super) arn: Option<String>,
    /// A developer's tasks.
    pub(super) tasks: Vec<TaskVerdict>,
    /// What AWS was asked.
    pub(super) aws: Vec<AwsVerdict>,
}

/// A task and whether it is allowed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TaskVerdict {
    /// Stable name of the task.
    id: &'static str,
    /// Task in words.
    title: &'static str,
    /// `yes`, `no`, `partial` or `unknown`.
    verdict: &'static str,
    /// How it works, or what is missing.
    details: Option<String>,
    /// The access reviews that decided.
    reviews: Vec<Review>,
    /// Rules that would allow the rest, as a Role has them.
    missing_rules: Vec<PolicyRule>,
}

/// An AWS action and whether it is allowed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AwsVerdict {
    /// Action, as IAM policies write it.
    action: &'static str,
    /// Task in words.
    title: &'static str,
    /// `yes`, `no` or `unknown`.
    verdict: &'static str,
    /// How it works, or what is missing.
    details: Option<String>,
    /// AWS's answer, if it did not allow it.
    reason: Option<String>,
}

/// An access review.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Review {
    /// Kubernetes verb.
    verb: String,
    /// API group; empty for the core group.
    group: String,
    /// Plural name.
    resource: String,
    /// Subresource.
    subresource: Option<String>,
    /// `null` if the cluster could not answer.
    allowed: Option<bool>,
    /// The cluster's reason, if it gave one.
    reason: Option<String>,
}

/// The answer to one question.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// Kubernetes verb.
    verb: String,
    /// API group; empty for the core group, `null` for a URL path.
    group: Option<String>,
    /// Plural name; `null` for a URL path.
    resource: Option<String>,
    /// Subresource.
    subresource: Option<String>,
    /// Name of an object.
    name: Option<String>,
    /// `null` for all namespaces, and for what is not namespaced.
    namespace: Option<String>,
    /// URL path, if that was asked about.
    path: Option<String>,
    /// Whether it is allowed.
    pub(super) allowed: bool,
    /// The cluster's reason for a no, if it gave one.
    pub(super) reason: Option<String>,
    /// A rule that would allow it, as a Role has it.
    missing_rule: Option<PolicyRule>,
}

/// The rules that a cluster reports.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Rules {
    /// Namespace.
    pub(super) namespace: String,
    /// Whether rules are missing, as always on EKS.
    pub(super) incomplete: bool,
    /// Why, in words of the cluster.
    pub(super) incomplete_reason: Option<String>,
    /// As a Role has them.
    pub(super) rules: Vec<PolicyRule>,
    /// What access reviews say.
    pub(super) reviews: Vec<ListedReview>,
}

/// An access review, and whether one of the rules says the same.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListedReview {
    /// The access review.
    #[serde(flatten)]
    pub(super) review: Review,
    /// Whether one of the rules allows it.
    pub(super) listed: bool,
}

impl TaskVerdict {
    pub(super) fn of(task: &Task) -> Self {
        TaskVerdict {
            id: task.id,
            title: task.title,
            verdict: task.outcome.word(),
            details: text(&task.why),
            reviews: task.asked.iter().map(|(question, verdict)| Review::of(*question, verdict)).collect(),
            missing_rules: task.missing.iter().map(policy_rule).collect(),
        }
    }
}

impl AwsVerdict {
    pub(super) fn of(check: &AwsCheck) -> Self {
        AwsVerdict {
            action: check.action,
            title: check.title,
            verdict: check.outcome.word(),
            details: text(&check.why),
            reason: check.reason.clone(),
        }
    }
}

impl Review {
    pub(super) fn of(question: Question, verdict: &Verdict) -> Self {
        let reason = match verdict {
            Verdict::Allowed => None,
            Verdict::Denied(reason) => reason.clone(),
            Verdict::Unknown(words) => Some(words.clone()),
        };
        Review {
            verb: question.verb.to_owned(),
            group: question.group.to_owned(),
            resource: question.resource.to_owned(),
            subresource: question.subresource.map(str::to_owned),
            allowed: verdict.allowed(),
            reason,
        }
    }
}

impl Answer {
    pub(super) fn of(review: &AccessReview, allowed: bool, reason: Option<String>) -> Self {
        let missing_rule = review.rule().filter(|_| !allowed).as_ref().map(policy_rule);
        let (verb, path, asked) = match review {
            AccessReview::Path { verb, path } => (verb, Some(path.clone()), None),
            AccessReview::Resource(asked) => (&asked.verb, None, Some(asked)),
        };
        Answer {
            verb: verb.clone(),
            group: asked.map(|asked| asked.group.clone()),
            resource: asked.map(|asked| asked.resource.clone()),
            subresource: asked.and_then(|asked| asked.subresource.clone()),
            name: asked.and_then(|asked| asked.name.clone()),
            namespace: asked.and_then(|asked| asked.namespace.clone()),
            path,
            allowed,
            reason,
            missing_rule,
        }
    }
}

fn policy_rule(rule: &Rule) -> PolicyRule {
    let verbs: Vec<&str> = rule.verbs.iter().map(String::as_str).collect();
    PolicyRule::new(&rule.group, &[&rule.resource], &verbs)
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
