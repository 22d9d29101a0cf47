//! Bindings that lead nowhere, or to everybody.

use std::collections::BTreeSet;

use crate::model::audit::Audit;
use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::Way;
use crate::model::audit::index::{Gives, binding_name};
use crate::model::audit::picture::{Picture, Scope};
use crate::model::audit::subjects::{Unmapped, unmapped};
use crate::model::kube::rbac::{Binding, Subject};
use crate::model::shell::quote;

pub(crate) const NO_ROLE: Finding = Finding {
    id: "binding.no-role",
    severity: Severity::Medium,
    cause: "A binding refers to a role that does not exist. It has no effect until someone creates a role with this name, unknowingly granting its permissions.",
    repair: "Create the role, or delete the binding.",
};

pub(crate) const NO_NAMESPACE: Finding = Finding {
    id: "binding.no-namespace",
    severity: Severity::Low,
    cause: "A group created by nsaccess belongs to a namespace that does not exist: the namespace was deleted with its grants, but the mapping remains.",
    repair: "Remove the group from the mapping: `nsaccess revoke NAMESPACE --from ARN`.",
};

pub(crate) const NOBODY: Finding = Finding {
    id: "binding.nobody",
    severity: Severity::Low,
    cause: "A binding grants permissions to a user or group that no access entry and no item in aws-auth maps to. It may come from an OIDC provider of the cluster. Otherwise nobody has these permissions until someone is mapped to the name.",
    repair: "Map the intended principal, or remove the subject from the binding.",
};

pub(crate) const EVERYBODY: Finding = Finding {
    id: "binding.everybody",
    severity: Severity::High,
    cause: "A binding grants permissions to everyone who is authenticated (`system:authenticated`) or to everyone who can reach the cluster (`system:unauthenticated`, `system:anonymous`).",
    repair: "Bind a group of those who need it instead.",
};

/// What Kubernetes itself binds to everybody.
const DEFAULTS: [&str; 3] = ["system:basic-user", "system:discovery", "system:public-info-viewer"];

pub(super) fn find(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    for bound in &audit.index.bindings {
        let (binding, name) = (bound.binding, binding_name(bound.binding));
        let role = format!("{} {}", binding.role.kind, binding.role.name);
        if matches!(bound.gives, Gives::Nothing) {
            let message = format!("{name} refers to the {role}, which does not exist");
            found.push(
                Found::new(&NO_ROLE, &name, message)
                    .of_namespace(binding.namespace.as_deref())
                    .try_next(delete(binding)),
            );
        }
        let everybody = binding.subjects.iter().find(|subject| is_everybody(subject));
        if let Some(subject) = everybody.filter(|_| !DEFAULTS.contains(&binding.role.name.as_str())) {
            let message = format!("{name} grants the {role} to {}", subject.name);
            found.push(Found::new(&EVERYBODY, &name, message).of_namespace(binding.namespace.as_deref()));
        }
    }
    if picture.knows_all_identities() {
        nobody(audit, found);
    }
    without_namespace(picture, audit, found);
}

fn delete(binding: &Binding) -> String {
    match &binding.namespace {
        Some(namespace) => format!("kubectl -n {namespace} delete rolebinding {}", binding.name),
        None => format!("kubectl delete clusterrolebinding {}", binding.name),
    }
}

pub(super) fn is_everybody(subject: &Subject) -> bool {
    let name = subject.name.as_str();
    match subject.kind.as_str() {
        "Group" => ["system:authenticated", "system:unauthenticated"].contains(&name),
        "User" => name == "system:anonymous",
        _ => false,
    }
}

/// Subjects that no mapping leads to.
fn nobody(audit: &Audit<'_>, found: &mut Vec<Found>) {
    for Unmapped { kind, name, bindings } in unmapped(&audit.identities, &audit.index) {
        for number in bindings {
            let binding = audit.index.bindings[number].binding;
            let about = format!("{} {kind} {name}", binding_name(binding));
            let message = format!("{} binds the {kind} {name}, which nothing maps to", binding_name(binding));
            found.push(Found::new(&NOBODY, about, message).of_namespace(binding.namespace.as_deref()));
        }
    }
}

/// Groups of grants (`nsaccess:NAMESPACE:…`) whose namespace is gone.
fn without_namespace(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    let Some(namespaces) = picture.namespaces.done().filter(|_| picture.scope == Scope::All) else { return };
    let known: BTreeSet<&str> = namespaces.iter().map(String::as_str).collect();
    for identity in &audit.identities {
        for group in &identity.groups {
            let namespace = group.strip_prefix("nsaccess:").and_then(|rest| rest.split(':').next());
            if let Some(namespace) = namespace.filter(|name| !known.contains(name)) {
                let way = match identity.way {
                    Way::Entry(_) => "the access entry",
                    Way::AwsAuth { .. } => "aws-auth",
                    Way::NotRead { .. } => continue,
                };
                let message = format!(
                    "{way} adds {} to the group {group}, but the namespace {namespace} does not exist",
                    identity.arn
                );
                found.push(Found::new(&NO_NAMESPACE, format!("{} {group}", identity.arn), message).try_next(
                    picture.cluster.with_cluster(&format!(
                        "nsaccess revoke {} --from {}",
                        quote(namespace),
                        quote(identity.arn)
                    )),
                ));
            }
        }
    }
}
