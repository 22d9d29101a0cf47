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
    what: "Whether the namespace exists, as far as the role can see.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};

pub(crate) const TASKS: Check = Check {
    id: "authorization.tasks",
    group: Group::Authorization,
    title: "permissions",
    what: "Whether you have the permissions a developer needs: get pods, get services (SelfSubjectAccessReview).",
    uses: Uses::Network,
    needs: &["authentication.groups"],
};

pub(crate) const PORT_FORWARD: Check = Check {
    id: "authorization.port-forward",
    group: Group::Authorization,
    title: "port-forward",
    what: "Whether you can forward ports with this version of the server.",
    uses: Uses::Network,
    needs: &["authentication.groups"],
};

pub(crate) const NAMESPACE_MISSING: Finding = Finding {
    id: "authorization.namespace-missing",
    check: "authorization.namespace",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster has no namespace with this name: it was deleted, was never created in this cluster, or is in another one.",
    repair: "Compare the name with `nsaccess list`. If it is right, ask your platform team which cluster has the namespace, then log in to it: `nsaccess login NAMESPACE --cluster NAME --region REGION`.",
};

pub(crate) const NAMESPACE_ENDING: Finding = Finding {
    id: "authorization.namespace-ending",
    check: "authorization.namespace",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The namespace is being deleted with everything in it, and nothing new can be created there.",
    repair: "Ask your platform team whether this is intentional.",
};

pub(crate) const NO_RIGHTS: Finding = Finding {
    id: "authorization.no-rights",
    check: "authorization.tasks",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The cluster recognizes you, but no Role, ClusterRole or access policy gives you or your groups any permission in this namespace: the RoleBinding is missing or binds another group, or the namespace is in another cluster.",
    repair: "Ask your platform team whether the groups in the message are right. If so, a RoleBinding is missing; if not, the access entry has another namespace's group.",
};

pub(crate) const RIGHTS_MISSING: Finding = Finding {
    id: "authorization.rights-missing",
    check: "authorization.tasks",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role in the namespace lacks the permissions every developer needs: get pods and get services.",
    repair: "Ask your platform team to add the rule in the message to the Role.",
};

pub(crate) const NO_PORT_FORWARD: Finding = Finding {
    id: "authorization.no-port-forward",
    check: "authorization.port-forward",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role is not allowed to create or get pods/portforward.",
    repair: "Ask your platform team to add the rule in the message to the Role.",
};

pub(crate) const PORT_FORWARD_NEEDS_CREATE: Finding = Finding {
    id: "authorization.port-forward-needs-create",
    check: "authorization.port-forward",
    severity: Severity::Fail,
    waiting: Waiting::Helps,
    cause: "The role is allowed to get but not to create pods/portforward. That was enough until Kubernetes 1.34; since 1.35 the server also requires create.",
    repair: "Ask your platform team to add the rule in the message to the Role.",
};

pub(crate) const PORT_FORWARD_ENDS: Finding = Finding {
    id: "authorization.port-forward-ends",
    check: "authorization.port-forward",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "The role is allowed to get but not to create pods/portforward. That works until the cluster is upgraded to Kubernetes 1.35, which also requires create.",
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
                .ask_platform_team(format_args!("why {namespace} is being deleted in {cluster}"))
        }
        NamespaceLookup::Found(_) => return Judgement::ok(format!("{namespace} exists in {cluster}")),
        NamespaceLookup::Missing => {
            Problem::of(&NAMESPACE_MISSING, format!("namespace {namespace} not found in {cluster}"))
                .try_next("nsaccess list   # the namespaces assigned to you")
                .try_next(format!(
                    "nsaccess login {access} --cluster NAME --region REGION   # if it is in another cluster"
                ))
        }
        NamespaceLookup::Forbidden => return Judgement::skipped("not allowed to get the namespace"),
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
        return Judgement::unknown(format!("your permissions could not be checked: {why}"));
    }
    let facts = tasks.iter().map(|task| match task.why.is_empty() {
        true => format!("{}: {}", task.title, task.outcome.word()),
        false => format!("{}: {} ({})", task.title, task.outcome.word(), task.why),
    });
    let wait = format!("nsaccess doctor {access} --wait");
    if !answers.verdicts.iter().any(|(_, verdict)| verdict.is_allowed()) {
        let who = if groups.is_empty() { "your user".to_owned() } else { groups.join(", ") };
        return Judgement::problem(
            Problem::of(&NO_RIGHTS, format!("you have no permissions in {namespace}"))
                .because(format!("no RoleBinding in {namespace} applies to {who}"))
                .ask_platform_team(format_args!(
                    "whether {who} is the right group for {namespace} or needs a RoleBinding there"
                ))
                .try_next(wait),
        );
    }
    let missing = baseline.iter().filter(|question| !is_allowed(answers, **question));
    let missing = merged(missing.map(Question::rule));
    let problems = missing.iter().map(|rule| {
        let verbs = rule.verbs.join(", ");
        Problem::of(&RIGHTS_MISSING, format!("not allowed to {verbs} {} in {namespace}", rule.resource))
            .because(rule.is_missing())
            .ask_platform_team(rule.request(namespace.as_str()))
            .try_next(wait.clone())
    });
    Judgement::of(problems.collect(), "can get pods and services").facts(facts)
}

/// Whether ports can be forwarded, now and after the next upgrade.
pub(crate) fn judge_port_forward(answers: &Answers, access: &Access) -> Judgement {
    let questions = [CREATE_PORT_FORWARD, GET_PORT_FORWARD];
    if let Some(why) = questions.iter().find_map(|question| why_unknown(answers, *question)) {
        return Judgement::unknown(format!("your permissions could not be checked: {why}"));
    }
    if !answers.verdicts.iter().any(|(_, verdict)| verdict.is_allowed()) {
        return Judgement::skipped(format!("depends on {}", NO_RIGHTS.id)).because_of(NO_RIGHTS.id);
    }
    let [create, get] = questions.map(|question| verdict(answers, question));
    let (works, how) = port_forward(&create, &get, answers.minor);
    let version = answers.minor.map_or_else(|| "unknown".to_owned(), |minor| format!("1.{minor}"));
    let rule = CREATE_PORT_FORWARD.rule();
    let asked_for = |problem: Problem| {
        problem
            .because(rule.is_missing())
            .ask_platform_team(rule.request(access.namespace.as_str()))
            .try_next(format!("nsaccess doctor {access} --wait"))
    };
    let problem = match (works, create.is_allowed(), get.is_allowed()) {
        (true, true, _) => return Judgement::ok(how).fact(format!("server version: {version}")),
        (true, false, _) => {
            Problem::of(&PORT_FORWARD_ENDS, "port-forward stops working when the cluster is upgraded to 1.35").because(
                format!("the server's version is {version}, and your role is only allowed to get pods/portforward"),
            )
        }
        (false, _, true) => {
            Problem::of(&PORT_FORWARD_NEEDS_CREATE, format!("Kubernetes {version} does not allow you to forward ports"))
                .because("your role is only allowed to get pods/portforward; since 1.35 create is also required")
        }
        (false, _, false) => {
            Problem::of(&NO_PORT_FORWARD, format!("not allowed to forward ports in {}", access.namespace))
                .because("your role is not allowed to create or get pods/portforward")
        }
    };
    Judgement::problem(asked_for(problem))
}

fn verdict(answers: &Answers, question: Question) -> Verdict {
    let found = answers.verdicts.iter().find(|(asked, _)| *asked == question);
    found.map_or(Verdict::Unknown("not checked".to_owned()), |(_, verdict)| verdict.clone())
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
