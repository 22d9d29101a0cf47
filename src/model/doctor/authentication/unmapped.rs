//! A role that the cluster does not know, and why, as far as the role may read it.

use jiff::Timestamp;

use crate::model::aws::role_arn::RoleArns;
use crate::model::doctor::authentication::Asked;
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::Problem;
use crate::model::kube::access_entry::AccessEntry;

pub(crate) const NOT_MAPPED: Finding = Finding {
    id: "authentication.not-mapped",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster answers 401 to a valid token: neither an access entry nor the ConfigMap aws-auth maps the permission set's role. Only an entry has the role's path in its ARN; in aws-auth the path must be left out.",
    repair: "Ask your platform team to map the role; the message has its ARN in the form that each way needs.",
};

pub(crate) const NO_ENTRY: Finding = Finding {
    id: "authentication.no-entry",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "EKS has no access entry of the permission set's role, and the cluster answers 401. With the authentication mode API nothing else counts; with API_AND_CONFIG_MAP, aws-auth does not map the role either.",
    repair: "Ask your platform team to create an access entry of the ARN in the message.",
};

pub(crate) const OLD_SUFFIX: Finding = Finding {
    id: "authentication.old-suffix",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster has an access entry of the permission set's former role. When a permission set is assigned to an account anew, IAM Identity Center makes a role whose name ends in another suffix.",
    repair: "Ask your platform team to create an access entry of the present role and to delete the former one.",
};

pub(crate) const TOMBSTONE: Finding = Finding {
    id: "authentication.tombstone",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role was deleted and made again under the same name after its access entry was created. An entry is bound to the role's hidden id, so it is of a role that no longer exists, although EKS shows nothing of that.",
    repair: "Ask your platform team to delete the access entry and to create it again.",
};

pub(crate) const ENTRY_NOT_TAKEN: Finding = Finding {
    id: "authentication.entry-not-taken",
    check: "authentication.identity",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "There is an access entry of the role, and the cluster answers 401 all the same. It was created a moment ago, or the role was deleted and made again since: an entry is bound to the role's hidden id. When the role was made could not be read, or does not tell.",
    repair: "Wait some seconds. If that does not help, ask your platform team to delete the access entry and to create it again.",
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

/// Why the cluster does not know the role.
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
    format!("the cluster {} does not know the role {}", asked.cluster, asked.role)
}

fn not_mapped(evidence: &Evidence, asked: &Asked<'_>) -> Problem {
    let problem = Problem::of(&NOT_MAPPED, what_it_is(asked))
        .because("it answered 401, and the token was signed with credentials that AWS takes");
    let Some(arns) = &evidence.arns else {
        return problem.try_next(asked.ask(&format!("to map the role {} in {}", asked.role, asked.cluster)));
    };
    let RoleArns { access_entry, aws_auth } = arns;
    let (problem, map) = match evidence.mode.as_deref() {
        Some("API") => (
            problem.because("its authentication mode is API: access entries count, aws-auth does not"),
            format!("for an access entry of {access_entry} in {}", asked.cluster),
        ),
        Some("CONFIG_MAP") => (
            problem.because("its authentication mode is CONFIG_MAP: aws-auth counts, access entries do not"),
            format!("to map {aws_auth} (without a path) in aws-auth of {}", asked.cluster),
        ),
        _ => (
            problem.because(format!("in aws-auth the role would be {aws_auth} (without the path)")),
            format!("for an access entry of {access_entry} in {}", asked.cluster),
        ),
    };
    problem.try_next(asked.ask(&map))
}

fn no_entry(evidence: &Evidence, arns: &RoleArns, asked: &Asked<'_>) -> Problem {
    let RoleArns { access_entry, aws_auth } = arns;
    let problem =
        Problem::of(&NO_ENTRY, what_it_is(asked)).because(format!("there is no access entry of {access_entry}"));
    let problem = match evidence.mode.as_deref() {
        Some("API") => problem.because("its authentication mode is API: aws-auth does not count"),
        _ => problem.because(format!("aws-auth does not map {aws_auth} either (there without the path)")),
    };
    problem.try_next(asked.ask(&format!("for an access entry of {access_entry} in {}", asked.cluster)))
}

fn old_suffix(former: &str, present: &str, asked: &Asked<'_>) -> Problem {
    Problem::of(&OLD_SUFFIX, format!("the cluster {} knows only a former role of {}", asked.cluster, asked.role))
        .because(format!("it has an access entry of {former}"))
        .because(format!("your role is {present}"))
        .try_next(asked.ask(&format!(
            "for an access entry of {present} in {}, in the place of the one of {}",
            asked.cluster,
            former.rsplit('/').next().unwrap_or(former)
        )))
}

fn dead_entry(entry: &AccessEntry, role_created_at: Option<Timestamp>, arn: &str, asked: &Asked<'_>) -> Problem {
    let Asked { cluster, region, .. } = asked;
    let again = asked.ask(&format!(
        "to run this and to create the entry again with the same groups: aws eks delete-access-entry --cluster-name {cluster} --region {region} --principal-arn {arn}"
    ));
    let seconds = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    match (role_created_at, entry.created_at) {
        (Some(role), Some(created)) if role > created => {
            Problem::of(&TOMBSTONE, format!("the access entry in {cluster} is of a role that no longer exists"))
                .because(format!("the entry was created at {}, the role at {}", seconds(created), seconds(role)))
                .because("an entry is bound to the role's hidden id, and a role that is made again has another one")
                .try_next(again)
        }
        (role, created) => {
            let problem = Problem::of(
                &ENTRY_NOT_TAKEN,
                format!(
                    "the cluster {cluster} does not know the role {}, although there is an access entry",
                    asked.role
                ),
            );
            let problem = match created {
                Some(created) => problem.because(format!("the entry was created at {}", seconds(created))),
                None => problem,
            };
            let problem = match role {
                Some(role) => problem.because(format!("the role was created at {}, before that", seconds(role))),
                None => problem.because(
                    "it may be of a role that was deleted and made again since; when that was may not be read (iam:GetRole)",
                ),
            };
            problem.try_next(format!("nsaccess doctor {} --wait", asked.namespace)).try_next(again)
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
