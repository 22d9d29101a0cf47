//! Rights that lead further than they look, and those for port-forward that work with some clients only.

use std::collections::BTreeSet;

use crate::model::audit::Audit;
use crate::model::audit::access::Row;
use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::findings::bindings::is_everybody;
use crate::model::audit::index::{BoundRole, binding_name};
use crate::model::audit::picture::Picture;
use crate::model::audit::rights::{Allowed, Danger};
use crate::model::audit::subjects::is_built_in;
use crate::model::kube::rbac::{Binding, Subject};
use crate::model::reviews::review::{CREATE_PORT_FORWARD, GET_PORT_FORWARD, Question};
use crate::model::reviews::tasks::QUESTIONS;

pub(crate) const WILDCARD: Finding = Finding {
    id: "rights.wildcard",
    severity: Severity::High,
    cause: "A bound role has a rule with `*` for verbs or resources. It also allows everything added to Kubernetes later.",
    repair: "List the required verbs and resources: `nsaccess grant NAMESPACE --to ARN --preset developer`.",
};

pub(crate) const ESCALATION: Finding = Finding {
    id: "rights.escalation",
    severity: Severity::High,
    cause: "A bound role allows `escalate`, `bind` or `impersonate`, so its holders can give themselves other permissions or act as someone else.",
    repair: "Remove these verbs from the role. Do not change the built-in ClusterRoles `admin` and `edit`; bind another role instead. Their findings are one step less severe if they are bound in one namespace.",
};

pub(crate) const TOKENS: Finding = Finding {
    id: "rights.tokens",
    severity: Severity::High,
    cause: "A bound role allows creating `serviceaccounts/token`, so its holders can act as any service account where it is bound, with its permissions in the cluster and its IAM role.",
    repair: "Remove it from the role, or limit it to certain service accounts (`resourceNames`). Instead of the built-in `admin` and `edit`, bind another role.",
};

pub(crate) const AWS_AUTH: Finding = Finding {
    id: "rights.aws-auth",
    severity: Severity::High,
    cause: "A role bound in kube-system or in the whole cluster allows changing the ConfigMap aws-auth, so its holders can add themselves to any group.",
    repair: "Limit the rule to certain config maps (`resourceNames`), or bind the role in other namespaces.",
};

pub(crate) const SECRETS: Finding = Finding {
    id: "rights.secrets",
    severity: Severity::Medium,
    cause: "A bound role allows reading all Kubernetes secrets where it is bound. Listing secrets includes their values.",
    repair: "Remove secrets from the role, or limit the rule to certain secrets (`resourceNames`).",
};

pub(crate) const EXEC: Finding = Finding {
    id: "rights.exec",
    severity: Severity::Low,
    cause: "A bound role allows running commands in pods, which gives access to everything the pods have: their secrets, their service account and its IAM role.",
    repair: "If it is not needed for debugging, remove `pods/exec` and `pods/attach` from the role.",
};

pub(crate) const CREATE_ONLY: Finding = Finding {
    id: "rights.port-forward-create-only",
    severity: Severity::Low,
    cause: "A principal has create but not get on `pods/portforward`. kubectl 1.31 and later tries a WebSocket first, is denied, and falls back to SPDY. Every connection takes longer and adds a denial to the audit log. Clients without SPDY cannot connect.",
    repair: "Add both verbs to the Role: `pods/portforward: [get, create]`.",
};

pub(crate) const GET_ONLY: Finding = Finding {
    id: "rights.port-forward-get-only",
    severity: Severity::Low,
    cause: "A principal has get but not create on `pods/portforward`. Clients that use SPDY cannot connect, and since Kubernetes 1.35 no client can.",
    repair: "Add both verbs to the Role before the cluster is upgraded: `pods/portforward: [get, create]`.",
};

pub(crate) const GET_ONLY_BROKEN: Finding = Finding {
    id: "rights.port-forward-get-only-denied",
    severity: Severity::Medium,
    cause: "A principal has get but not create on `pods/portforward`. The cluster has version 1.35 or later, which requires both, so port-forward is denied.",
    repair: "Add both verbs to the Role: `pods/portforward: [get, create]`.",
};

pub(super) fn find(picture: &Picture, audit: &Audit<'_>, found: &mut Vec<Found>) {
    for bound in &audit.index.bindings {
        let people: Vec<&Subject> = bound.binding.subjects.iter().filter(|subject| is_of_people(subject)).collect();
        if !people.is_empty() {
            found.extend(dangers(bound, &people));
        }
    }
    let mut said = BTreeSet::new();
    for row in &audit.rows {
        if let Some(finding) = port_forward(picture, audit, row)
            && said.insert((finding.finding.id, finding.about.clone()))
        {
            found.push(finding);
        }
    }
}

/// Programs in the cluster, and Kubernetes itself, need rights of their own.
fn is_of_people(subject: &Subject) -> bool {
    is_everybody(subject) || (subject.kind != "ServiceAccount" && !is_built_in(&subject.name))
}

fn dangers<'b>(bound: &'b BoundRole<'_>, people: &'b [&Subject]) -> impl Iterator<Item = Found> + 'b {
    let binding = bound.binding;
    let holds_in_kube_system = binding.namespace.as_deref().is_none_or(|namespace| namespace == "kube-system");
    let dangers = bound.gives.rights().map(|rights| rights.dangers.as_slice()).unwrap_or_default();
    let meant = dangers.iter().filter(move |(danger, _)| *danger != Danger::AwsAuth || holds_in_kube_system);
    let is_usual = is_usual(binding);
    meant.map(move |(danger, rule)| {
        let (finding, what) = match danger {
            Danger::Wildcard => (&WILDCARD, "has a wildcard"),
            Danger::Escalation => (&ESCALATION, "allows privilege escalation"),
            Danger::Tokens => (&TOKENS, "allows creating tokens of any service account"),
            Danger::AwsAuth => (&AWS_AUTH, "allows changing aws-auth"),
            Danger::Secrets => (&SECRETS, "allows reading all secrets"),
            Danger::Exec => (&EXEC, "allows running commands in pods"),
        };
        let whom: Vec<String> =
            people.iter().map(|subject| format!("{} {}", subject.kind.to_lowercase(), subject.name)).collect();
        let (kind, role) = (&binding.role.kind, &binding.role.name);
        let name = binding_name(binding);
        let message = format!("{kind} {role} {what}; {name} grants it to {}", whom.join(", "));
        let found = Found::new(finding, &name, message)
            .of_namespace(binding.namespace.as_deref())
            .because(format!("rule: {rule}"));
        if is_usual { of_built_in(found, binding) } else { found }
    })
}

/// Whether it gives what Kubernetes means for a namespace's own people, in a namespace where that leads no further.
fn is_usual(binding: &Binding) -> bool {
    let is_built_in = binding.role.kind == "ClusterRole" && ["admin", "edit"].contains(&binding.role.name.as_str());
    is_built_in && binding.namespace.as_deref().is_some_and(|namespace| namespace != "kube-system")
}

fn of_built_in(found: Found, binding: &Binding) -> Found {
    let role = &binding.role.name;
    found
        .lowered()
        .because(format!("the ClusterRole {role} is built in, and bound only in this namespace"))
        .try_next(format!("do not change the ClusterRole; if less than {role} is enough, bind another role"))
}

fn bit(question: Question) -> Allowed {
    QUESTIONS.iter().position(|asked| *asked == question).map_or(0, |at| 1 << at)
}

fn port_forward(picture: &Picture, audit: &Audit<'_>, row: &Row) -> Option<Found> {
    // What is not evaluated may have the other verb.
    if !row.not_evaluated.is_empty() {
        return None;
    }
    let has = |question| row.allowed & bit(question) != 0;
    let (finding, what) = match (has(CREATE_PORT_FORWARD), has(GET_PORT_FORWARD)) {
        (true, false) => (&CREATE_ONLY, "has create but not get on pods/portforward"),
        (false, true) if picture.cluster.minor.is_some_and(|minor| minor >= 35) => {
            (&GET_ONLY_BROKEN, "has get but not create on pods/portforward, (denied since Kubernetes 1.35)")
        }
        (false, true) => (&GET_ONLY, "has get but not create on pods/portforward"),
        _ => return None,
    };
    let identity = &audit.identities[row.identity];
    let namespace = row.namespace.as_deref();
    let place = namespace.unwrap_or("all namespaces");
    let finding = Found::new(
        finding,
        format!("{} {place}", identity.key()),
        format!("{} {what} in {place}", identity.name(picture)),
    );
    let gives = |number: &&usize| {
        let rights = audit.index.bindings[**number].gives.rights();
        rights.is_some_and(|rights| rights.allowed & (bit(CREATE_PORT_FORWARD) | bit(GET_PORT_FORWARD)) != 0)
    };
    let objects = row.bindings.iter().filter(gives).map(|number| audit.index.bindings[*number].objects());
    Some(objects.fold(finding.of_namespace(namespace), |finding, object| finding.because(object)))
}
