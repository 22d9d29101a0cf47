//! Authorization: what the identity may do in the namespace.

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::kube::access::Access;
use crate::model::kube::role_rule::merged;
use crate::model::reviews::review::{
    CREATE_PORT_FORWARD, GET_PODS, GET_PORT_FORWARD, GET_SERVICES, Question, Verdict, port_forward,
};
use crate::model::reviews::tasks::{Answers, judge};

pub(crate) const CHECKS: &[&Check] = &[&NAMESPACE, &TASKS, &PORT_FORWARD];

pub(crate) const FINDINGS: &[&Finding] = &[
    &NAMESPACE_MISSING,
    &NAMESPACE_ENDING,
    &NO_RIGHTS,
    &RIGHTS_MISSING,
    &NO_PORT_FORWARD,
    &PORT_FORWARD_NEEDS_CREATE,
    &PORT_FORWARD_ENDS,
];

pub(crate) const NAMESPACE: Check = Check {
    id: "authorization.namespace",
    group: Group::Authorization,
    title: "namespace",
    what: "Whether the namespace exists, as far as the role can tell.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};

pub(crate) const TASKS: Check = Check {
    id: "authorization.tasks",
    group: Group::Authorization,
    title: "rights",
    what: "What one may do (SelfSubjectAccessReview), against what a developer needs: get pods, get services.",
    uses: Uses::Network,
    needs: &["authentication.groups"],
};

pub(crate) const PORT_FORWARD: Check = Check {
    id: "authorization.port-forward",
    group: Group::Authorization,
    title: "port-forward",
    what: "Whether ports can be forwarded, with this server's rules.",
    uses: Uses::Network,
    needs: &["authentication.groups"],
};

pub(crate) const NAMESPACE_MISSING: Finding = Finding {
    id: "authorization.namespace-missing",
    check: "authorization.namespace",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster has no namespace of this name: it was deleted, was never made in this cluster, or is in another one.",
    repair: "Compare the name with `nsaccess list`. If it is right, ask your platform team which cluster has the namespace, then sign in to that: `nsaccess login NAMESPACE --cluster NAME --region REGION`.",
};

pub(crate) const NAMESPACE_ENDING: Finding = Finding {
    id: "authorization.namespace-ending",
    check: "authorization.namespace",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The namespace is being deleted: nothing new can be made in it, and what is in it goes away.",
    repair: "Ask your platform team whether that is meant.",
};

pub(crate) const NO_RIGHTS: Finding = Finding {
    id: "authorization.no-rights",
    check: "authorization.tasks",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster knows you, and no Role, ClusterRole or access policy gives you or your groups anything in this namespace: the RoleBinding is missing, is of another group, or the namespace is not in this cluster.",
    repair: "Ask your platform team whether your groups (the message names them) are the right ones: if so, a RoleBinding is missing; if not, the access entry names another namespace's group.",
};

pub(crate) const RIGHTS_MISSING: Finding = Finding {
    id: "authorization.rights-missing",
    check: "authorization.tasks",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role in the namespace lacks what every developer there needs: to see pods and services by name.",
    repair: "Ask your platform team to add the rule in the message to the Role.",
};

pub(crate) const NO_PORT_FORWARD: Finding = Finding {
    id: "authorization.no-port-forward",
    check: "authorization.port-forward",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role has neither create nor get on pods/portforward.",
    repair: "Ask your platform team to add the rule in the message to the Role.",
};

pub(crate) const PORT_FORWARD_NEEDS_CREATE: Finding = Finding {
    id: "authorization.port-forward-needs-create",
    check: "authorization.port-forward",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role has get on pods/portforward and not create. That was enough until Kubernetes 1.34; since 1.35 the server requires create too.",
    repair: "Ask your platform team to add the rule in the message to the Role.",
};

pub(crate) const PORT_FORWARD_ENDS: Finding = Finding {
    id: "authorization.port-forward-ends",
    check: "authorization.port-forward",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The role has get on pods/portforward and not create. That works until the cluster is upgraded to Kubernetes 1.35, which requires create too.",
    repair: "Ask your platform team to add the rule in the message to the Role before the upgrade.",
};

/// The namespace in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NamespaceLookup {
    /// With its phase: `Active` or `Terminating`.
    Found(String),
    Missing,
    Forbidden,
    /// In words.
    NotKnown(String),
}

/// Whether the namespace exists.
pub(crate) fn judge_namespace(lookup: &NamespaceLookup, access: &Access, cluster: &str) -> Judgement {
    let namespace = &access.namespace;
    let problem = match lookup {
        NamespaceLookup::Found(phase) if phase == "Terminating" => {
            Problem::of(&NAMESPACE_ENDING, format!("the namespace {namespace} is being deleted"))
                .try_next(format!("ask your platform team why {namespace} is being deleted in {cluster}"))
        }
        NamespaceLookup::Found(_) => return Judgement::ok(format!("{namespace} is in {cluster}")),
        NamespaceLookup::Missing => {
            Problem::of(&NAMESPACE_MISSING, format!("there is no namespace {namespace} in {cluster}"))
                .try_next("nsaccess list   # the namespaces that are assigned to you")
                .try_next(format!("nsaccess login {access} --cluster NAME --region REGION   # if it is elsewhere"))
        }
        NamespaceLookup::Forbidden => return Judgement::skipped("not known (needs get on namespaces)"),
        NamespaceLookup::NotKnown(why) => return Judgement::unknown(why),
    };
    Judgement::problem(problem)
}

/// Whether a developer may do what is needed; what else is allowed are facts. `groups`: of the identity.
pub(crate) fn judge_tasks(answers: &Answers, groups: &[&str], access: &Access) -> Judgement {
    let namespace = &access.namespace;
    let tasks = judge(answers);
    let baseline = [GET_PODS, GET_SERVICES];
    if let Some(why) = baseline.iter().find_map(|question| why_unknown(answers, *question)) {
        return Judgement::unknown(format!("the cluster does not say what you may do: {why}"));
    }
    let facts = tasks.iter().map(|task| match task.why.is_empty() {
        true => format!("{}: {}", task.title, task.outcome.word()),
        false => format!("{}: {} ({})", task.title, task.outcome.word(), task.why),
    });
    let then = format!("then: nsaccess doctor {access} --wait");
    if !answers.verdicts.iter().any(|(_, verdict)| verdict.is_allowed()) {
        let who = if groups.is_empty() { "your user".to_owned() } else { groups.join(", ") };
        return Judgement::problem(
            Problem::of(&NO_RIGHTS, format!("the cluster knows you, and lets you do nothing in {namespace}"))
                .because(format!("no RoleBinding in {namespace} gives anything to {who}"))
                .try_next(format!("ask your platform team whether {who} is the right group for {namespace}, or lacks a RoleBinding there; {then}")),
        );
    }
    let missing = baseline.iter().filter(|question| !is_allowed(answers, **question));
    let missing = merged(missing.map(Question::rule));
    let problems = missing.iter().map(|rule| {
        let verbs = rule.verbs.join(", ");
        Problem::of(&RIGHTS_MISSING, format!("you may not {verbs} {} in {namespace}", rule.resource))
            .try_next(rule.to_ask_for())
            .try_next(format!("nsaccess doctor {access} --wait"))
    });
    Judgement::of(problems.collect(), "you may see pods and services by name").facts(facts)
}

/// Whether ports can be forwarded, now and after the next upgrade.
pub(crate) fn judge_port_forward(answers: &Answers, access: &Access) -> Judgement {
    let questions = [CREATE_PORT_FORWARD, GET_PORT_FORWARD];
    if let Some(why) = questions.iter().find_map(|question| why_unknown(answers, *question)) {
        return Judgement::unknown(format!("the cluster does not say whether you may: {why}"));
    }
    if !answers.verdicts.iter().any(|(_, verdict)| verdict.is_allowed()) {
        return Judgement::skipped(format!("because of {}", NO_RIGHTS.id)).because_of(NO_RIGHTS.id);
    }
    let [create, get] = questions.map(|question| verdict(answers, question));
    let (works, how) = port_forward(&create, &get, answers.minor);
    let version = answers.minor.map_or_else(|| "unknown".to_owned(), |minor| format!("1.{minor}"));
    let asked_for = |problem: Problem| {
        problem.try_next(CREATE_PORT_FORWARD.rule().to_ask_for()).try_next(format!("nsaccess doctor {access} --wait"))
    };
    let problem = match (works, create.is_allowed(), get.is_allowed()) {
        (true, true, _) => return Judgement::ok(how).fact(format!("the server's version is {version}")),
        (true, false, _) => {
            Problem::of(&PORT_FORWARD_ENDS, "port-forward stops working when the cluster is upgraded to 1.35")
                .because(format!("the server's version is {version}, and the role has get on pods/portforward alone"))
        }
        (false, _, true) => Problem::of(
            &PORT_FORWARD_NEEDS_CREATE,
            format!("a server of version {version} does not let you forward ports"),
        )
        .because("the role has get on pods/portforward; since 1.35 create is required too"),
        (false, _, false) => {
            Problem::of(&NO_PORT_FORWARD, format!("you may not forward ports in {}", access.namespace))
                .because("the role has neither create nor get on pods/portforward")
        }
    };
    Judgement::problem(asked_for(problem))
}

fn verdict(answers: &Answers, question: Question) -> Verdict {
    let found = answers.verdicts.iter().find(|(asked, _)| *asked == question);
    found.map_or(Verdict::Unknown("it was not asked".to_owned()), |(_, verdict)| verdict.clone())
}

fn is_allowed(answers: &Answers, question: Question) -> bool {
    verdict(answers, question).is_allowed()
}

fn why_unknown(answers: &Answers, question: Question) -> Option<String> {
    match verdict(answers, question) {
        Verdict::Unknown(why) => Some(why),
        _ => None,
    }
}

#[cfg(test)]
#[path = "authorization_tests.rs"]
mod tests;
