//! A role that the cluster does not know, and why, as far as the role may read it.

use jiff::Timestamp;

use crate::model::aws::role_arn::RoleArns;
use crate::model::doctor::authentication::Asked;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::Problem;
use crate::model::kube::access_entry::AccessEntry;
use crate::model::rfc3339::Rfc3339;

pub(crate) const NOT_MAPPED: Finding = Finding {
    id: "authentication.not-mapped",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster rejects a valid token with 401: neither an access entry nor the ConfigMap aws-auth maps the permission set's role. An access entry needs the role ARN with its path; aws-auth needs it without the path.",
    repair: "Ask your platform team to map the role. The message shows the required ARN.",
};

pub(crate) const NO_ENTRY: Finding = Finding {
    id: "authentication.no-entry",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "EKS has no access entry for the permission set's role, and the cluster answers 401. With authentication mode API only access entries apply; with API_AND_CONFIG_MAP, aws-auth does not map the role either.",
    repair: "Ask your platform team to create an access entry for the ARN in the message.",
};

pub(crate) const OLD_SUFFIX: Finding = Finding {
    id: "authentication.old-suffix",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster has an access entry for the permission set's former role. When a permission set is assigned to an account again, IAM Identity Center creates a role with a different suffix.",
    repair: "Ask your platform team to create an access entry for the current role and to delete the former one.",
};

pub(crate) const TOMBSTONE: Finding = Finding {
    id: "authentication.tombstone",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role was deleted and recreated under the same name after its access entry was created. An access entry is bound to the role's internal ID, so it belongs to a role that no longer exists. EKS does not show this.",
    repair: "Ask your platform team to delete and recreate the access entry.",
};

pub(crate) const ENTRY_NOT_TAKEN: Finding = Finding {
    id: "authentication.entry-not-taken",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role has an access entry, but the cluster still answers 401. The entry has just been created, or the role was deleted and recreated since: an access entry is bound to the role's internal ID. The role's creation time could not be read, or is inconclusive.",
    repair: "Wait a few seconds. If that does not help, ask your platform team to delete and recreate the access entry.",
};

/// What could be read of the role's mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// `None`: the role is not one of IAM Identity Center.
    pub(crate) arns: Option<RoleArns>,
    /// The cluster's authentication mode.
    pub(crate) mode: Option<String>,
    pub(crate) entry: EntryLookup,
    /// The principals of all entries, if they may be listed.
    pub(crate) principals: Vec<String>,
    /// When the role was made, if that may be read.
    pub(crate) role_created_at: Option<Timestamp>,
}

/// The access entry of the role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum EntryLookup {
    Found(AccessEntry),
    Missing,
    /// Not asked, or denied.
    #[default]
    NotKnown,
}

/// Why the cluster does not recognize the role.
pub(crate) fn problem(evidence: &Evidence, asked: &Asked<'_>) -> Problem {
    let Some(arns) = &evidence.arns else { return not_mapped(evidence, asked) };
    match &evidence.entry {
        EntryLookup::Found(entry) => dead_entry(entry, evidence.role_created_at, &arns.access_entry, asked),
        EntryLookup::Missing => match former(&arns.access_entry, &evidence.principals) {
            Some(former) => old_suffix(former, &arns.access_entry, asked),
            None => no_entry(evidence, arns, asked),
        },
        EntryLookup::NotKnown => not_mapped(evidence, asked),
    }
}

fn what_it_is(asked: &Asked<'_>) -> String {
    format!("the cluster {} does not recognize the role {}", asked.cluster, asked.role)
}

fn not_mapped(evidence: &Evidence, asked: &Asked<'_>) -> Problem {
    let problem = Problem::of(&NOT_MAPPED, what_it_is(asked))
        .because("it returned 401, although AWS accepts the credentials that signed the token");
    let Some(arns) = &evidence.arns else {
        return problem.ask(asked, &format!("to map the role {} in {}", asked.role, asked.cluster));
    };
    let RoleArns { access_entry, aws_auth } = arns;
    let (problem, map) = match evidence.mode.as_deref() {
        Some("API") => (
            problem.because("its authentication mode is API: only access entries apply, not aws-auth"),
            format!("for an access entry for {access_entry} in {}", asked.cluster),
        ),
        Some("CONFIG_MAP") => (
            problem.because("its authentication mode is CONFIG_MAP: only aws-auth applies, not access entries"),
            format!("to map {aws_auth} (without a path) in aws-auth of {}", asked.cluster),
        ),
        _ => (
            problem.because(format!("in aws-auth the ARN would be {aws_auth} (without the path)")),
            format!("for an access entry for {access_entry} in {}", asked.cluster),
        ),
    };
    problem.ask(asked, &map)
}

fn no_entry(evidence: &Evidence, arns: &RoleArns, asked: &Asked<'_>) -> Problem {
    let RoleArns { access_entry, aws_auth } = arns;
    let problem =
        Problem::of(&NO_ENTRY, what_it_is(asked)).because(format!("there is no access entry for {access_entry}"));
    let problem = match evidence.mode.as_deref() {
        Some("API") => problem.because("its authentication mode is API: aws-auth does not apply"),
        _ => problem.because(format!("aws-auth does not map {aws_auth} either")),
    };
    problem.ask(asked, &format!("for an access entry for {access_entry} in {}", asked.cluster))
}

fn old_suffix(former: &str, present: &str, asked: &Asked<'_>) -> Problem {
    Problem::of(&OLD_SUFFIX, format!("the cluster {} has only a former role of {}", asked.cluster, asked.role))
        .because(format!("it has an access entry for {former}"))
        .because(format!("your current role is {present}"))
        .ask(
            asked,
            &format!(
                "for an access entry for {present} in {}, instead of the one for {}",
                asked.cluster,
                former.rsplit('/').next().unwrap_or(former)
            ),
        )
}

fn dead_entry(entry: &AccessEntry, role_created_at: Option<Timestamp>, arn: &str, asked: &Asked<'_>) -> Problem {
    let Asked { cluster, region, .. } = asked;
    let again = format!(
        "to run the following and recreate the entry with the same groups: aws eks delete-access-entry --cluster-name {cluster} --region {region} --principal-arn {arn}"
    );
    let seconds = |time: Timestamp| Rfc3339::from(time).to_string();
    match (role_created_at, entry.created_at) {
        (Some(role), Some(created)) if role > created => {
            Problem::of(&TOMBSTONE, format!("the access entry in {cluster} belongs to a role that no longer exists"))
                .because(format!("the entry was created at {}, the role at {}", seconds(created), seconds(role)))
                .because("an access entry is bound to the role's internal ID, which changes when a role is recreated")
                .ask(asked, &again)
        }
        (role, created) => {
            let problem = Problem::of(
                &ENTRY_NOT_TAKEN,
                format!(
                    "the cluster {cluster} does not recognize the role {}, although it has an access entry",
                    asked.role
                ),
            );
            let problem = match created {
                Some(created) => problem.because(format!("the entry was created at {}", seconds(created))),
                None => problem,
            };
            let problem = match role {
                Some(role) => problem.because(format!("the role was created at {}, before the entry", seconds(role))),
                None => problem.because(
                    "the role may have been deleted and recreated since; its creation time could not be read (iam:GetRole)",
                ),
            };
            problem.try_next(format!("nsaccess doctor {} --wait", asked.namespace)).ask(asked, &again)
        }
    }
}

/// An entry of the same permission set with another suffix.
fn former<'a>(present: &str, principals: &'a [String]) -> Option<&'a str> {
    let (set, _) = present.rsplit_once('_')?;
    let is_former = |principal: &&String| {
        let same = principal.rsplit_once('_').is_some_and(|(other, _)| other.eq_ignore_ascii_case(set));
        same && !principal.eq_ignore_ascii_case(present)
    };
    principals.iter().find(is_former).map(String::as_str)
}

#[cfg(test)]
#[path = "unmapped_tests.rs"]
mod tests;
