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
    cause: "A role that is bound has a rule with `*` for verbs or resources. It allows what is added to Kubernetes later, too.",
    repair: "Name the verbs and resources that are needed: `nsaccess grant NAMESPACE --to ARN --preset developer`.",
};

pub(crate) const ESCALATION: Finding = Finding {
    id: "rights.escalation",
    severity: Severity::High,
    cause: "A role that is bound allows `escalate`, `bind` or `impersonate`: whoever has it can give themselves other rights, or be somebody else.",
    repair: "Take these verbs out of the role. The built-in ClusterRoles `admin` and `edit` stay as they are: bind another role instead. Bound in one namespace, their findings are one step lower.",
};

pub(crate) const TOKENS: Finding = Finding {
    id: "rights.tokens",
    severity: Severity::High,
    cause: "A role that is bound allows to create `serviceaccounts/token`: whoever has it can be any service account where it is bound, with its rights in the cluster and its IAM role.",
    repair: "Take it out of the role, or limit it to named service accounts (`resourceNames`). Instead of the built-in `admin` and `edit`, bind another role.",
};

pub(crate) const AWS_AUTH: Finding = Finding {
    id: "rights.aws-auth",
    severity: Severity::High,
    cause: "A role that is bound in kube-system or in the whole cluster allows to change the ConfigMap aws-auth: whoever has it can put themselves into any group.",
    repair: "Limit the rule to named config maps (`resourceNames`), or bind it in other namespaces.",
};

pub(crate) const SECRETS: Finding = Finding {
    id: "rights.secrets",
    severity: Severity::Medium,
    cause: "A role that is bound allows to read all Kubernetes secrets where it is bound. To list them is to read them.",
    repair: "Take secrets out of the role, or limit the rule to named ones (`resourceNames`).",
};

pub(crate) const EXEC: Finding = Finding {
    id: "rights.exec",
    severity: Severity::Low,
    cause: "A role that is bound allows to run commands in pods: whoever has it has what the pods have, their secrets, their service account and its IAM role.",
    repair: "If it is not needed for debugging, take `pods/exec` and `pods/attach` out of the role.",
};

pub(crate) const CREATE_ONLY: Finding = Finding {
    id: "rights.port-forward-create-only",
    severity: Severity::Low,
    cause: "A principal may create `pods/portforward`, and not get it. kubectl from 1.31 on tries a WebSocket first, is refused, and falls back to SPDY: every connection takes longer and leaves a denial in the audit log. Clients that know no SPDY cannot connect.",
    repair: "Give the Role both verbs: `pods/portforward: [get, create]`.",
};

pub(crate) const GET_ONLY: Finding = Finding {
    id: "rights.port-forward-get-only",
    severity: Severity::Low,
    cause: "A principal may get `pods/portforward`, and not create it. Clients that use SPDY cannot connect, and from Kubernetes 1.35 on nobody can.",
    repair: "Before the cluster is upgraded, give the Role both verbs: `pods/portforward: [get, create]`.",
};

pub(crate) const GET_ONLY_BROKEN: Finding = Finding {
    id: "rights.port-forward-get-only-denied",
    severity: Severity::Medium,
    cause: "A principal may get `pods/portforward`, and not create it. The cluster is 1.35 or later, and wants both: port-forward is denied.",
    repair: "Give the Role both verbs: `pods/portforward: [get, create]`.",
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
            Danger::Escalation => (&ESCALATION, "leads to other rights"),
            Danger::Tokens => (&TOKENS, "leads to any service account"),
            Danger::AwsAuth => (&AWS_AUTH, "can change aws-auth"),
            Danger::Secrets => (&SECRETS, "reads all secrets"),
            Danger::Exec => (&EXEC, "runs commands in pods"),
        };
        let whom: Vec<String> =
            people.iter().map(|subject| format!("{} {}", subject.kind.to_lowercase(), subject.name)).collect();
        let (kind, role) = (&binding.role.kind, &binding.role.name);
        let name = binding_name(binding);
        let message = format!("the {kind} {role} {what}, and {name} gives it to {}", whom.join(", "));
        let found = Found::new(finding, &name, message)
            .of_namespace(binding.namespace.as_deref())
            .because(format!("its rule: {rule}"));
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
        .because(format!("the ClusterRole {role} is Kubernetes' own, and bound in this namespace only"))
        .try_next(format!("leave the ClusterRole as it is; if less than {role} is enough, bind another role"))
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
        (true, false) => (&CREATE_ONLY, "may create pods/portforward, and not get it"),
        (false, true) if picture.cluster.minor.is_some_and(|minor| minor >= 35) => {
            (&GET_ONLY_BROKEN, "may get pods/portforward, and not create it: it is denied")
        }
        (false, true) => (&GET_ONLY, "may get pods/portforward, and not create it"),
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
