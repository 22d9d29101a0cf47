//! Grants that are over, and those that nobody keeps.

use std::collections::BTreeSet;

use crate::model::audit::Audit;
use crate::model::audit::access::until;
use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::canonical;
use crate::model::audit::index::binding_name;
use crate::model::audit::picture::{Picture, Scope};
use crate::model::audit::subjects::is_built_in;
use crate::model::grants::objects::{MANAGED_BY, PRESET, PRINCIPAL, UNTIL, time_text};
use crate::model::grants::tags;
use crate::model::kube::access_entry::PolicyScope;

pub(crate) const EXPIRED: Finding = Finding {
    id: "grant.expired",
    severity: Severity::Medium,
    cause: "A grant has expired but still exists. Kubernetes and EKS do not remove grants when they expire.",
    repair: "Revoke expired grants: `nsaccess revoke --expired`. Or use a CronJob, see `nsaccess grant render --with-expiry-job`.",
};

pub(crate) const UNREADABLE_END: Finding = Finding {
    id: "grant.unreadable-end",
    severity: Severity::Low,
    cause: "The annotation `nsaccess/until` of a binding is not a valid time, so the grant never expires.",
    repair: "Set it to a time like `2026-11-26T18:00:00Z`, or grant it again.",
};

pub(crate) const UNLABELLED: Finding = Finding {
    id: "grant.unlabelled",
    severity: Severity::Info,
    cause: "A binding grants permissions to an AWS principal but has no label `app.kubernetes.io/managed-by`: it was created by hand, or by a tool that does not set it. `nsaccess revoke` removes it only with `--include-foreign`.",
    repair: "If it is not needed, delete it. Otherwise label it, or manage it with a tool.",
};

pub(super) fn find(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    for bound in &audit.index.bindings {
        let (binding, name) = (bound.binding, binding_name(bound.binding));
        let Some(text) = binding.annotations.get(UNTIL) else { continue };
        let namespace = binding.namespace.as_deref();
        match until(&binding.annotations) {
            Some(end) if end <= picture.at => {
                let whose = binding.annotations.get(PRINCIPAL).map_or_else(String::new, |arn| format!(" to {arn}"));
                let message = format!("the grant{whose} in {name} expired at {}", time_text(end));
                found.push(
                    Found::new(&EXPIRED, &name, message)
                        .of_namespace(namespace)
                        .try_next(picture.cluster.with_cluster("nsaccess revoke --expired")),
                );
            }
            Some(_) => {}
            None => {
                let message = format!("{name} has an invalid expiry time: {text:?}");
                found.push(Found::new(&UNREADABLE_END, &name, message).of_namespace(namespace));
            }
        }
    }
    tagged(picture, audit, found);
    unlabelled(audit, found);
}

/// Grants by presets and rules that are over, as their bindings say: namespace, principal, and what was granted.
fn said_by_bindings<'a>(picture: &Picture, audit: &'a Audit<'_>) -> BTreeSet<(&'a str, String, &'a str)> {
    let over = audit.index.bindings.iter().map(|bound| bound.binding).filter_map(|binding| {
        until(&binding.annotations).filter(|until| *until <= picture.at)?;
        let principal = canonical(binding.annotations.get(PRINCIPAL)?);
        Some((binding.namespace.as_deref()?, principal, binding.labels.get(PRESET)?.as_str()))
    });
    over.collect()
}

/// Grants that only an access entry knows of.
fn tagged(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    let said = said_by_bindings(picture, audit);
    for entry in picture.entries.list() {
        let principal = canonical(&entry.principal_arn);
        let over = tags::granted_everywhere(&entry.tags).filter(|(namespace, granted)| {
            is_in_scope(picture, namespace)
                && granted.until.is_some_and(|until| until <= picture.at)
                && !said.contains(&(namespace.as_str(), principal.clone(), granted.label.as_str()))
        });
        for (namespace, granted) in over {
            let (arn, label) = (&entry.principal_arn, &granted.label);
            let ended = granted.until.map(time_text).unwrap_or_default();
            found.push(
                Found::new(
                    &EXPIRED,
                    format!("{arn} {namespace} {label}"),
                    format!("the grant of {label} to {arn} in {namespace} expired at {ended}"),
                )
                .of_namespace(Some(&namespace))
                .try_next(picture.cluster.with_cluster("nsaccess revoke --expired")),
            );
        }
    }
}

fn is_in_scope(picture: &Picture, namespace: &str) -> bool {
    match &picture.scope {
        Scope::Namespace(name) => PolicyScope::Namespaces(vec![namespace.to_owned()]).covers(name),
        Scope::All => true,
    }
}

fn unlabelled(audit: &Audit<'_>, found: &mut Vec<Found>) {
    let numbers: BTreeSet<usize> = audit.rows.iter().flat_map(|row| row.bindings.iter().copied()).collect();
    for number in numbers {
        let binding = audit.index.bindings[number].binding;
        let is_ours_to_say = binding.subjects.iter().any(|subject| !is_built_in(&subject.name));
        if is_ours_to_say && !binding.labels.contains_key(MANAGED_BY) {
            let name = binding_name(binding);
            let message = format!("{name} has no label {MANAGED_BY}");
            found.push(Found::new(&UNLABELLED, &name, message).of_namespace(binding.namespace.as_deref()));
        }
    }
}
