//! Principals that IAM no longer has, or has made anew.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::audit::Audit;
use crate::model::audit::access::until;
use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::{canonical, is_of_people, list_name};
use crate::model::audit::picture::{IamRole, Picture, Scope};
use crate::model::grants::objects::{FIELD_MANAGER, MANAGED_BY, PRESET, UNTIL, time_text};
use crate::model::grants::preset::Preset;
use crate::model::grants::principal::{Principal, PrincipalKind};
use crate::model::kube::access_entry::PolicyAssociation;
use crate::model::shell::quote;

pub(crate) const GONE: Finding = Finding {
    id: "principal.gone",
    severity: Severity::Medium,
    cause: "The cluster has a mapping for a role or user that no longer exists in IAM. In aws-auth, anyone who creates a role with this name gets its permissions. An access entry applies only to the deleted role and has no effect.",
    repair: "Delete the mapping shown in the message.",
};

pub(crate) const TOMBSTONE: Finding = Finding {
    id: "principal.tombstone",
    severity: Severity::Medium,
    cause: "The role was deleted and recreated under the same name after its access entry was created. An access entry is bound to the role's internal ID, so the cluster answers 401 to the new role. EKS does not show this.",
    repair: "Recreate the access entry with its groups and policies: `nsaccess grant NAMESPACE --to ARN --preset PRESET --recreate`. Deleting it instead loses them.",
};

pub(crate) const OLD_SUFFIX: Finding = Finding {
    id: "principal.old-suffix",
    severity: Severity::Medium,
    cause: "The mapping is for a permission set's former role. When a permission set is assigned to an account again, IAM Identity Center creates a role with a different suffix.",
    repair: "Grant access to the current role (`nsaccess grant NAMESPACE --to permission-set:NAME`), and delete the mapping of the former one.",
};

/// A mapping, of whichever way.
struct Mapping<'a> {
    arn: &'a str,
    place: String,
    /// Of an access entry.
    created_at: Option<Timestamp>,
    delete: String,
}

pub(super) fn find(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    let with_rights: BTreeSet<&str> = audit.rows.iter().map(|row| audit.identities[row.identity].arn).collect();
    // Of one namespace, only those who would have rights there.
    let is_meant = |mapping: &Mapping<'_>| picture.scope == Scope::All || with_rights.contains(mapping.arn);
    for mapping in mappings(picture).iter().filter(|mapping| is_meant(mapping)) {
        found.extend(judge(picture, audit, mapping));
    }
}

fn mappings(picture: &Picture) -> Vec<Mapping<'_>> {
    let (cluster, region) = (&picture.cluster.name, &picture.cluster.region);
    let mut mappings = Vec::new();
    if picture.cluster.reads_entries() {
        mappings.extend(picture.entries.list().iter().filter(|entry| is_of_people(entry)).map(|entry| Mapping {
            arn: &entry.principal_arn,
            place: "access entry".to_owned(),
            created_at: entry.created_at,
            delete: format!(
                "aws eks delete-access-entry --cluster-name {cluster} --region {region} --principal-arn {}",
                entry.principal_arn
            ),
        }));
    }
    if let Some(Some(aws_auth)) = picture.aws_auth.done().filter(|_| picture.cluster.reads_aws_auth()) {
        let mut seen = BTreeSet::new();
        for (_, list, items) in aws_auth.lists() {
            for item in items.as_deref().unwrap_or_default().iter().rev().filter(|item| item.counts) {
                // Of duplicates, the one that counts.
                if seen.insert(item.arn.to_ascii_lowercase()) {
                    mappings.push(Mapping {
                        arn: &item.arn,
                        place: format!("{} line {}", list_name(list), item.line),
                        created_at: None,
                        delete: "kubectl -n kube-system edit configmap aws-auth".to_owned(),
                    });
                }
            }
        }
    }
    mappings
}

fn judge(picture: &Picture, audit: &Audit<'_>, mapping: &Mapping<'_>) -> Option<Found> {
    let principal = Principal::parse(mapping.arn).ok().filter(|principal| principal.account == picture.iam.account)?;
    if principal.kind == PrincipalKind::User {
        let is_there = picture.iam.users.get(&canonical(mapping.arn))?;
        return (!is_there).then(|| gone(mapping));
    }
    let roles = picture.iam.roles.as_ref()?;
    match roles.get(&canonical(mapping.arn)) {
        Some(role) => tombstone(picture, audit, mapping, role),
        None => Some(match principal.permission_set().and_then(|set| present(roles.values(), &principal, set)) {
            Some(present) => old_suffix(mapping, present),
            None => gone(mapping),
        }),
    }
}

fn gone(mapping: &Mapping<'_>) -> Found {
    let message = format!("{} is mapped but does not exist in IAM", mapping.arn);
    Found::new(&GONE, mapping.arn, message).because(&mapping.place).try_next(&mapping.delete)
}

fn tombstone(picture: &Picture, audit: &Audit<'_>, mapping: &Mapping<'_>, role: &IamRole) -> Option<Found> {
    let (created_at, role) = (mapping.created_at?, role.created_at?);
    if role <= created_at {
        return None;
    }
    let message = format!("the access entry of {} belongs to a role that no longer exists", mapping.arn);
    let found = Found::new(&TOMBSTONE, mapping.arn, message).because(format!(
        "the entry was created at {}, the role at {}",
        time_text(created_at),
        time_text(role)
    ));
    Some(match recreate(picture, audit, mapping.arn) {
        Some(command) => found.try_next(command),
        None => lost(picture, mapping.arn)
            .into_iter()
            .fold(found, |found, lost| found.because(format!("deleting the entry loses {lost}; note them first")))
            .try_next(&mapping.delete),
    })
}

/// Grants again what a grant has given, so that nothing changes but the entry: its preset, and the time that is left.
fn recreate(picture: &Picture, audit: &Audit<'_>, arn: &str) -> Option<String> {
    let rows = audit.rows.iter().filter(|row| audit.identities[row.identity].arn == arn);
    let mut bindings = rows.flat_map(|row| &row.bindings).map(|number| audit.index.bindings[*number].binding);
    bindings.find_map(|binding| {
        binding.labels.get(MANAGED_BY).filter(|manager| *manager == FIELD_MANAGER)?;
        let preset = match binding.labels.get(PRESET)?.as_str() {
            "developer-with-secrets" => "developer --with-secrets",
            name => Preset::NAMES.into_iter().find(|known| *known == name)?,
        };
        let left = match binding.annotations.get(UNTIL) {
            None => String::new(),
            Some(_) => {
                let left = until(&binding.annotations)?.duration_since(picture.at).as_mins();
                (left > 0).then(|| format!(" --for {left}m"))?
            }
        };
        let namespace = binding.namespace.as_deref()?;
        let command = format!("nsaccess grant {namespace} --to {} --preset {preset}{left} --recreate", quote(arn));
        Some(picture.cluster.with_cluster(&command))
    })
}

/// What only the access entry has.
fn lost(picture: &Picture, arn: &str) -> Vec<String> {
    let Some(entry) = picture.entries.list().iter().find(|entry| entry.principal_arn == arn) else { return Vec::new() };
    let policies: Vec<&str> = entry.policies.iter().flatten().map(PolicyAssociation::policy_name).collect();
    let groups = (!entry.groups.is_empty()).then(|| format!("its groups {}", entry.groups.join(", ")));
    let policies = (!policies.is_empty()).then(|| format!("its policies {}", policies.join(", ")));
    groups.into_iter().chain(policies).collect()
}

fn old_suffix(mapping: &Mapping<'_>, present: &IamRole) -> Found {
    Found::new(&OLD_SUFFIX, mapping.arn, format!("{} is a former role of its permission set", mapping.arn))
        .because(format!("the current role is {}", present.arn))
        .because(&mapping.place)
        .try_next(&mapping.delete)
}

/// The role that a permission set has now.
fn present<'r>(
    mut roles: impl Iterator<Item = &'r IamRole>,
    former: &Principal,
    permission_set: &str,
) -> Option<&'r IamRole> {
    roles.find(|role| {
        let other = Principal::parse(&role.arn).ok();
        other.is_some_and(|other| other.permission_set() == Some(permission_set) && other.name != former.name)
    })
}
