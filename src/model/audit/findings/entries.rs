//! What is to be known of access entries and their policies.

use std::collections::BTreeMap;

use aws_auth_edit::{List, winner};

use crate::model::audit::Audit;
use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::{Way, canonical, is_of_people, list_name};
use crate::model::audit::picture::{Picture, Scope};
use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation, PolicyScope};

pub(crate) const HIDES_GROUPS: Finding = Finding {
    id: "entry.hides-groups",
    severity: Severity::Medium,
    cause: "A principal has both an access entry and an item in aws-auth. Only the access entry applies, so groups that are only in aws-auth have no effect.",
    repair: "Add the required groups to the access entry, and delete the item.",
};

pub(crate) const CLUSTER_ADMIN: Finding = Finding {
    id: "entry.cluster-admin",
    severity: Severity::Medium,
    cause: "An access entry has an administrator policy for the whole cluster. By default, EKS creates such an entry for the creator of a cluster.",
    repair: "First make sure that someone else administers the cluster, and that it is not you: without an administrator, the policy cannot be restored from inside the cluster. Then, if it is unintended: `aws eks disassociate-access-policy --cluster-name CLUSTER --region REGION --principal-arn ARN --policy-arn POLICY_ARN`.",
};

pub(crate) const NOT_EVALUATED: Finding = Finding {
    id: "entry.policy-not-evaluated",
    severity: Severity::Info,
    cause: "An access entry has an access policy. No API shows what EKS access policies allow, and access reviews for others (`--as`) ignore them. The policy is not evaluated here, so the principal may have more permissions than are listed.",
    repair: "Run `nsaccess can-i` as the principal. Roles and bindings, unlike policies, can be audited: `nsaccess grant NAMESPACE --to ARN --preset viewer`.",
};

pub(crate) const GLOB: Finding = Finding {
    id: "entry.policy-glob",
    severity: Severity::Low,
    cause: "An access policy applies to every namespace with a name prefix, including namespaces created later.",
    repair: "List the namespaces explicitly: `aws eks associate-access-policy` with the list shown in the message.",
};

pub(crate) const NO_NAMESPACE: Finding = Finding {
    id: "entry.no-namespace",
    severity: Severity::Low,
    cause: "An access policy applies to a namespace that does not exist. EKS does not check namespaces, and whoever creates this one later unknowingly grants access to it.",
    repair: "Correct the name, or remove it from the policy's scope.",
};

pub(crate) const NO_RIGHTS: Finding = Finding {
    id: "entry.no-rights",
    severity: Severity::Info,
    cause: "An access entry has no groups and no policies, and no binding has its user. The principal can authenticate but has no permissions.",
    repair: "Grant the missing access, or delete the entry.",
};

pub(super) fn find(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    if !picture.cluster.reads_entries() {
        return;
    }
    hidden_groups(picture, found);
    for entry in picture.entries.list().iter().filter(|entry| is_of_people(entry)) {
        for policy in entry.policies.iter().flatten() {
            of_policy(picture, entry, policy, found);
        }
    }
    if !picture.bindings.list().is_empty() && picture.scope == Scope::All {
        without_rights(picture, audit, found);
    }
}

fn hidden_groups(picture: &Picture, found: &mut Vec<Found>) {
    let Some(Some(aws_auth)) = picture.aws_auth.done().filter(|_| picture.cluster.reads_aws_auth()) else { return };
    let entries: BTreeMap<String, &AccessEntry> =
        picture.entries.list().iter().map(|entry| (canonical(&entry.principal_arn), entry)).collect();
    for (_, list, items) in aws_auth.lists() {
        let items = items.as_deref().unwrap_or_default();
        for item in items.iter().filter(|item| item.counts) {
            let Some(entry) = entries.get(&item.arn.to_ascii_lowercase()) else { continue };
            if list == List::Roles && !winner(items, &item.arn).is_some_and(|last| std::ptr::eq(last, item)) {
                continue;
            }
            let hidden: Vec<&str> =
                item.groups.iter().filter(|group| !entry.groups.contains(group)).map(String::as_str).collect();
            if !hidden.is_empty() {
                let message = format!(
                    "the access entry of {} overrides groups from aws-auth",
                    picture.name_of(&entry.principal_arn)
                );
                let line = format!("{} line {} has {}", list_name(list), item.line, hidden.join(", "));
                found.push(Found::new(&HIDES_GROUPS, &entry.principal_arn, message).because(line));
            }
        }
    }
}

fn of_policy(picture: &Picture, entry: &AccessEntry, policy: &PolicyAssociation, found: &mut Vec<Found>) {
    let (arn, name) = (&entry.principal_arn, policy.policy_name());
    let (about, who) = (format!("{arn} {name}"), picture.name_of(arn));
    let is_meant = match &picture.scope {
        Scope::Namespace(namespace) => policy.scope.covers(namespace),
        Scope::All => true,
    };
    let is_administrators = ["AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy"].contains(&name);
    if is_administrators && policy.scope == PolicyScope::Cluster {
        let finding = Found::new(&CLUSTER_ADMIN, &about, format!("{who} administers the whole cluster: {name}"));
        let finding = match picture.is_caller(arn) {
            true => finding.because("this is you: without the policy, you may be locked out"),
            false => finding,
        };
        // No command: pasted in haste, it would take the cluster's last administrator away.
        found.push(finding.try_next(
            "first make sure that someone else administers the cluster; docs/audit.md shows how to remove the policy",
        ));
    }
    if is_meant {
        let place = match &policy.scope {
            PolicyScope::Cluster => "in the whole cluster".to_owned(),
            PolicyScope::Namespaces(names) => format!("in {}", names.join(", ")),
        };
        found.push(Found::new(&NOT_EVALUATED, &about, format!("{who} has {name} {place}: not evaluated")));
    }
    let PolicyScope::Namespaces(patterns) = &policy.scope else { return };
    let Some(namespaces) = picture.namespaces.done().filter(|_| picture.scope == Scope::All) else { return };
    for pattern in patterns {
        let one = PolicyScope::Namespaces(vec![pattern.clone()]);
        let hit: Vec<&str> = namespaces.iter().map(String::as_str).filter(|namespace| one.covers(namespace)).collect();
        let about = format!("{about} {pattern}");
        if hit.is_empty() {
            found.push(Found::new(
                &NO_NAMESPACE,
                about,
                format!("{who} has {name} in {pattern}, but no such namespace exists"),
            ));
        } else if pattern.ends_with('*') {
            let finding = Found::new(&GLOB, about, format!("{who} has {name} in every namespace {pattern}"));
            found.push(finding.because(format!("currently {}", some_of(&hit))));
        }
    }
}

/// A list that a person still reads.
fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    match names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", names[..SHOWN].join(", ")),
        None => names.join(", "),
    }
}

/// Entries whose identity has no row at all.
fn without_rights(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    let with_rows: std::collections::BTreeSet<usize> = audit.rows.iter().map(|row| row.identity).collect();
    for (number, identity) in audit.identities.iter().enumerate() {
        let is_bare = identity.groups.is_empty() && identity.policies().is_empty();
        if let Way::Entry(entry) = identity.way
            && is_bare
            && !with_rows.contains(&number)
        {
            let message = format!("{} can authenticate but has no permissions", picture.name_of(&entry.principal_arn));
            found.push(Found::new(&NO_RIGHTS, &entry.principal_arn, message));
        }
    }
}
