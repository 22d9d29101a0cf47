//! The IAM role of a workload, from the annotation to the trust policy.

use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::irsa::{ROLE_ANNOTATION, TrustFault};

pub(crate) const WORKLOAD_MISSING: Finding = Finding {
    id: "aws.workload-missing",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The workload does not exist in the namespace.",
    repair: "List the pods: `nsaccess pods -n NAMESPACE`.",
};

pub(crate) const NO_ROLE: Finding = Finding {
    id: "aws.no-role",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The workload has no IAM role: its service account has no annotation eks.amazonaws.com/role-arn, none of its containers sets a role, and there is no EKS Pod Identity association.",
    repair: "Annotate the service account, then restart the workload. Pods get their role when they are created.",
};

pub(crate) const ROLE_INVALID: Finding = Finding {
    id: "aws.role-invalid",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The role of the service account or container is not an IAM role ARN: it is an unfilled placeholder, a name instead of an ARN, or has no account.",
    repair: "Correct the annotation eks.amazonaws.com/role-arn, then restart the workload.",
};

pub(crate) const ROLE_MISSING: Finding = Finding {
    id: "aws.role-missing",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The account has no role with this name: it has not been created yet, was deleted, or the annotation is misspelled.",
    repair: "Correct the annotation, or ask your platform team for the role.",
};

pub(crate) const TRUST_PROVIDER: Finding = Finding {
    id: "aws.trust-provider",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The role's trust policy does not have this cluster's OIDC provider: it was written for another cluster, or for this one before it was recreated.",
    repair: "Set the provider in the trust policy to the one in the message.",
};

pub(crate) const TRUST_SUBJECT: Finding = Finding {
    id: "aws.trust-subject",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The role's trust policy allows a different service account or namespace. StringEquals matches * literally.",
    repair: "Set the condition on :sub to the subject in the message, or use StringLike for a pattern.",
};

pub(crate) const TRUST_AUDIENCE: Finding = Finding {
    id: "aws.trust-audience",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The role's trust policy or the account's OIDC provider requires a different audience than the token's.",
    repair: "Set the condition on :aud to sts.amazonaws.com, or annotate the service account with eks.amazonaws.com/audience.",
};

pub(crate) const PROVIDER_MISSING: Finding = Finding {
    id: "aws.provider-missing",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The role's account has no IAM OIDC provider for this cluster, so AWS rejects tokens of its service accounts.",
    repair: "Ask your platform team to create the provider: `eksctl utils associate-iam-oidc-provider --cluster NAME --approve`.",
};

pub(crate) const ROLE_REFUSED: Finding = Finding {
    id: "aws.role-refused",
    check: "aws.workload",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "AWS does not let the service account assume the role and does not say why: the role does not exist, or its trust policy has another cluster, namespace or service account.",
    repair: "Ask someone with access to the role to compare its trust policy with the subject and provider in the message.",
};

pub(crate) const POD_IDENTITY_TOO: Finding = Finding {
    id: "aws.pod-identity-too",
    check: "aws.workload",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The service account has a role through both IRSA and EKS Pod Identity. The SDKs' default chain prefers IRSA, so the association has no effect.",
    repair: "Remove the annotation or the association, whichever is unintended, then restart the workload.",
};

/// What is known of a workload's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Role(RoleFacts),
    /// By EKS Pod Identity alone.
    PodIdentity,
    NoWorkload,
    NoRole(Lacking),
    InvalidRole(Lacking),
    /// The role may not see enough.
    NotReadable(String),
    NotKnown(String),
}

/// A service account without a role, or with one that is none; and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lacking {
    pub(crate) service_account: String,
    pub(crate) why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleFacts {
    pub(crate) arn: String,
    /// Where it was found, in words.
    pub(crate) by: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
    /// The cluster's issuer, if EKS could be asked.
    pub(crate) issuer: Option<String>,
    /// `None`: EKS may not be asked.
    pub(crate) has_pod_identity: Option<bool>,
    pub(crate) trust: Trust,
}

/// Whether the role lets the workload in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// By its trust policy.
    Policy(Result<(), TrustFault>),
    NoRole(String),
    /// A token of the service account was taken by STS.
    Taken,
    /// It was not, in AWS's words.
    Refused(String),
    OtherAudience(String),
    NoProvider(String),
    NotReadable,
    NotKnown(String),
}

/// Whether a workload can have its role.
pub(crate) fn judge_workload(target: &str, found: &Found, namespace: &str) -> Judgement {
    let problem = match found {
        Found::Role(facts) => return judge_role(target, facts),
        Found::PodIdentity => return Judgement::ok(format!("{target} has a role through EKS Pod Identity")),
        Found::NotReadable(why) => return Judgement::skipped(format!("cannot read the role of {target}: {why}")),
        Found::NotKnown(why) => return Judgement::unknown(why),
        Found::NoWorkload => Problem::of(&WORKLOAD_MISSING, format!("{target} not found in {namespace}"))
            .try_next(format!("nsaccess pods -n {namespace}")),
        Found::NoRole(Lacking { service_account, why }) => {
            Problem::of(&NO_ROLE, format!("{target} has no IAM role")).because(why).try_next(format!(
                "kubectl annotate serviceaccount {service_account} {ROLE_ANNOTATION}=ARN -n {namespace}   # then restart the workload"
            ))
        }
        Found::InvalidRole(Lacking { service_account, why }) => {
            Problem::of(&ROLE_INVALID, format!("the role of {target} is not an IAM role ARN"))
                .because(why)
                .try_next(format!(
                    "kubectl annotate serviceaccount {service_account} {ROLE_ANNOTATION}=ARN --overwrite -n {namespace}   # then restart the workload"
                ))
        }
    };
    Judgement::problem(problem)
}

fn judge_role(target: &str, facts: &RoleFacts) -> Judgement {
    let mut problems: Vec<Problem> = trust_problem(facts).into_iter().collect();
    if facts.has_pod_identity == Some(true) {
        problems.push(
            Problem::of(&POD_IDENTITY_TOO, format!("{target} has a role through both IRSA and EKS Pod Identity"))
                .because(format!("the SDKs prefer IRSA: {}", facts.arn))
                .try_next("remove the service account's annotation or the association, whichever is unintended"),
        );
    }
    let seen = vec![format!("found by {}", facts.by), format!("token subject: {}", facts.subject)];
    let judgement = match &facts.trust {
        Trust::NotReadable if problems.is_empty() => Judgement::skipped(format!(
            "not allowed to read the trust policy of {} for {target} (needs iam:GetRole, or create on serviceaccounts/token)",
            facts.arn
        )),
        Trust::NotKnown(why) if problems.is_empty() => Judgement::unknown(why),
        _ => Judgement::of(problems, format!("{target} can assume {}", facts.arn)),
    };
    judgement.facts(seen)
}

fn trust_problem(facts: &RoleFacts) -> Option<Problem> {
    let RoleFacts { arn, subject, audience, .. } = facts;
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let issuer = facts.issuer.as_deref().unwrap_or("the cluster's issuer");
    let provider = issuer.trim_start_matches("https://");
    let edit = |what: &str| {
        format!(
            "{what} in the trust policy of {name}: aws iam update-assume-role-policy --role-name {name} --policy-document file://FILE"
        )
    };
    let says = |found: &[String]| match found.is_empty() {
        true => "it has none".to_owned(),
        false => format!("it has {}", found.join(", ")),
    };
    let problem = match &facts.trust {
        Trust::Policy(Ok(())) | Trust::Taken | Trust::NotReadable | Trust::NotKnown(_) => return None,
        Trust::NoRole(why) => Problem::of(&ROLE_MISSING, format!("role {arn} not found"))
            .because(why)
            .because(format!("the role is named by the annotation {ROLE_ANNOTATION}"))
            .ask_platform_team(format_args!("for the role {arn}, or to correct the annotation")),
        Trust::Policy(Err(TrustFault::Provider(found))) => {
            Problem::of(&TRUST_PROVIDER, format!("the role {name} does not trust this cluster"))
                .because(format!("its trust policy should have the provider {provider}; {}", says(found)))
                .try_next(edit(&format!("set the provider to {provider}")))
        }
        Trust::Policy(Err(TrustFault::Subject(found))) => {
            Problem::of(&TRUST_SUBJECT, format!("the role {name} does not trust {subject}"))
                .because(says(found))
                .try_next(edit(&format!("set {provider}:sub to {subject}")))
        }
        Trust::Policy(Err(TrustFault::Audience(found))) => {
            Problem::of(&TRUST_AUDIENCE, format!("the role {name} requires a different audience than {audience}"))
                .because(says(found))
                .try_next(edit(&format!("set {provider}:aud to {audience}")))
        }
        Trust::Policy(Err(TrustFault::Unreadable)) => return None,
        Trust::OtherAudience(why) => {
            Problem::of(&TRUST_AUDIENCE, format!("AWS requires a different audience than {audience} in the token"))
                .because(why)
                .ask_platform_team(format_args!("to add the audience {audience} to the IAM OIDC provider {provider}"))
        }
        Trust::NoProvider(why) => {
            Problem::of(&PROVIDER_MISSING, "no IAM OIDC provider for this cluster").because(why).ask_platform_team(format_args!(
                "for an IAM OIDC provider for {issuer} in the account of {arn}"
            ))
        }
        Trust::Refused(why) => Problem::of(&ROLE_REFUSED, format!("AWS does not let {subject} assume {name}"))
            .because(why)
            .try_next(format!(
                "aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument   # should have {provider} and {subject}"
            )),
    };
    Some(problem)
}

#[cfg(test)]
#[path = "workload_tests.rs"]
mod tests;
